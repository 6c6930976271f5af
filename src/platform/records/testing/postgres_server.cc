#include "platform/records/testing/postgres_server.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace sinter {
namespace {

Result<Path> FindPrograms() {
  Path newest;
  int version = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const std::string name = entry.path().filename().string();
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number <= version || !std::filesystem::exists(entry.path() / "bin" / "postgres")) continue;
    version = number;
    newest = entry.path() / "bin";
  }
  if (version == 0) return NotFound("there is no PostgreSQL in /usr/lib/postgresql", "./dev setup test");
  return newest;
}

// Words in front of a command that must not run as root.
std::vector<std::string> AsOrdinaryUser() {
  if (::getuid() != 0) return {};
  return {"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig", "QUIT", "--"};
}

std::vector<std::string> Words(std::vector<std::string> words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
  return words;
}

}  // namespace

std::string PostgresServer::Address(const std::string& database) const {
  return fmt::format("postgresql:///{}?host={}&user=test", database, folder_.path().string());
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::Start() {
  auto server = std::unique_ptr<PostgresServer>(new PostgresServer);
  TRY(server->pq_, PostgresLibrary::Load());
  TRY(server->programs_, FindPrograms());
  const Path& folder = server->folder_.path();
  if (::getuid() == 0) {
    const passwd* nobody = ::getpwnam("nobody");
    if (nobody == nullptr || ::chown(folder.c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
      return SystemError(errno, "cannot give to nobody", folder);
  }
  SubprocessOptions make;
  make.arguments =
      Words(AsOrdinaryUser(), {(server->programs_ / "initdb").string(), "-D", (folder / "data").string(),
                               "-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C.UTF-8", "-N"});
  TRY(const ProgramOutput made, RunProgram(make, std::chrono::seconds(60)));
  if (!made.status.Ok()) return Internal("initdb: " + made.text);
  TRY_STATUS(server->Run());
  return server;
}

Status PostgresServer::Run() {
  const Path& folder = folder_.path();
  SubprocessOptions options;
  options.arguments =
      Words(AsOrdinaryUser(), {(programs_ / "postgres").string(), "-D", (folder / "data").string(), "-c",
                               "listen_addresses=", "-c", "unix_socket_directories=" + folder.string(), "-c",
                               "fsync=off", "-c", "max_connections=50"});
  options.output = folder / "log";
  TRY(Subprocess server, Subprocess::Start(options));
  server_ = std::make_unique<Subprocess>(std::move(server));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (pq_->PQping(Address("postgres").c_str()) != PQPING_OK) {
    if (server_->WaitFor(std::chrono::milliseconds(10)) || std::chrono::steady_clock::now() > until)
      return Internal("postgres: " + ReadFile(folder / "log").value_or("it does not start"));
  }
  return {};
}

PostgresServer::~PostgresServer() { Stop(); }

void PostgresServer::Stop() {
  if (server_ == nullptr) return;
  server_->Signal(SIGQUIT);  // at once
  if (!server_->WaitFor(std::chrono::seconds(10))) server_->Stop();
  server_.reset();
}

Status PostgresServer::Restart() {
  Stop();
  return Run();
}

Result<std::string> PostgresServer::NewDatabase() {
  const std::string name = fmt::format("d{}", databases_++);
  const char* const names[] = {"dbname", nullptr};
  const std::string address = Address("postgres");
  const char* const values[] = {address.c_str(), nullptr};
  pg_conn* connection = pq_->PQconnectdbParams(names, values, 1);
  pg_result* result = pq_->PQexec(connection, fmt::format("CREATE DATABASE {}", name).c_str());
  const bool done = pq_->PQresultStatus(result) == PGRES_COMMAND_OK;
  const std::string why = pq_->PQerrorMessage(connection);
  pq_->PQclear(result);
  pq_->PQfinish(connection);
  if (!done) return Internal("CREATE DATABASE: " + why);
  return Address(name);
}

}  // namespace sinter
