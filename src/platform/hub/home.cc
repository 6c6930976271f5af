#include "platform/hub/home.h"

#include <sys/stat.h>

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/records/sqlite_records.h"

namespace sinter {
namespace {

Status WriteLayout(const Path& path) {
  return WriteFileAtomically(path, Json{{"layout", Home::kLayout}}.dump() + "\n");
}

Result<int64_t> ReadLayout(const Path& path) {
  auto text = ReadFile(path, 64 << 10);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    TRY_STATUS(WriteLayout(path));
    return Home::kLayout;
  }
  if (!text) return std::move(text).error();
  auto json = ParseJson(*text);
  if (!json) return std::move(json).error().In(path.string());
  JsonReader reader(*json, path.string());
  const int64_t layout = reader.Int("layout");
  TRY_STATUS(reader.Finish());
  if (layout >= 1 && layout <= Home::kLayout) return layout;
  return Unsupported(
      fmt::format("{}: the home has layout {}, this program knows {}", path.string(), layout, Home::kLayout),
      "use the Sinter that wrote it");
}

}  // namespace

Result<std::unique_ptr<Home>> Home::Open(const Path& folder, const Clock& clock) {
  auto home = std::unique_ptr<Home>(new Home(clock));
  home->folder_ = folder;
  if (folder.has_parent_path()) TRY_STATUS(MakeFolders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(errno, "cannot make the home", folder);
  }
  TRY(home->lock_, FileLock::Acquire(folder / "lock"));
  TRY(home->layout_, ReadLayout(folder / "home.json"));
  TRY(home->records_, OpenSqliteRecords(folder / "records.db", clock));
  TRY(home->store_, BlobStore::Open(folder / "store"));
  return home;
}

Status Home::SetLayout() {
  TRY_STATUS(WriteLayout(folder_ / "home.json"));
  layout_ = kLayout;
  return {};
}

}  // namespace sinter
