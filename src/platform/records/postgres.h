// PostgreSQL as Sinter uses it: statements prepared once a connection, values as text, no exceptions.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

struct pg_conn;
struct pg_result;

namespace sinter {

// The rows that a statement gave. Columns and rows count from 0.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result);
  int size() const;
  std::string Text(int row, int column) const;
  int64_t Int(int row, int column) const;
  int64_t Affected() const;  // rows that were written

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// One session. One thread at a time.
class PostgresConnection {
 public:
  // `address` is a URI, postgresql://...; libpq's variables (PGPASSWORD, PGSERVICE ...) and ~/.pgpass count.
  static Result<std::unique_ptr<PostgresConnection>> Open(const std::string& address);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  // `sql` is a literal, with $1, $2 ... for the parameters: the statement is kept by its address.
  Result<PostgresRows> Query(const char* sql, std::initializer_list<std::string_view> parameters = {});
  Status RunScript(const std::string& sql);  // several statements, without parameters
  bool Broken() const;                       // the session is lost
  // The last error was one of those that a repeated transaction gets past: a deadlock, a serialisation
  // failure (SQLSTATE 40001, 40P01).
  bool MayRetry() const { return retry_; }
  // For whoever listens: its socket, and whether a notification came.
  int Socket() const;
  Result<bool> TakeNotifications();

 private:
  explicit PostgresConnection(pg_conn* handle) : handle_(handle) {}
  Result<PostgresRows> Check(pg_result* result);
  pg_conn* handle_;
  bool retry_ = false;
  bool lost_ = false;  // the server has said so; libpq sees it at the next call
  std::unordered_map<const char*, std::string> statements_;
};

// Sessions of one database, opened as they are needed. Any thread.
class PostgresDatabase {
 public:
  // migrations[i] brings the schema `name` of version i to i + 1, under a lock. kUnsupported where it is
  // newer than this program; kUnavailable, kPermissionDenied, kNotFound as the server says.
  static Result<std::unique_ptr<PostgresDatabase>> Open(std::string address, const std::string& name,
                                                        std::span<const char* const> migrations);
  // One statement or several that need no common snapshot. Repeated once where the session was lost
  // meanwhile.
  Status Read(const std::function<Status(PostgresConnection&)>& work);
  // In one transaction, rolled back where `work` fails; repeated, a few times, where the server asks for it
  // or the session was lost before the commit. kUnavailable where it was lost in it: then nobody knows.
  Status Write(const std::function<Status(PostgresConnection&)>& work);
  const std::string& address() const { return address_; }

 private:
  explicit PostgresDatabase(std::string address) : address_(std::move(address)) {}
  struct Loan {
    std::unique_ptr<PostgresConnection> connection;
    bool fresh = false;
  };
  Result<Loan> Take();
  void Return(std::unique_ptr<PostgresConnection> connection);
  Status Migrate(const std::string& name, std::span<const char* const> migrations);
  const std::string address_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
};

// The text of an array of texts, for a parameter of type text[].
std::string PostgresArray(std::span<const std::string> texts);

}  // namespace sinter
