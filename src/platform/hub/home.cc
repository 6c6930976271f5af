#include "platform/hub/home.h"

#include <sys/stat.h>

#include <cerrno>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/records/postgres_records.h"
#include "platform/records/sqlite_records.h"

namespace sinter {
namespace {

constexpr std::string_view kSqlite = "sqlite", kPostgres = "postgresql";

std::string RandomId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

// What home.json says of a home that is not new. One of the first release has no id, and SQLite.
Status Home::ReadLayout(std::string_view records) {
  const Path path = folder_ / "home.json";
  auto text = ReadFile(path, 64 << 10);
  if (!text && text.error().code == ErrorCode::kNotFound) return {};
  if (!text) return std::move(text).error();
  auto json = ParseJson(*text);
  if (!json) return std::move(json).error().In(path.string());
  JsonReader reader(*json, path.string());
  layout_ = reader.Int("layout");
  if (layout_ < 1 || layout_ > kLayout) {
    return Unsupported(
        fmt::format("{}: the home has layout {}, this program knows {}", path.string(), layout_, kLayout),
        "use the Sinter that wrote it");
  }
  const std::string kept = reader.String("records", kSqlite);
  id_ = reader.String("id", "");
  TRY_STATUS(reader.Finish());
  if (kept == records) return {};
  return Error{
      ErrorCode::kConflict,
      fmt::format("{}: the home's records are in {}, {} is asked for", folder_.string(), kept, records),
      kept == kSqlite ? "leave --records out, or take a new home" : "say where with --records"};
}

Status Home::WriteLayout(std::string_view records) {
  return WriteFileAtomically(folder_ / "home.json",
                             Json{{"layout", layout_}, {"records", records}, {"id", id_}}.dump() + "\n");
}

Result<std::unique_ptr<Home>> Home::Open(const Path& folder, const HomeOptions& options, const Clock& clock) {
  auto home = std::unique_ptr<Home>(new Home(clock));
  home->folder_ = folder;
  if (folder.has_parent_path()) TRY_STATUS(MakeFolders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(errno, "cannot make the home", folder);
  }
  TRY(home->lock_, FileLock::Acquire(folder / "lock"));
  home->shares_records_ = !options.records.empty();
  const std::string_view where = home->shares_records_ ? kPostgres : kSqlite;
  TRY_STATUS(home->ReadLayout(where));
  if (home->shares_records_) {
    TRY(home->records_, OpenPostgresRecords(options.records, clock));
  } else {
    TRY(home->records_, OpenSqliteRecords(folder / "records.db", clock));
  }
  // Once the records are open: an address with a mistake binds no home to it.
  if (home->id_.empty()) {
    home->id_ = RandomId();
    TRY_STATUS(home->WriteLayout(where));
  }
  TRY(home->store_, BlobStore::Open(folder / "store"));
  return home;
}

Status Home::SetLayout() {
  layout_ = kLayout;
  return WriteLayout(shares_records_ ? kPostgres : kSqlite);
}

}  // namespace sinter
