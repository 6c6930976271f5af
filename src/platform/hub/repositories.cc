#include "platform/hub/repositories.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/scratch_folder.h"
#include "platform/hub/git_names.h"
#include "platform/hub/repository_head.h"
#include "platform/hub/repository_records.h"

namespace sinter {
namespace {

bool PlainPart(std::string_view part) {
  auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !part.empty() && part.size() <= 96 && alphanumeric(part.front()) && !part.ends_with(".git") &&
         part.find("..") == part.npos && std::ranges::all_of(part, [&](char c) {
           return alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool Lost(const Error& error) {
  return error.code == ErrorCode::kConflict || error.code == ErrorCode::kAlreadyExists;
}

uint64_t BytesOf(const Manifest& manifest) {
  uint64_t bytes = 0;
  for (const ManifestFile& file : manifest.files) bytes += file.size;
  return bytes;
}

}  // namespace

std::string_view RepositoryKindName(RepositoryKind kind) {
  return kind == RepositoryKind::kDataset ? "dataset" : "model";
}

std::string RepositoryVersion::Ref() const {
  return number > 0 ? fmt::format("{}@{}", repository, number)
                    : fmt::format("{}@{}", repository, commit.Short());
}

Status CheckRepositoryName(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == name.npos ? PlainPart(name)
                         : PlainPart(name.substr(0, slash)) && PlainPart(name.substr(slash + 1)))
    return {};
  return InvalidArgument(
      fmt::format("'{}' is no name of a repository", name.substr(0, 128)),
      "NAME or OWNER/NAME of letters, digits, '-', '_' and '.', starting with a letter or digit");
}

Repositories::Repositories(RepositoryKind kind, Home& home, Admit admit)
    : kind_(kind),
      home_(home),
      admit_(std::move(admit)),
      cache_(home.CacheFolder() / "git" / fmt::format("{}s", RepositoryKindName(kind)), home.store()) {}

Status Repositories::CheckFiles(const Manifest& manifest) const {
  if (kind_ == RepositoryKind::kDataset) {
    if (manifest.Find("dataset.json") != nullptr) return {};
    return InvalidArgument("a data set's version needs the file dataset.json",
                           "import it with: sinter data add");
  }
  const bool model =
      std::ranges::any_of(manifest.files, [](const ManifestFile& f) { return f.path.ends_with(".onnx"); });
  if (model && manifest.Find("signature.json") != nullptr) return {};
  // What MLflow's clients registered: a model of theirs, or a note of where it lies.
  if (manifest.Find("MLmodel") != nullptr || manifest.Find(kModelSourceFile) != nullptr) return {};
  return InvalidArgument("a model's version needs signature.json and an .onnx file",
                         "sinter export writes both");
}

Result<RepositoryVersion> Repositories::Add(std::string_view name, const Manifest& manifest,
                                            std::string_view details, std::string_view who) {
  NewVersion version;
  version.manifest = manifest;
  version.details = details.empty() ? "{}" : details;
  return Commit(name, version, who);
}

Result<RepositoryVersion> Repositories::Commit(std::string_view name, const NewVersion& wanted,
                                               std::string_view who) {
  TRY_STATUS(CheckRepositoryName(name));
  if (wanted.branch != "main") TRY_STATUS(CheckRefName(wanted.branch));
  const SweepHold hold = home_.store().Hold();
  Manifest manifest = wanted.manifest;
  std::erase_if(manifest.files, [](const ManifestFile& file) { return file.path == kGitAttributes; });
  TRY_STATUS(CheckFiles(manifest));
  TRY_STATUS(CheckGitTree(manifest.files));
  if (admit_) TRY_STATUS(admit_(name, manifest));
  RepositoryVersion version;
  version.repository = name;
  TRY(version.details, CanonicalObject("details", wanted.details));
  TRY(version.id, PutManifest(home_.store(), manifest));
  version.bytes = BytesOf(manifest);
  version.created_by = who;
  const std::string ref = std::string(kBranches) + wanted.branch;
  // Again where somebody else moved the branch meanwhile; each time one of the two wins, so this ends.
  while (true) {
    TRY(const Head head, ReadHead(name, ref));
    if (!head.ref && wanted.branch != "main")
      return NotFound(fmt::format("{} '{}' has no branch {}", RepositoryKindName(kind_), name, wanted.branch),
                      "make it first: sinter " + std::string(RepositoryKindName(kind_)) + " branch");
    if (wanted.parent && (!head.ref || *wanted.parent != head.commit)) {
      return Error{ErrorCode::kConflict,
                   fmt::format("{} of {} stands at {}, not at {}", wanted.branch, name,
                               head.ref ? head.commit.Short() : "nothing", wanted.parent->Short()),
                   "look at what was added meanwhile, and try again"};
    }
    NewGitCommit commit{&manifest, {}, std::string(who), home_.clock().UnixMillis(), wanted.message};
    if (commit.message.empty())
      commit.message =
          head.is_main() ? fmt::format("Version {}", head.latest + 1) : "Update " + wanted.branch;
    if (head.ref) {
      TRY(RepositoryVersion now, GetCommit(name, head.commit));
      if (now.id == version.id && now.removed.empty() && !wanted.even_if_same) {
        if (head.is_main()) now.number = head.latest;
        return now;
      }
      commit.parents.push_back(head.commit);
    }
    TRY(const WrittenGitCommit written, WithGit<WrittenGitCommit>(name, [&](const Path& folder) {
          return WriteGitCommit(folder, home_.store(), commit);
        }));
    version.commit = written.commit;
    version.created_ms = commit.at_ms;
    auto moved = Move(head, version, written.pack, who);
    if (moved) RepackIfMany(name);
    if (moved || !Lost(moved.error())) return moved;
  }
}

Result<RepositoryVersion> Repositories::Accept(std::string_view name, std::span<const std::byte> pack,
                                               const GitId& commit, std::string_view branch,
                                               const std::optional<GitId>& parent, std::string_view who) {
  TRY_STATUS(CheckRepositoryName(name));
  if (branch != "main") TRY_STATUS(CheckRefName(branch));
  TRY(const Head head, ReadHead(name, std::string(kBranches) + std::string(branch)));
  if (head.ref.has_value() != parent.has_value() || (parent && head.commit != *parent)) {
    return Error{
        ErrorCode::kConflict,
        fmt::format("{} of {} stands at {}", branch, name, head.ref ? head.commit.Short() : "nothing"),
        "fetch it, and build on it"};
  }
  if (!head.repository && !head.is_main())
    return NotFound(fmt::format("there is no {} '{}'", RepositoryKindName(kind_), name), "push main first");
  if (!head.ref && !head.is_main()) TRY_STATUS(CheckNewRef(head));
  const SweepHold hold = home_.store().Hold();
  TRY(const PushedCommit pushed, WithGit<PushedCommit>(name, [&](const Path& folder) {
        return ReadPush(folder, home_.store(), pack, commit);
      }));
  const Manifest& manifest = pushed.manifest;
  TRY_STATUS(CheckFiles(manifest));
  if (admit_) TRY_STATUS(admit_(name, manifest));
  RepositoryVersion version;
  version.repository = name;
  version.commit = commit;
  version.details = "{}";
  version.bytes = BytesOf(manifest);
  version.created_ms = home_.clock().UnixMillis();
  version.created_by = who;
  TRY(version.id, PutManifest(home_.store(), manifest));
  return Move(head, version, pushed.pack, who);
}

Result<GitState> Repositories::State(std::string_view name) {
  GitState state;
  TRY(const auto packs, ListParts(home_.records(), PackKind(kind_), name));
  for (const Record& record : packs) {
    TRY(const GitPack pack, ReadPack(name, record));
    state.packs.push_back(pack);
  }
  TRY(const auto refs, ListParts(home_.records(), RefKind(kind_), name));
  for (const Record& record : refs) {
    TRY(const GitId target, ReadTarget(record, "target"));
    state.refs.push_back({std::string(PartOf(name, record)), target});
  }
  return state;
}

Status Repositories::Repack(std::string_view name) {
  TRY(std::vector<Record> records, ListParts(home_.records(), PackKind(kind_), name));
  if (records.size() < 2) return {};
  constexpr size_t kMostAtOnce = 900;  // of a transaction's writes; the others go the next time
  if (records.size() > kMostAtOnce) records.resize(kMostAtOnce);
  const SweepHold hold = home_.store().Hold();
  TRY(const GitPack pack, WithGit<GitPack>(name, [&](const Path& folder) -> Result<GitPack> {
        TRY(const auto scratch, ScratchFolder::Create());
        TRY(const PackFiles files, PackAll(folder, scratch->path()));
        return StorePack(home_.store(), files);
      }));
  std::vector<RecordWrite> writes;
  writes.reserve(records.size() + 1);
  for (const Record& record : records) writes.push_back(RecordWrite::Delete(record));
  writes.push_back(RecordWrite::Create(PackKind(kind_), PartName(name, pack.name.Hex()), PackSpecText(pack)));
  TRY_STATUS(home_.records().Apply(writes, "repack"));
  return {};
}

// The version is there whatever comes of it; the next one tries again.
void Repositories::RepackIfMany(std::string_view name) {
  const auto packs = ListParts(home_.records(), PackKind(kind_), name);
  if (packs && packs->size() >= kMostPacks) (void)Repack(name);
}

Result<Path> Repositories::GitFolder(std::string_view name) {
  TRY_STATUS(CheckRepositoryName(name));
  TRY_STATUS(home_.records().Get(RepositoryKindName(kind_), name));
  return WithGit<Path>(name, [](const Path& folder) -> Result<Path> { return folder; });
}

Result<std::vector<GitLogEntry>> Repositories::Log(const RepositoryVersion& version, size_t skip,
                                                   size_t limit) {
  return WithGit<std::vector<GitLogEntry>>(
      version.repository, [&](const Path& folder) { return GitLog(folder, version.commit, skip, limit); });
}

}  // namespace sinter
