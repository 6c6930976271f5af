// Bare git repositories on the local disk, laid out from the store and the records. They are a cache: removed
// at any moment, whole or in part, they are made again.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/hub/git_pack.h"

namespace sinter {

struct GitRef {
  std::string name;  // "refs/heads/main"
  GitId target;
};

// What the records say of a repository.
struct GitState {
  std::vector<GitPack> packs;
  std::vector<GitRef> refs;  // by name
};

// FOLDER/NAME.git, with packs and git-lfs objects as links to the store's blobs (copies where the file
// systems differ), so that git clone, git lfs fetch and git fsck find what they expect. Any thread.
class GitCache {
 public:
  GitCache(Path folder, const BlobStore& store) : folder_(std::move(folder)), store_(store) {}

  // Brings the repository up to what `state` says, asked under the lock, so that an older state never goes
  // over a newer one. Gives its folder.
  Result<Path> Bring(std::string_view name, const std::function<Result<GitState>()>& state);
  // Bring, and `use` with the folder. Where something is missing or garbled (kCorrupt), the folder is removed
  // and all is done once again.
  template <class T>
  Result<T> With(std::string_view name, const std::function<Result<GitState>()>& state,
                 const std::function<Result<T>(const Path&)>& use) {
    for (int tries = 0;; ++tries) {
      auto folder = Bring(name, state);
      auto result = folder ? use(*folder) : Result<T>(std::move(folder).error());
      if (result || result.error().code != ErrorCode::kCorrupt || tries == 2) return result;
      Drop(name);
    }
  }
  void Drop(std::string_view name);
  Path PathOf(std::string_view name) const;

 private:
  Status LayOut(const Path& folder, const GitState& state) const;
  static void RemoveOtherPacks(const Path& folder, const GitState& state);
  Status AddPack(const Path& folder, const GitPack& pack) const;
  Status AddLfsObjects(const Path& folder, const Path& index) const;
  Path folder_;
  const BlobStore& store_;
  std::mutex mutex_;
};

}  // namespace sinter
