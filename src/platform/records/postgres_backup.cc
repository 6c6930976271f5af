// pg_dump takes its snapshot while others write, and pg_restore is tested by more people than any export of
// ours would be.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/subprocess.h"
#include "platform/records/postgres_records.h"

namespace sinter {
namespace {

constexpr std::chrono::hours kPatience{12};

// The newest of Debian's, else whatever PATH has: a dump is made by a program not older than its server.
std::string ClientProgram(const std::string& name) {
  std::string found = name;
  int newest = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    const std::string version = entry.path().filename().string();
    int number = 0;
    std::from_chars(version.data(), version.data() + version.size(), number);
    std::error_code none;
    if (number <= newest || !std::filesystem::exists(entry.path() / "bin" / name, none)) continue;
    newest = number;
    found = (entry.path() / "bin" / name).string();
  }
  return found;
}

Result<ProgramOutput> RunClient(const std::string& name, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ClientProgram(name));
  auto done = RunProgram({.arguments = std::move(arguments), .environment = {{"LC_ALL", "C"}}}, kPatience);
  if (!done && done.error().code == ErrorCode::kNotFound)
    return NotFound(fmt::format("{} is not installed here", name),
                    "it comes with PostgreSQL's client programs: apt install postgresql-client");
  return done;
}

}  // namespace

Status BackupPostgresRecords(const std::string& address, const Path& folder) {
  TRY(const ProgramOutput done,
      RunClient("pg_dump", {"--format=custom", "--no-owner", "--no-privileges", "--table=sinter_*",
                            "--file=" + (folder / kPostgresBackup).string(), "--dbname=" + address}));
  if (done.status.Ok()) return {};
  return Error{ErrorCode::kUnavailable, "pg_dump: " + done.text, ""};
}

Status RestorePostgresRecords(const Path& folder, const std::string& address) {
  TRY(const ProgramOutput done,
      RunClient("pg_restore", {"--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                               "--dbname=" + address, (folder / kPostgresBackup).string()}));
  if (done.status.Ok()) return {};
  if (done.text.find("already exists") != std::string::npos)
    return Error{ErrorCode::kAlreadyExists, "the database holds records of Sinter already",
                 "restore into an empty one: createdb -E UTF8 -T template0 NAME"};
  return Error{ErrorCode::kUnavailable, "pg_restore: " + done.text, ""};
}

}  // namespace sinter
