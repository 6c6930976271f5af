#include "platform/records/postgres.h"

#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "platform/records/postgres_library.h"

namespace sinter {
namespace {

// Whoever has a session or its rows has loaded it.
const PostgresLibrary& Pq() {
  static const PostgresLibrary* const library = PostgresLibrary::Load().value();
  return *library;
}

// What libpq or the server says, without the last newline.
std::string Said(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// By SQLSTATE (PostgreSQL's documentation, appendix A).
Error ErrorOfState(std::string_view state, std::string message) {
  Error error{ErrorCode::kInternal, std::move(message), ""};
  const std::string_view group = state.substr(0, 2);
  if (state == "53100") {
    error.code = ErrorCode::kResourceExhausted;
    error.hint = "free some space on the database server and try again; the transaction left nothing";
  } else if (group == "08" || group == "53" || group == "57" || group == "40" || state == "55P03" ||
             state == "25P03" || state == "25006") {
    error.code = ErrorCode::kUnavailable;
    error.hint = "try again";
  } else if (group == "28" || state == "42501") {
    error.code = ErrorCode::kPermissionDenied;
    error.hint = "look at the address's user and password, and at what that user may do";
  } else if (state == "3D000") {
    error.code = ErrorCode::kNotFound;
    error.hint = "make the database first: createdb";
  } else if (group == "XX") {
    error.code = ErrorCode::kCorrupt;
  } else if (group == "23") {
    error.code = ErrorCode::kConflict;
  }
  return error;
}

constexpr int kAttempts = 5;  // of a transaction that the server wants repeated

}  // namespace

void PostgresRows::Clear::operator()(pg_result* result) const { Pq().PQclear(result); }
PostgresRows::PostgresRows(pg_result* result) : result_(result) {}
int PostgresRows::size() const { return Pq().PQntuples(result_.get()); }

std::string PostgresRows::Text(int row, int column) const {
  return {Pq().PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(Pq().PQgetlength(result_.get(), row, column))};
}

int64_t PostgresRows::Int(int row, int column) const {
  const std::string text = Text(row, column);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int64_t PostgresRows::Affected() const {
  const std::string_view text = Pq().PQcmdTuples(result_.get());
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const std::string& address) {
  if (!address.starts_with("postgresql://") && !address.starts_with("postgres://"))
    return InvalidArgument("an address of PostgreSQL begins with postgresql://");
  TRY_STATUS(PostgresLibrary::Load());
  // libpq's own complaint would quote the address, and its password.
  PQconninfoOption* parsed = Pq().PQconninfoParse(address.c_str(), nullptr);
  if (parsed == nullptr)
    return InvalidArgument("the address of PostgreSQL is none",
                           "postgresql://USER@HOST:PORT/DATABASE, special characters as %XX");
  Pq().PQconninfoFree(parsed);
  // What the address says itself goes before: it comes later.
  const char* const names[] = {"application_name", "connect_timeout", "tcp_user_timeout",
                               "client_encoding",  "dbname",          nullptr};
  const char* const values[] = {"sinter", "10", "30000", "UTF8", address.c_str(), nullptr};
  auto connection =
      std::unique_ptr<PostgresConnection>(new PostgresConnection(Pq().PQconnectdbParams(names, values, 1)));
  if (connection->handle_ == nullptr) return Internal("libpq has no memory");
  if (Pq().PQstatus(connection->handle_) != CONNECTION_OK) {
    // libpq tells the cause by its text alone.
    const std::string said = Said(Pq().PQerrorMessage(connection->handle_));
    std::string_view state = "08006";
    if (said.find("does not exist") != std::string::npos) state = "3D000";
    if (said.find("role \"") != std::string::npos || said.find("password") != std::string::npos ||
        said.find("authentication") != std::string::npos)
      state = "28000";
    return ErrorOfState(state, "PostgreSQL: " + said);
  }
  Pq().PQsetNoticeProcessor(connection->handle_, [](void*, const char*) {}, nullptr);
  // A session that stops in the middle of a transaction must not stop the others for ever; what is
  // acknowledged is on disk, whatever the server's own default says.
  TRY_STATUS(
      connection->RunScript("SET statement_timeout = '60s'; SET lock_timeout = '20s';"
                            "SET idle_in_transaction_session_timeout = '10s';"
                            "SELECT set_config('synchronous_commit', 'on', false)"
                            "  WHERE current_setting('synchronous_commit') = 'off'"));
  return connection;
}

PostgresConnection::~PostgresConnection() { Pq().PQfinish(handle_); }

Result<PostgresRows> PostgresConnection::Check(pg_result* result) {
  PostgresRows rows(result);
  retry_ = false;
  const ExecStatusType status = Pq().PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
  const char* field = result == nullptr ? nullptr : Pq().PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "08006" : field;
  retry_ = state == "40001" || state == "40P01";
  lost_ = lost_ || state.starts_with("08") || state.starts_with("57P");
  return ErrorOfState(state,
                      "PostgreSQL: " + Said(result == nullptr || field == nullptr
                                                ? Pq().PQerrorMessage(handle_)
                                                : Pq().PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

Result<PostgresRows> PostgresConnection::Query(const char* sql,
                                               std::initializer_list<std::string_view> parameters) {
  auto [at, first] = statements_.try_emplace(sql, fmt::format("s{}", statements_.size()));
  if (first) {
    auto prepared =
        Check(Pq().PQprepare(handle_, at->second.c_str(), sql, static_cast<int>(parameters.size()), nullptr));
    if (!prepared) {
      statements_.erase(at);
      return prepared;
    }
  }
  // Texts end with a NUL for libpq; ours hold none: names and canonical JSON.
  std::vector<std::string> texts(parameters.begin(), parameters.end());
  std::vector<const char*> values;
  values.reserve(texts.size());
  for (const std::string& text : texts) values.push_back(text.c_str());
  return Check(Pq().PQexecPrepared(handle_, at->second.c_str(), static_cast<int>(values.size()),
                                   values.data(), nullptr, nullptr, 0));
}

Status PostgresConnection::RunScript(const std::string& sql) {
  TRY_STATUS(Check(Pq().PQexec(handle_, sql.c_str())));
  return {};
}

bool PostgresConnection::Broken() const { return lost_ || Pq().PQstatus(handle_) != CONNECTION_OK; }
int PostgresConnection::Socket() const { return Pq().PQsocket(handle_); }

Result<bool> PostgresConnection::TakeNotifications() {
  if (Pq().PQconsumeInput(handle_) == 0)
    return ErrorOfState("08006", "PostgreSQL: " + Said(Pq().PQerrorMessage(handle_)));
  bool any = false;
  while (pgNotify* notification = Pq().PQnotifies(handle_)) {
    Pq().PQfreemem(notification);
    any = true;
  }
  return any;
}

Result<std::unique_ptr<PostgresDatabase>> PostgresDatabase::Open(std::string address, const std::string& name,
                                                                 std::span<const char* const> migrations) {
  auto database = std::unique_ptr<PostgresDatabase>(new PostgresDatabase(std::move(address)));
  TRY_STATUS(database->Migrate(name, migrations));
  return database;
}

Status PostgresDatabase::Migrate(const std::string& name, std::span<const char* const> migrations) {
  return Write([&](PostgresConnection& db) -> Status {
    TRY(const PostgresRows encoding, db.Query("SHOW server_encoding"));
    if (encoding.Text(0, 0) != "UTF8")
      return Unsupported(fmt::format("the database's encoding is {}", encoding.Text(0, 0)),
                         "make it with: createdb -E UTF8 -T template0");
    // Several servers may start at once.
    TRY_STATUS(db.Query("SELECT pg_advisory_xact_lock(7239103442391841646)"));
    TRY_STATUS(db.RunScript(
        "CREATE TABLE IF NOT EXISTS sinter_schema (name text PRIMARY KEY, version bigint NOT NULL)"));
    TRY(const PostgresRows row, db.Query("SELECT version FROM sinter_schema WHERE name = $1", {name}));
    const int64_t version = row.size() == 0 ? 0 : row.Int(0, 0);
    const auto newest = static_cast<int64_t>(migrations.size());
    if (version > newest) {
      return Unsupported(
          fmt::format("the database's {} have version {}, this program knows {}", name, version, newest),
          "use the newer Sinter that wrote it");
    }
    if (version == newest) return {};
    for (int64_t i = version; i < newest; ++i) TRY_STATUS(db.RunScript(migrations[static_cast<size_t>(i)]));
    TRY_STATUS(
        db.Query("INSERT INTO sinter_schema VALUES ($1, $2::text::bigint)"
                 " ON CONFLICT (name) DO UPDATE SET version = excluded.version",
                 {name, std::to_string(newest)}));
    return {};
  });
}

Result<PostgresDatabase::Loan> PostgresDatabase::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Loan loan{std::move(idle_.back()), false};
      idle_.pop_back();
      return loan;
    }
  }
  TRY(auto connection, PostgresConnection::Open(address_));
  return Loan{std::move(connection), true};
}

void PostgresDatabase::Return(std::unique_ptr<PostgresConnection> connection) {
  const std::lock_guard lock(mutex_);
  if (connection->Broken()) {
    idle_.clear();  // the server has restarted: the others are lost too
    return;
  }
  constexpr size_t kIdle = 8;
  if (idle_.size() < kIdle) idle_.push_back(std::move(connection));
}

Status PostgresDatabase::Read(const std::function<Status(PostgresConnection&)>& work) {
  while (true) {
    TRY(Loan loan, Take());
    Status status = work(*loan.connection);
    const bool again = !status && loan.connection->Broken() && !loan.fresh;
    Return(std::move(loan.connection));
    if (!again) return status;
  }
}

Status PostgresDatabase::Write(const std::function<Status(PostgresConnection&)>& work) {
  for (int attempt = 1;; ++attempt) {
    TRY(Loan loan, Take());
    PostgresConnection& db = *loan.connection;
    Status status = db.RunScript("BEGIN");
    if (status) status = work(db);
    if (status) {
      status = db.RunScript("COMMIT");
      if (!status && db.Broken()) {
        status = Error{ErrorCode::kUnavailable,
                       "PostgreSQL: the connection was lost in a commit: it may have been done or not",
                       "read what is there before writing again"};
        Return(std::move(loan.connection));
        return status;
      }
    }
    // A session that was lost before its commit has done nothing.
    const bool again = !status && (db.MayRetry() || (db.Broken() && !loan.fresh));
    if (!status && !db.Broken()) static_cast<void>(db.RunScript("ROLLBACK"));
    Return(std::move(loan.connection));
    if (status || !again || attempt == kAttempts) return status;
    // The transaction that won goes first, or both meet again.
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * attempt));
  }
}

std::string PostgresArray(std::span<const std::string> texts) {
  size_t size = 2;
  for (const std::string& text : texts) size += text.size() + 3;
  std::string array;
  array.reserve(size);
  array.push_back('{');
  for (const std::string& text : texts) {
    if (array.size() > 1) array.push_back(',');
    array.push_back('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') array.push_back('\\');
      array.push_back(c);
    }
    array.push_back('"');
  }
  array.push_back('}');
  return array;
}

}  // namespace sinter
