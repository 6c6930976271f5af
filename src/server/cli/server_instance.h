// A server in this process: the home, opened, and what answers for it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

struct ServeOptions {
  Path home;
  std::string records;  // HomeOptions::records
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  int io_threads = 1;
  bool runs_jobs = false;                       // else they wait
  std::chrono::milliseconds collects_every{0};  // garbage; 0: never by itself
  std::string access_log;                       // a file, "-" for stderr; empty: none is kept
};

class ServerInstance {
 public:
  // Errors: the home is open elsewhere, the port is in use.
  static Result<std::unique_ptr<ServerInstance>> Start(const ServeOptions& options);
  ~ServerInstance();
  std::string origin() const;
  const std::string& token() const;
  // A new one-time link into the console, for the owner of the home.
  Result<std::string> ConsoleLink();
  void Stop(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit ServerInstance(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The file in a home that says where its server answers.
inline constexpr std::string_view kAddressFile = "address";

}  // namespace sinter
