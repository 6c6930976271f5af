#include "platform/hub/git_cache.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace sinter {
namespace fs = std::filesystem;

namespace {

// Under a temporary name first: what stands under a pack's name is whole.
Status Link(const Path& from, const Path& to) {
  std::error_code error;
  if (fs::exists(to, error)) return {};
  const Path temporary = to.string() + std::string(FileWriter::kTemporaryMark);
  fs::remove(temporary, error);
  fs::create_hard_link(from, temporary, error);
  if (error) {
    error.clear();
    fs::copy_file(from, temporary, fs::copy_options::overwrite_existing, error);
  }
  if (!error) fs::rename(temporary, to, error);
  // Whoever removed the folder meanwhile, or the blob: the caller begins again, and then it stays or is
  // named.
  if (error) return Corrupt(fmt::format("cannot lay out {}: {}", to.string(), error.message()));
  return {};
}

Status WriteIfOther(const Path& path, std::string_view text) {
  if (const auto now = ReadFile(path); now && *now == text) return {};
  return WriteFileAtomically(path, text);
}

}  // namespace

Path GitCache::PathOf(std::string_view name) const { return folder_ / fmt::format("{}.git", name); }

void GitCache::Drop(std::string_view name) {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  fs::remove_all(PathOf(name), ignored);
}

Result<Path> GitCache::Bring(std::string_view name, const std::function<Result<GitState>()>& state) {
  const std::lock_guard lock(mutex_);
  TRY(const GitState wanted, state());
  Path folder = PathOf(name);
  Status laid = LayOut(folder, wanted);
  if (laid) return folder;
  // A folder that goes while it is filled: somebody removes the cache.
  if (laid.error().code == ErrorCode::kNotFound) laid.error().code = ErrorCode::kCorrupt;
  return std::move(laid).error();
}

Status GitCache::LayOut(const Path& folder, const GitState& state) const {
  for (const char* part : {"objects/pack", "objects/info", "refs/heads", "refs/tags"})
    TRY_STATUS(MakeFolders(folder / part));
  TRY_STATUS(WriteIfOther(folder / "HEAD", "ref: refs/heads/main\n"));
  TRY_STATUS(WriteIfOther(folder / "config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"));
  for (const GitPack& pack : state.packs) TRY_STATUS(AddPack(folder, pack));
  RemoveOtherPacks(folder, state);
  std::string refs = "# pack-refs with: peeled fully-peeled sorted \n";
  for (const GitRef& ref : state.refs) refs += fmt::format("{} {}\n", ref.target.Hex(), ref.name);
  return WriteIfOther(folder / "packed-refs", refs);
}

// The index comes after the pack: git takes no notice of one without. The mark says that the pack's git-lfs
// objects are there as well.
Status GitCache::AddPack(const Path& folder, const GitPack& pack) const {
  const Path base = folder / "objects" / "pack" / fmt::format("pack-{}", pack.name.Hex());
  const Path index = base.string() + ".idx";
  std::error_code ignored;
  const Path marks = folder / "lfs" / "packs";
  if (fs::exists(marks / pack.name.Hex(), ignored) && fs::exists(index, ignored) &&
      fs::exists(base.string() + ".pack", ignored) && fs::exists(folder / "lfs" / "objects", ignored))
    return {};
  for (const Sha256Digest& blob : {pack.pack, pack.index}) {
    if (!store_.Has(blob))
      return Corrupt(
          fmt::format("pack {} of the repository is gone: no blob sha256:{}", pack.name.Hex(), blob.Hex()),
          "restore the store from a backup");
  }
  TRY_STATUS(Link(store_.PathOf(pack.pack), base.string() + ".pack"));
  TRY_STATUS(Link(store_.PathOf(pack.index), index));
  TRY_STATUS(AddLfsObjects(folder, index));
  TRY_STATUS(MakeFolders(marks));
  return WriteFileAtomically(marks / pack.name.Hex(), "");
}

// What was packed anew, or is nobody's. Who reads an old pack just now begins again.
void GitCache::RemoveOtherPacks(const Path& folder, const GitState& state) {
  std::set<std::string> names;
  for (const GitPack& pack : state.packs) names.insert(fmt::format("pack-{}", pack.name.Hex()));
  std::error_code error;
  std::vector<Path> others;
  for (const auto& entry : fs::directory_iterator(folder / "objects" / "pack", error)) {
    if (!names.contains(entry.path().stem().string())) others.push_back(entry.path());
  }
  std::ranges::sort(others);  // an index goes before its pack
  for (const Path& other : others) fs::remove(other, error);
}

// A pointer whose blob is gone is left for who reads the version to find.
Status GitCache::AddLfsObjects(const Path& folder, const Path& index) const {
  TRY(const auto blobs, LfsBlobsOfPack(index));
  TRY_STATUS(MakeFolders(folder / "lfs" / "objects"));
  for (const Sha256Digest& blob : blobs) {
    if (!store_.Has(blob)) continue;
    const std::string hex = blob.Hex();
    const Path place = folder / "lfs" / "objects" / hex.substr(0, 2) / hex.substr(2, 2);
    TRY_STATUS(MakeFolders(place));
    TRY_STATUS(Link(store_.PathOf(blob), place / hex));
  }
  return {};
}

}  // namespace sinter
