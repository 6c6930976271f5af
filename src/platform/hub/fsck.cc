#include "platform/hub/fsck.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "platform/hub/manifest.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr size_t kMostProblems = 1000, kMostConcerns = 100;

class Fsck {
 public:
  Fsck(Home& home, Repositories& datasets, Repositories& models, const RecordRules& rules,
       const FsckOptions& options, const FsckProgress& progress, const CancelToken& cancel)
      : home_(home),
        datasets_(datasets),
        models_(models),
        rules_(rules),
        options_(options),
        progress_(progress),
        cancel_(cancel) {}

  Result<FsckReport> Run() {
    Say("records", 0, 0);
    if (!options_.quick) {
      if (const Status sound = home_.records().CheckIntegrity(); !sound)
        Add({"database", "records", sound.error().message, {}});
    }
    TRY_STATUS(EachRecord([&](const Record& record) { return CheckRecord(record); }));
    if (!options_.quick) TRY_STATUS(ReadBlobs());
    if (!damaged_.empty()) TRY_STATUS(Blame());
    if (!options_.quick) {
      TRY_STATUS(CheckGit(datasets_, RepositoryKind::kDataset));
      TRY_STATUS(CheckGit(models_, RepositoryKind::kModel));
    }
    TRY_STATUS(BlameServices());
    return std::move(report_);
  }

 private:
  Repositories& Of(RepositoryKind kind) { return kind == RepositoryKind::kDataset ? datasets_ : models_; }
  void Say(std::string_view what, uint64_t done, uint64_t total) {
    if (progress_) progress_(what, done, total);
  }
  void Add(FsckProblem problem) {
    if (report_.problems.size() < kMostProblems) report_.problems.push_back(std::move(problem));
  }
  static void Concern(FsckProblem& problem, const std::string& label) {
    auto& all = problem.concerns;
    if (all.size() < kMostConcerns && std::ranges::find(all, label) == all.end()) all.push_back(label);
  }
  Status CheckCancelled() const {
    if (cancel_.Cancelled()) return Error{ErrorCode::kCancelled, "the check was cancelled", ""};
    return {};
  }

  Status EachRecord(const std::function<Status(const Record&)>& visit) {
    TRY(const auto kinds, home_.records().Kinds());
    for (const std::string& kind : kinds) {
      TRY_STATUS(ForEachRecord(home_.records(), kind, [&](const Record& record) -> Status {
        TRY_STATUS(CheckCancelled());
        return visit(record);
      }));
    }
    return {};
  }

  // Removed by somebody since it was listed?
  bool StillThere(const Record& record) {
    const auto now = home_.records().Get(record.kind, record.name);
    return now && now->revision == record.revision;
  }

  Status CheckRecord(const Record& record) {
    ++report_.records;
    if (rules_.Find(record.kind) == nullptr) {
      auto& kinds = report_.unknown_kinds;
      if (std::ranges::find(kinds, record.kind) == kinds.end()) kinds.push_back(record.kind);
      return {};
    }
    const std::string name = fmt::format("{} {}", record.kind, record.name);
    const auto needs = rules_.Read(record);
    if (!needs) {
      Add({"record", name, needs.error().message, {}});
      return {};
    }
    for (const auto& [kind, other] : needs->records) {
      const auto found = home_.records().Get(kind, other);
      if (found || !StillThere(record)) continue;
      if (found.error().code != ErrorCode::kNotFound) return found.error();
      Add({"reference",
           name,
           fmt::format("it names {} '{}', which is not there", kind, other),
           {needs->label}});
    }
    for (const auto& [kind, ref] : needs->versions) {
      const auto found = Of(kind).Find(ref);
      if (found || !StillThere(record)) continue;
      Add({"reference", name, found.error().message, {needs->label}});
    }
    for (const Sha256Digest& blob : needs->blobs) Expect(blob, std::nullopt);
    for (const GitPack& pack : needs->packs) {
      Expect(pack.pack, std::nullopt);
      Expect(pack.index, std::nullopt);
    }
    for (const Sha256Digest& manifest : needs->manifests) ExpectManifest(manifest);
    return {};
  }

  void Expect(const Sha256Digest& blob, std::optional<uint64_t> size) {
    const auto found = home_.store().Size(blob);
    if (!found) {
      damaged_.try_emplace(blob, found.error().code == ErrorCode::kNotFound ? "it is not in the store"
                                                                            : found.error().message);
    } else if (size && *found != *size) {
      damaged_.try_emplace(blob, fmt::format("it has {} bytes, {} are expected", *found, *size));
    }
  }

  void ExpectManifest(const Sha256Digest& id) {
    if (!manifests_.insert(id).second) return;
    Expect(id, std::nullopt);
    if (damaged_.contains(id)) return;
    const auto manifest = ReadManifest(home_.store(), id);
    if (!manifest) {
      damaged_.try_emplace(id, manifest.error().message);
      return;
    }
    for (const ManifestFile& file : manifest->files) Expect(file.sha256, file.size);
  }

