#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/scratch_folder.h"
#include "base/utf8.h"
#include "platform/hub/git_commit.h"
#include "platform/hub/git_library.h"
#include "platform/hub/git_names.h"
#include "platform/hub/lfs_pointer.h"

namespace sinter {
namespace {

constexpr uint64_t kLargestText = uint64_t{1} << 20;
constexpr uint64_t kMostTextBytes = uint64_t{256} << 20;

struct TreeFile {
  std::string_view path;
  git_oid blob;
};

std::string_view TextOf(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Objects go to memory; which of them are new is asked of the repository as it lies on the disk.
class CommitWriter {
 public:
  CommitWriter(BlobStore& store, GitRepository repository, GitOdb before, GitOdb now)
      : store_(store), repository_(std::move(repository)), before_(std::move(before)), now_(std::move(now)) {}

  static Result<CommitWriter> Open(const Path& path, BlobStore& store) {
    TRY(GitRepository repository, OpenGitRepository(path));
    git_odb* raw = nullptr;
    TRY_STATUS(GitDone(git_odb_open(&raw, (path / "objects").c_str()), "open its objects"));
    GitOdb before(raw);
    TRY_STATUS(GitDone(git_repository_odb(&raw, repository.get()), "open its objects"));
    GitOdb now(raw);
    git_odb_backend* memory = nullptr;
    TRY_STATUS(GitDone(git_mempack_new(&memory), "make room for objects"));
    constexpr int kFirst = 1000;  // of all backends
    if (const Status added = GitDone(git_odb_add_backend(now.get(), memory, kFirst), "make room"); !added) {
      memory->free(memory);
      return added.error();
    }
    return CommitWriter(store, std::move(repository), std::move(before), std::move(now));
  }

  Result<WrittenGitCommit> Write(const NewGitCommit& wanted) {
    std::vector<TreeFile> files;
    std::vector<std::string_view> large, small;
    for (const ManifestFile& file : wanted.manifest->files) {
      if (file.path == kGitAttributes) continue;
      TRY(const bool is_large, AddFile(file, files));
      (is_large ? large : small).push_back(file.path);
    }
    if (!large.empty()) {
      TRY(const git_oid attributes, Add(GIT_OBJECT_BLOB, LfsAttributes(large, small)));
      files.push_back({kGitAttributes, attributes});
      std::ranges::sort(files, {}, &TreeFile::path);
    }
    TRY(const git_oid tree, AddTree(files, 0));
    TRY(const git_oid commit, AddCommit(tree, wanted));
    WrittenGitCommit written{IdOf(commit), std::nullopt};
    if (!fresh_.empty()) {
      TRY(written.pack, Pack());
    }
    return written;
  }

 private:
  Result<git_oid> Add(git_object_t type, std::string_view bytes) {
    git_oid oid;
    TRY_STATUS(GitDone(git_odb_write(&oid, now_.get(), bytes.data(), bytes.size(), type), "hash an object"));
    Note(oid);
    return oid;
  }

  void Note(const git_oid& oid) {
    if (git_odb_exists(before_.get(), &oid) == 0 && seen_.insert(IdOf(oid).Hex()).second)
      fresh_.push_back(oid);
  }

  // Whether it goes by way of a pointer.
  Result<bool> AddFile(const ManifestFile& file, std::vector<TreeFile>& files) {
    if (file.size <= kLargestText) {
      TRY(const auto mapped, store_.Open(file.sha256));
      const std::string_view text = TextOf(*mapped);
      const auto pointer = ParseLfsPointer(text);
      if (pointer && *pointer) {
        return InvalidArgument(
            fmt::format("'{}' is a git-lfs pointer, not the file it stands for", file.path),
            "fetch the file first: git lfs pull");
      }
      const bool plain = IsUtf8(text) && text.find('\0') == text.npos && pointer;
      if (plain) {
        TRY(const git_oid oid, Add(GIT_OBJECT_BLOB, text));
        files.push_back({file.path, oid});
        text_bytes_ += text.size();
        if (text_bytes_ <= kMostTextBytes) return false;
        return Error{ErrorCode::kResourceExhausted,
                     fmt::format("more than {} MiB in small text files", kMostTextBytes >> 20),
                     "pack small files into larger ones"};
      }
    }
    TRY(const git_oid oid, Add(GIT_OBJECT_BLOB, LfsPointerText({file.sha256, file.size})));
    files.push_back({file.path, oid});
    return true;
  }

  // `files` share their first `depth` bytes, a folder's path; they are in the order of their paths.
  Result<git_oid> AddTree(std::span<const TreeFile> files, size_t depth) {
    git_treebuilder* raw = nullptr;
    TRY_STATUS(GitDone(git_treebuilder_new(&raw, repository_.get(), nullptr), "begin a tree"));
    const GitTreeBuilder builder(raw);
    auto insert = [&](std::string_view name, const git_oid& oid, git_filemode_t mode) {
      return GitDone(git_treebuilder_insert(nullptr, builder.get(), std::string(name).c_str(), &oid, mode),
                     "add to a tree");
    };
    for (size_t i = 0; i < files.size();) {
      const std::string_view rest = files[i].path.substr(depth);
      const size_t slash = rest.find('/');
      if (slash == rest.npos) {
        TRY_STATUS(insert(rest, files[i].blob, GIT_FILEMODE_BLOB));
        ++i;
        continue;
      }
      const std::string_view folder = files[i].path.substr(0, depth + slash + 1);
      size_t end = i;
      while (end < files.size() && files[end].path.starts_with(folder)) ++end;
      TRY(const git_oid tree, AddTree(files.subspan(i, end - i), folder.size()));
      TRY_STATUS(insert(rest.substr(0, slash), tree, GIT_FILEMODE_TREE));
      i = end;
    }
    git_oid oid;
    TRY_STATUS(GitDone(git_treebuilder_write(&oid, builder.get()), "write a tree"));
    Note(oid);
    return oid;
  }

  // The object's text is our own, so that it follows from what was asked for and nothing else.
  Result<git_oid> AddCommit(const git_oid& tree, const NewGitCommit& wanted) {
    std::string name, mail;
    for (const char c : wanted.author) {
      const auto byte = static_cast<unsigned char>(c);
      const bool plain = byte >= 0x20 && byte != 0x7f && c != '<' && c != '>';
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      name += plain ? c : '-';
      mail += letter || c == '.' || c == '_' ? c : '-';
    }
    const size_t first = name.find_first_not_of(" .,:;\"\\'");
    const size_t last = name.find_last_not_of(" .,:;\"\\'");
    name = first == name.npos ? "unknown" : name.substr(first, last + 1 - first);
    const std::string who = fmt::format("{} <{}@sinter.invalid> {} +0000", name,
                                        mail.empty() ? "unknown" : mail, wanted.at_ms / 1000);
    std::string text = fmt::format("tree {}\n", IdOf(tree).Hex());
    for (const GitId& parent : wanted.parents) text += fmt::format("parent {}\n", parent.Hex());
    std::string message = wanted.message;
    std::erase(message, '\0');
    while (message.ends_with('\n')) message.pop_back();
    text += fmt::format("author {}\ncommitter {}\n\n{}\n", who, who, message);
    return Add(GIT_OBJECT_COMMIT, text);
  }

  Result<GitPack> Pack() {
    git_packbuilder* raw = nullptr;
    TRY_STATUS(GitDone(git_packbuilder_new(&raw, repository_.get()), "begin a pack"));
    const GitPackbuilder builder(raw);
    git_packbuilder_set_threads(builder.get(), 1);
    // The commit first, then trees, then blobs, as git itself orders them for who reads.
    for (size_t i = fresh_.size(); i-- > 0;)
      TRY_STATUS(GitDone(git_packbuilder_insert(builder.get(), &fresh_[i], nullptr), "add to a pack"));
    git_buf buffer = GIT_BUF_INIT;
    Status done = GitDone(git_packbuilder_write_buf(&buffer, builder.get()), "write a pack");
    Result<GitPack> pack = done ? Store(std::as_bytes(std::span(buffer.ptr, buffer.size)))
                                : Result<GitPack>(std::move(done).error());
    git_buf_dispose(&buffer);
    return pack;
  }

  Result<GitPack> Store(std::span<const std::byte> bytes) {
    TRY(const auto folder, ScratchFolder::Create());
    TRY(const PackFiles files, IndexPack(git_repository_path(repository_.get()), bytes, folder->path()));
    return StorePack(store_, files);
  }

  BlobStore& store_;
  GitRepository repository_;
  GitOdb before_, now_;
  std::vector<git_oid> fresh_;  // in the order in which they were made: what is named before what names it
  std::unordered_set<std::string> seen_;
  uint64_t text_bytes_ = 0;
};

}  // namespace

Result<WrittenGitCommit> WriteGitCommit(const Path& repository, BlobStore& store,
                                        const NewGitCommit& wanted) {
  TRY(CommitWriter writer, CommitWriter::Open(repository, store));
  return writer.Write(wanted);
}

}  // namespace sinter
