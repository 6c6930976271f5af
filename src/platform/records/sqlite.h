// SQLite as Sinter uses it: durable, bounded waiting, statements prepared once, no exceptions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sinter {

class SqliteConnection;

// A prepared statement on loan: reset when it goes. Columns and parameters count from 0.
class SqliteQuery {
 public:
  SqliteQuery(SqliteQuery&& other) noexcept;
  SqliteQuery& operator=(SqliteQuery&&) = delete;
  ~SqliteQuery();
  SqliteQuery& Bind(int index, int64_t value);
  SqliteQuery& Bind(int index, double value);  // NaN becomes null
  SqliteQuery& Bind(int index, std::string_view text);
  Result<bool> Step();  // a row is there
  Status Run();         // to the end
  int64_t Int(int column) const;
  double Real(int column) const;  // null is NaN
  std::string Text(int column) const;

 private:
  friend class SqliteConnection;
  SqliteQuery(SqliteConnection& connection, sqlite3_stmt* statement)
      : connection_(&connection), statement_(statement) {}
  SqliteConnection* connection_;
  sqlite3_stmt* statement_;
};

// One thread at a time.
class SqliteConnection {
 public:
  static Result<std::unique_ptr<SqliteConnection>> Open(const Path& path);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  // `sql` is a literal: the statement is kept by its address.
  Result<SqliteQuery> Query(const char* sql);
  Status Run(const char* sql);
  Status RunScript(const std::string& sql);
  bool InTransaction() const;
  // What SQLite last complained of, as an error of ours: a full disk is kResourceExhausted, a lock that stays
  // kUnavailable, a damaged file kCorrupt.
  Error LastError(int code) const;

 private:
  explicit SqliteConnection(Path path) : path_(std::move(path)) {}
  Path path_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

// A database file: one writer at a time, any number of readers beside it (write-ahead log, synchronous=FULL:
// a transaction that returned survives the power failing). Any thread.
class SqliteDatabase {
 public:
  // migrations[i] brings a file of version i to i + 1 (PRAGMA user_version). kUnsupported where the file is
  // newer than this program.
  static Result<std::unique_ptr<SqliteDatabase>> Open(const Path& path,
                                                      std::span<const char* const> migrations);
  // In one transaction, rolled back where `work` fails. Those who wait at the same time share a commit, and
  // its sync of the disk, each in a savepoint of its own: `work` may run on another thread while its caller
  // waits, and again, where the shared commit failed.
  Status Write(const std::function<Status(SqliteConnection&)>& work);
  // On one snapshot.
  Status Read(const std::function<Status(SqliteConnection&)>& work);
  Status CheckIntegrity();
  // A copy as of one moment, while others write; `to` is not there yet. Not synced.
  Status BackupTo(const Path& to);

 private:
  explicit SqliteDatabase(Path path) : path_(std::move(path)) {}
  Status Migrate(std::span<const char* const> migrations);
  using Work = std::function<Status(SqliteConnection&)>;
  struct Pending {
    const Work* work;
    Status status;
    bool done = false;
  };
  Status WriteAlone(const Work& work);
  void WriteTogether(std::span<Pending* const> batch);
  bool TryTogether(std::span<Pending* const> batch);
  Path path_;
  std::mutex write_mutex_;  // of the queue; whoever leads writes without it
  std::condition_variable written_;
  std::vector<Pending*> waiting_;
  bool leading_ = false;
  std::unique_ptr<SqliteConnection> writer_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_;  // idle ones
};

}  // namespace sinter
