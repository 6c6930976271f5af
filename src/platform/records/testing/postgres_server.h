// For tests: a real PostgreSQL, in a folder of its own, for as long as the object lives.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "base/subprocess.h"
#include "platform/records/postgres_library.h"

namespace sinter {

// Debian's newest server in /usr/lib/postgresql, on a socket in a temporary folder (no port is taken). As
// root it runs as nobody, which PostgreSQL insists on. It ends with the process too, however that ends. One
// thread.
class PostgresServer {
 public:
  // Errors: kNotFound where it is not installed.
  static Result<std::unique_ptr<PostgresServer>> Start();
  ~PostgresServer();
  // The address of a new, empty database.
  Result<std::string> NewDatabase();
  // As a crash, or a machine that restarts: all sessions are lost.
  Status Restart();
  void Stop();

 private:
  PostgresServer() = default;
  Status Run();
  std::string Address(const std::string& database) const;
  const PostgresLibrary* pq_ = nullptr;
  TemporaryFolder folder_;
  Path programs_;
  std::unique_ptr<Subprocess> server_;
  int databases_ = 0;
};

}  // namespace sinter
