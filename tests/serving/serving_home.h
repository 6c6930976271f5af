// A home with models in it and a server before it, for the tests of serving.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/exec/executable.h"
#include "server/api/platform.h"
#include "server/http/server.h"

namespace sinter {

class ServingHome {
 public:
  ServingHome();
  ~ServingHome();

  Platform& platform() { return *platform_; }
  uint16_t port() const { return server_->port(); }
  HttpServer& server() { return *server_; }
  const std::string& token() const { return token_; }
  // The same home, opened again by another server.
  void Restart();

  // A small classifier of u8[4,4] pictures, "pixels" -> "probabilities" f32[3], whose weights come from
  // `seed`: written as ONNX, with its signature, and kept as the next version of `name`. Gives its ref.
  std::string AddModel(const std::string& name, uint64_t seed);
  // A folder with a model and its signature, kept as the next version of `name`. Gives its ref.
  std::string AddFolder(const std::string& name, const Path& folder);
  // What that model says of these pixels, computed apart from any server.
  std::vector<float> Offline(const std::string& ref, const std::vector<uint8_t>& pixels);

 private:
  void Open();
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<HttpServer> server_;
  std::string token_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;
};

}  // namespace sinter
