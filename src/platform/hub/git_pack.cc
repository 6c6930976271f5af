#include "platform/hub/git_pack.h"

#include <git2/sys/odb_backend.h>

#include <fmt/format.h>

#include "platform/hub/git_complete.h"
#include "platform/hub/git_library.h"
#include "platform/hub/lfs_pointer.h"

namespace sinter {
namespace {

// The indexer refuses an object count that the bytes cannot hold only at the end, and allocates by it at the
// beginning: an object takes a byte of header at least, and zlib's six at the least behind it.
Status CheckHeader(std::span<const std::byte> pack) {
  auto byte = [&](size_t i) { return static_cast<uint32_t>(pack[i]); };
  auto word = [&](size_t i) { return byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3); };
  constexpr uint32_t kMagic = 0x5041434b;  // "PACK"
  if (pack.size() < 32 || word(0) != kMagic) return InvalidArgument("this is no git pack");
  if (word(4) != 2) return InvalidArgument(fmt::format("a git pack of version {}; 2 is expected", word(4)));
  if (word(8) == 0 || word(8) > (pack.size() - 32) / 7)
    return InvalidArgument(
        fmt::format("a git pack of {} bytes cannot hold {} objects", pack.size(), word(8)));
  return {};
}

// What is wrong is the pack that came, not the repository.
Error AsInput(Error error) {
  if (error.code == ErrorCode::kCorrupt) error.code = ErrorCode::kInvalidArgument;
  return error;
}

// Its name is asked of the file: the function that says it is newer than the library of Debian 12.
Result<PackFiles> FindPack(const Path& folder, uint64_t objects) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with("pack-") || !file.ends_with(".idx")) continue;
    const auto name = ParseGitId(std::string_view(file).substr(5, file.size() - 9));
    if (!name) continue;
    return PackFiles{*name, Path(entry.path()).replace_extension(".pack"), entry.path(), objects};
  }
  if (error) return SystemError(error.value(), "cannot list", folder);
  return Internal("git wrote a pack and left no index");
}

struct LfsVisit {
  git_odb* odb;
  std::vector<Sha256Digest> blobs;
};

int VisitObject(const git_oid* oid, void* payload) {
  auto& visit = *static_cast<LfsVisit*>(payload);
  size_t size = 0;
  git_object_t type{};
  int code = git_odb_read_header(&size, &type, visit.odb, oid);
  if (code < 0) return code;
  if (type != GIT_OBJECT_BLOB || size > kLfsPointerLimit) return 0;
  git_odb_object* raw = nullptr;
  code = git_odb_read(&raw, visit.odb, oid);
  if (code < 0) return code;
  const GitOdbObject object(raw);
  const auto pointer = ParseLfsPointer(
      {static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())});
  if (pointer && *pointer) visit.blobs.push_back((*pointer)->oid);
  return 0;
}

}  // namespace

Result<PackFiles> IndexPack(const Path& repository, std::span<const std::byte> pack, const Path& folder) {
  TRY_STATUS(CheckHeader(pack));
  TRY(const GitRepository opened, OpenGitRepository(repository));
  git_odb* odb = nullptr;
  TRY_STATUS(GitDone(git_repository_odb(&odb, opened.get()), "open its objects"));
  const GitOdb objects(odb);
  // Not its own look at what objects name: it loses memory for each object that is here already (1.5).
  git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
  git_indexer* raw = nullptr;
  TRY_STATUS(
      GitDone(git_indexer_new(&raw, folder.c_str(), 0, objects.get(), &options), "begin to index a pack"));
  const GitIndexer indexer(raw);
  git_indexer_progress progress{};
  auto done = GitDone(git_indexer_append(indexer.get(), pack.data(), pack.size(), &progress), "index a pack");
  if (done) done = GitDone(git_indexer_commit(indexer.get(), &progress), "index a pack");
  if (!done) return AsInput(std::move(done).error());
  TRY(PackFiles files, FindPack(folder, progress.total_objects));
  if (auto complete = CheckPackIsComplete(files.index, repository / "objects"); !complete)
    return AsInput(std::move(complete).error());
  return files;
}

Result<PackFiles> PackAll(const Path& repository, const Path& folder) {
  TRY(const GitRepository opened, OpenGitRepository(repository));
  git_odb* raw_odb = nullptr;
  TRY_STATUS(GitDone(git_repository_odb(&raw_odb, opened.get()), "open its objects"));
  const GitOdb odb(raw_odb);
  git_packbuilder* raw = nullptr;
  TRY_STATUS(GitDone(git_packbuilder_new(&raw, opened.get()), "begin a pack"));
  const GitPackbuilder builder(raw);
  git_packbuilder_set_threads(builder.get(), 1);
  auto insert = [](const git_oid* oid, void* pack) {
    return git_packbuilder_insert(static_cast<git_packbuilder*>(pack), oid, nullptr);
  };
  TRY_STATUS(GitDone(git_odb_foreach(odb.get(), insert, builder.get()), "list its objects"));
  TRY_STATUS(
      GitDone(git_packbuilder_write(builder.get(), folder.c_str(), 0, nullptr, nullptr), "write a pack"));
  return FindPack(folder, git_packbuilder_object_count(builder.get()));
}

Result<GitPack> StorePack(BlobStore& store, const PackFiles& files) {
  TRY(const BlobInfo pack, store.PutFile(files.pack));
  TRY(const BlobInfo index, store.PutFile(files.index));
  return GitPack{files.name, pack.digest, index.digest, files.objects, pack.size + index.size};
}

Result<std::vector<Sha256Digest>> LfsBlobsOfPack(const Path& index) {
  StartGitLibrary();
  git_odb* raw = nullptr;
  TRY_STATUS(GitDone(git_odb_new(&raw), "open a pack"));
  const GitOdb odb(raw);
  git_odb_backend* backend = nullptr;
  TRY_STATUS(GitDone(git_odb_backend_one_pack(&backend, index.c_str()), "open " + index.string()));
  if (const Status added = GitDone(git_odb_add_backend(odb.get(), backend, 1), "open a pack"); !added) {
    backend->free(backend);
    return added.error();
  }
  LfsVisit visit{odb.get(), {}};
  TRY_STATUS(GitDone(git_odb_foreach(odb.get(), &VisitObject, &visit), "list the pack " + index.string()));
  return visit.blobs;
}

}  // namespace sinter
