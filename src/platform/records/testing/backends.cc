#include "platform/records/testing/backends.h"

#include "platform/records/postgres_records.h"
#include "platform/records/sqlite_records.h"
#include "platform/records/testing/postgres_server.h"

namespace sinter {
namespace {

class SqliteBackend final : public RecordsBackend {
 public:
  Result<std::unique_ptr<Records>> Open(const Clock& clock) override {
    return OpenSqliteRecords(folder_.path() / "records.db", clock);
  }
  Status Restore(const Path& folder) override {
    return RestoreSqliteRecords(folder, folder_.path() / "records.db");
  }

 private:
  TemporaryFolder folder_;
};

class PostgresBackend final : public RecordsBackend {
 public:
  explicit PostgresBackend(std::string address) : address_(std::move(address)) {}
  Result<std::unique_ptr<Records>> Open(const Clock& clock) override {
    return OpenPostgresRecords(address_, clock);
  }
  Status Restore(const Path& folder) override { return RestorePostgresRecords(folder, address_); }

 private:
  std::string address_;
};

}  // namespace

std::vector<std::string> RecordsBackends() { return {"Sqlite", "Postgres"}; }

Result<std::unique_ptr<RecordsBackend>> MakeRecordsBackend(const std::string& name) {
  if (name == "Sqlite") return std::make_unique<SqliteBackend>();
  static Result<std::unique_ptr<PostgresServer>> server = PostgresServer::Start();
  if (!server) return server.error();
  TRY(std::string address, (*server)->NewDatabase());
  return std::make_unique<PostgresBackend>(std::move(address));
}

}  // namespace sinter
