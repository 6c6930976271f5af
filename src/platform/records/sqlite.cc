#include "platform/records/sqlite.h"

#include <sqlite3.h>
#include <sys/statvfs.h>

#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace sinter {
namespace {

// Whether a page more does not fit where the file is.
bool DiskIsFull(const Path& path) {
  struct statvfs disk{};
  constexpr uint64_t kPage = 64 << 10;  // a -shm file grows by half of this
  return ::statvfs(path.c_str(), &disk) == 0 && uint64_t{disk.f_bavail} * disk.f_frsize < kPage;
}

}  // namespace

SqliteQuery::SqliteQuery(SqliteQuery&& other) noexcept
    : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}

SqliteQuery::~SqliteQuery() {
  if (statement_ == nullptr) return;
  ::sqlite3_reset(statement_);
  ::sqlite3_clear_bindings(statement_);
}

SqliteQuery& SqliteQuery::Bind(int index, int64_t value) {
  SINTER_CHECK(::sqlite3_bind_int64(statement_, index + 1, value) == SQLITE_OK);
  return *this;
}

SqliteQuery& SqliteQuery::Bind(int index, double value) {
  SINTER_CHECK(::sqlite3_bind_double(statement_, index + 1, value) == SQLITE_OK);
  return *this;
}

SqliteQuery& SqliteQuery::Bind(int index, std::string_view text) {
  SINTER_CHECK(::sqlite3_bind_text64(statement_, index + 1, text.data() != nullptr ? text.data() : "",
                                     text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Result<bool> SqliteQuery::Step() {
  const int code = ::sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_->LastError(code);
}

Status SqliteQuery::Run() {
  while (true) {
    TRY(const bool row, Step());
    if (!row) return {};
  }
}

int64_t SqliteQuery::Int(int column) const { return ::sqlite3_column_int64(statement_, column); }

double SqliteQuery::Real(int column) const {
  if (::sqlite3_column_type(statement_, column) == SQLITE_NULL)
    return std::numeric_limits<double>::quiet_NaN();
  return ::sqlite3_column_double(statement_, column);
}

std::string SqliteQuery::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(statement_, column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<size_t>(::sqlite3_column_bytes(statement_, column)));
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const Path& path) {
  auto connection = std::unique_ptr<SqliteConnection>(new SqliteConnection(path));
  const int code =
      ::sqlite3_open_v2(path.c_str(), &connection->handle_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return connection->LastError(code);
  ::sqlite3_extended_result_codes(connection->handle_, 1);
  ::sqlite3_busy_timeout(connection->handle_, 10'000);
  TRY_STATUS(
      connection->RunScript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) ::sqlite3_finalize(statement);
  ::sqlite3_close(handle_);
}

Result<SqliteQuery> SqliteConnection::Query(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = ::sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return LastError(code);
  }
  return SqliteQuery(*this, statement);
}

Status SqliteConnection::Run(const char* sql) {
  TRY(SqliteQuery query, Query(sql));
  return query.Run();
}

Status SqliteConnection::RunScript(const std::string& sql) {
  const int code = ::sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return LastError(code);
  return {};
}

bool SqliteConnection::InTransaction() const { return ::sqlite3_get_autocommit(handle_) == 0; }

Error SqliteConnection::LastError(int code) const {
  const std::string why = handle_ != nullptr ? ::sqlite3_errmsg(handle_) : ::sqlite3_errstr(code);
  Error error{ErrorCode::kInternal, fmt::format("{}: {}", path_.string(), why), ""};
  switch (code & 0xff) {
    case SQLITE_IOERR:
      // SQLite says no more than this where its shared memory or its log cannot grow.
      if (!DiskIsFull(path_)) break;
      error.message += ": no space is left";
      [[fallthrough]];
    case SQLITE_FULL:
      error.code = ErrorCode::kResourceExhausted;
      error.hint = "free some space and try again; the transaction left nothing";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.code = ErrorCode::kUnavailable;
      error.hint = "another program holds the file";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      error.code = ErrorCode::kCorrupt;
      error.hint = "restore it from a backup";
      break;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      error.code = ErrorCode::kPermissionDenied;
      error.hint = "look at the folder's owner and mode";
      break;
    case SQLITE_CONSTRAINT:
      error.code = ErrorCode::kConflict;
      break;
    default:
      break;
  }
  return error;
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const Path& path,
                                                             std::span<const char* const> migrations) {
  auto database = std::unique_ptr<SqliteDatabase>(new SqliteDatabase(path));
  TRY(database->writer_, SqliteConnection::Open(path));
  TRY_STATUS(database->Migrate(migrations));
  return database;
}

Status SqliteDatabase::Migrate(std::span<const char* const> migrations) {
  return Write([&](SqliteConnection& db) -> Status {
    int64_t version = 0;
    {
      TRY(SqliteQuery query, db.Query("PRAGMA user_version"));
      TRY_STATUS(query.Step());
      version = query.Int(0);
    }
    const auto newest = static_cast<int64_t>(migrations.size());
    if (version > newest) {
      return Unsupported(
          fmt::format("{} has version {}, this program knows {}", path_.string(), version, newest),
          "use the newer Sinter that wrote it");
    }
    if (version == newest) return {};
    for (int64_t i = version; i < newest; ++i) TRY_STATUS(db.RunScript(migrations[static_cast<size_t>(i)]));
    return db.RunScript(fmt::format("PRAGMA user_version={}", newest));
  });
}

Status SqliteDatabase::Write(const Work& work) {
  Pending mine{&work, {}};
  std::vector<Pending*> batch;
  std::unique_lock lock(write_mutex_);
  waiting_.push_back(&mine);
  written_.wait(lock, [&] { return mine.done || !leading_; });
  if (mine.done) return mine.status;
  // Nobody writes: this thread does, for all who came while the one before wrote.
  leading_ = true;
  batch.swap(waiting_);
  lock.unlock();
  WriteTogether(batch);
  lock.lock();
  for (Pending* one : batch) one->done = true;
  leading_ = false;
  lock.unlock();
  written_.notify_all();
  return mine.status;
}

void SqliteDatabase::WriteTogether(std::span<Pending* const> batch) {
  if (batch.size() > 1 && TryTogether(batch)) return;
  for (Pending* one : batch) one->status = WriteAlone(*one->work);
}

// False: nothing was written (a disk that is full, for one); each must try by itself, so that nobody fails
// for what another wrote.
bool SqliteDatabase::TryTogether(std::span<Pending* const> batch) {
  if (const Status begun = writer_->Run("BEGIN IMMEDIATE"); !begun) {  // another program holds the file
    for (Pending* one : batch) one->status = begun;
    return true;
  }
  for (Pending* one : batch) {
    Status begun = writer_->Run("SAVEPOINT one");
    if (begun) one->status = (*one->work)(*writer_);
    if (begun && !one->status) begun = writer_->Run("ROLLBACK TO one");
    if (begun) begun = writer_->Run("RELEASE one");
    if (!begun || !writer_->InTransaction()) break;  // SQLite rolls all back where it must
  }
  if (writer_->InTransaction() && writer_->Run("COMMIT")) return true;
  if (writer_->InTransaction()) static_cast<void>(writer_->Run("ROLLBACK"));
  return false;
}

Status SqliteDatabase::WriteAlone(const Work& work) {
  TRY_STATUS(writer_->Run("BEGIN IMMEDIATE"));
  Status status = work(*writer_);
  if (status) status = writer_->Run("COMMIT");
  if (!status && writer_->InTransaction()) static_cast<void>(writer_->Run("ROLLBACK"));
  return status;
}

Status SqliteDatabase::Read(const std::function<Status(SqliteConnection&)>& work) {
  std::unique_ptr<SqliteConnection> reader;
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      reader = std::move(readers_.back());
      readers_.pop_back();
    }
  }
  if (reader == nullptr) {
    TRY(reader, SqliteConnection::Open(path_));
  }
  TRY_STATUS(reader->Run("BEGIN"));
  Status status = work(*reader);
  TRY_STATUS(reader->Run("COMMIT"));
  const std::lock_guard lock(readers_mutex_);
  constexpr size_t kIdleReaders = 8;
  if (readers_.size() < kIdleReaders) readers_.push_back(std::move(reader));
  return status;
}

Status SqliteDatabase::CheckIntegrity() {
  return Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query, db.Query("PRAGMA integrity_check"));
    TRY_STATUS(query.Step());
    const std::string answer = query.Text(0);
    if (answer == "ok") return {};
    return Corrupt(fmt::format("{}: {}", path_.string(), answer), "restore it from a backup");
  });
}

// VACUUM INTO takes no lock that a writer waits for.
Status SqliteDatabase::BackupTo(const Path& to) {
  TRY(const auto connection, SqliteConnection::Open(path_));
  TRY(SqliteQuery query, connection->Query("VACUUM INTO ?1"));
  return query.Bind(0, to.string()).Run();
}

}  // namespace sinter
