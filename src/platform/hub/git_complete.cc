#include "platform/hub/git_complete.h"

#include <fmt/format.h>
#include <git2/sys/odb_backend.h>

#include <vector>

#include "platform/hub/git_library.h"

namespace sinter {
namespace {

using GitTag = GitOwner<git_tag, &git_tag_free>;

class CompletenessCheck {
 public:
  CompletenessCheck(git_repository* repository, git_odb* odb) : repository_(repository), odb_(odb) {}

  Status Check(const git_oid& oid) const {
    size_t bytes = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    TRY_STATUS(GitDone(git_odb_read_header(&bytes, &type, odb_, &oid), "read the header of " + Name(oid)));
    switch (type) {
      case GIT_OBJECT_COMMIT:
        return CheckCommit(oid);
      case GIT_OBJECT_TREE:
        return CheckTree(oid);
      case GIT_OBJECT_TAG:
        return CheckTag(oid);
      default:
        return {};
    }
  }

 private:
  static std::string Name(const git_oid& oid) { return IdOf(oid).Short(); }

  Status Needs(const git_oid& from, const git_oid& what) const {
    if (git_odb_exists(odb_, &what) != 0) return {};
    return InvalidArgument(fmt::format("{} names {}, which is missing", Name(from), Name(what)));
  }
  Status CheckCommit(const git_oid& oid) const {
    git_commit* raw = nullptr;
    TRY_STATUS(GitDone(git_commit_lookup(&raw, repository_, &oid), "read commit " + Name(oid)));
    const GitCommit commit(raw);
    for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i)
      TRY_STATUS(Needs(oid, *git_commit_parent_id(commit.get(), i)));
    return Needs(oid, *git_commit_tree_id(commit.get()));
  }
  Status CheckTree(const git_oid& oid) const {
    git_tree* raw = nullptr;
    TRY_STATUS(GitDone(git_tree_lookup(&raw, repository_, &oid), "read tree " + Name(oid)));
    const GitTree tree(raw);
    const size_t count = git_tree_entrycount(tree.get());
    for (size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      if (git_tree_entry_filemode(entry) == GIT_FILEMODE_COMMIT) continue;
      TRY_STATUS(Needs(oid, *git_tree_entry_id(entry)));
    }
    return {};
  }
  Status CheckTag(const git_oid& oid) const {
    git_tag* raw = nullptr;
    TRY_STATUS(GitDone(git_tag_lookup(&raw, repository_, &oid), "read tag " + Name(oid)));
    const GitTag tag(raw);
    return Needs(oid, *git_tag_target_id(tag.get()));
  }

  git_repository* repository_;
  git_odb* odb_;
};

}  // namespace

Status CheckPackIsComplete(const Path& index, const Path& objects) {
  git_odb* raw_odb = nullptr;
  TRY_STATUS(GitDone(git_odb_new(&raw_odb), "open a pack"));
  const GitOdb odb(raw_odb);
  git_odb_backend* pack = nullptr;
  TRY_STATUS(GitDone(git_odb_backend_one_pack(&pack, index.c_str()), "open a pack"));
  if (Status added = GitDone(git_odb_add_backend(odb.get(), pack, 1), "open a pack"); !added) {
    pack->free(pack);
    return added;
  }
  // Asked for while the pack is all that there is.
  std::vector<git_oid> ids;
  auto keep = [](const git_oid* oid, void* all) {
    static_cast<std::vector<git_oid>*>(all)->push_back(*oid);
    return 0;
  };
  TRY_STATUS(GitDone(git_odb_foreach(odb.get(), keep, &ids), "list a pack"));
  TRY_STATUS(GitDone(git_odb_add_disk_alternate(odb.get(), objects.c_str()), "open the objects"));
  git_repository* raw_repository = nullptr;
  TRY_STATUS(GitDone(git_repository_wrap_odb(&raw_repository, odb.get()), "open the objects"));
  const GitRepository repository(raw_repository);
  const CompletenessCheck check(repository.get(), odb.get());
  for (const git_oid& oid : ids) TRY_STATUS(check.Check(oid));
  return {};
}

}  // namespace sinter