  Status ReadBlobs() {
    uint64_t total = 0;
    TRY_STATUS(home_.store().ForEach([&](const BlobInfo& blob) -> Status {
      total += blob.size;
      return {};
    }));
    const auto began = std::chrono::steady_clock::now();
    return home_.store().ForEach([&](const BlobInfo& blob) -> Status {
      TRY_STATUS(CheckCancelled());
      Say("blobs", report_.bytes, total);
      ++report_.blobs;
      report_.bytes += blob.size;
      if (const Status whole = home_.store().Verify(blob.digest); !whole) {
        if (whole.error().code == ErrorCode::kNotFound) return {};  // collected meanwhile
        damaged_.try_emplace(blob.digest, whole.error().message);
      }
      if (options_.bytes_per_second > 0) {
        const std::chrono::duration<double> due(static_cast<double>(report_.bytes) /
                                                static_cast<double>(options_.bytes_per_second));
        std::this_thread::sleep_until(began +
                                      std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
      }
      return {};
    });
  }

  // Who relies on what is damaged: a second look at the records, for the few blobs that are.
  Status Blame() {
    std::map<Sha256Digest, FsckProblem> problems;
    for (const auto& [blob, message] : damaged_)
      problems[blob] = {manifests_.contains(blob) ? "manifest" : "blob", "sha256:" + blob.Hex(), message, {}};
    TRY_STATUS(EachRecord([&](const Record& record) -> Status {
      const auto needs = rules_.Read(record);
      if (!needs) return {};
      const auto blame = [&](const Sha256Digest& blob) {
        if (const auto found = problems.find(blob); found != problems.end())
          Concern(found->second, needs->label);
      };
      for (const Sha256Digest& blob : needs->blobs) blame(blob);
      for (const GitPack& pack : needs->packs) {
        blame(pack.pack);
        blame(pack.index);
      }
      for (const Sha256Digest& id : needs->manifests) {
        blame(id);
        if (damaged_.contains(id)) continue;
        const auto manifest = ReadManifest(home_.store(), id);
        if (!manifest) continue;
        for (const ManifestFile& file : manifest->files) blame(file.sha256);
      }
      return {};
    }));
    for (auto& [blob, problem] : problems) {
      if (problem.concerns.empty()) problem.message += "; nothing relies on it";
      blamed_.insert(problem.concerns.begin(), problem.concerns.end());
      Add(std::move(problem));
    }
    return {};
  }

  Status CheckGit(Repositories& repositories, RepositoryKind kind) {
    std::string after;
    do {
      TRY(const RepositoryPage page, repositories.List(after, 1000));
      for (const RepositoryInfo& info : page.repositories) {
        TRY_STATUS(CheckCancelled());
        Say(fmt::format("git {}", info.name), 0, 0);
        // Of a damaged pack git has no more to say.
        if (blamed_.contains(fmt::format("{} {}", RepositoryKindName(kind), info.name))) continue;
        const auto problems = repositories.CheckGit(info.name);
        if (!problems) {
          if (problems.error().code == ErrorCode::kNotFound) continue;  // removed meanwhile
          Add({"git",
               fmt::format("{} {}", RepositoryKindName(kind), info.name),
               problems.error().message,
               {}});
          continue;
        }
        for (const auto& [of, message] : *problems) {
          if (!blamed_.contains(of)) Add({"git", of, message, {of}});
        }
      }
      after = page.next;
    } while (!after.empty());
    return {};
  }

  // A service suffers from what its model and its golden set suffer from.
  Status BlameServices() {
    if (report_.problems.empty()) return {};
    return EachRecord([&](const Record& record) -> Status {
      const auto needs = rules_.Read(record);
      if (!needs) return {};
      for (const auto& [kind, ref] : needs->versions) {
        const auto version = Of(kind).Find(ref);
        if (!version) continue;
        for (const std::string& label :
             {fmt::format("{} {}", RepositoryKindName(kind), version->Ref()),
              fmt::format("{} {}", RepositoryKindName(kind), version->repository)}) {
          for (FsckProblem& problem : report_.problems) {
            if (std::ranges::find(problem.concerns, label) != problem.concerns.end())
              Concern(problem, needs->label);
          }
        }
      }
      return {};
    });
  }

  Home& home_;
  Repositories& datasets_;
  Repositories& models_;
  const RecordRules& rules_;
  const FsckOptions& options_;
  const FsckProgress& progress_;
  const CancelToken& cancel_;
  FsckReport report_;
  std::map<Sha256Digest, std::string> damaged_;
  std::set<std::string> blamed_;
  Sha256Set manifests_;
};

}  // namespace

Result<FsckReport> CheckHome(Home& home, Repositories& datasets, Repositories& models,
                             const RecordRules& rules, const FsckOptions& options,
                             const FsckProgress& progress, const CancelToken& cancel) {
  return Fsck(home, datasets, models, rules, options, progress, cancel).Run();
}

}  // namespace sinter
