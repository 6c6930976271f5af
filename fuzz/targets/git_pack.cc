// Packs of foreign origin, beside an empty repository: what is indexed has its files, and is indexed the same
// again.
#include "platform/hub/git_pack.h"
#include "base/file.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Result<PackFiles> Index(const Path& folder, std::string_view name, std::span<const std::byte> pack) {
  const Path target = folder / name;
  TRY_STATUS(MakeFolders(target));
  return IndexPack(folder / "empty.git", pack, target);
}

Status Run(std::span<const std::byte> input) {
  const TemporaryFolder folder;
  for (const char* part : {"objects", "refs/heads"})
    SINTER_CHECK(MakeFolders(folder.path() / "empty.git" / part).has_value());
  SINTER_CHECK(
      WriteFileAtomically(folder.path() / "empty.git" / "HEAD", "ref: refs/heads/main\n").has_value());
  TRY(const PackFiles files, Index(folder.path(), "a", input));
  SINTER_CHECK(files.objects > 0 && *FileSize(files.pack) == input.size());
  const auto again = Index(folder.path(), "b", input);
  SINTER_CHECK(again.has_value() && again->name == files.name && again->objects == files.objects);
  return {};
}

}  // namespace

FuzzTarget GitPackTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 16384}; }

}  // namespace sinter
