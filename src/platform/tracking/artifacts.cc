#include "platform/tracking/artifacts.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/records/each_record.h"
#include "platform/tracking/record_fields.h"

namespace sinter {
namespace {

std::vector<std::string_view> Parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == path.npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

// "EXPERIMENT/RUN/artifacts/..." is of a run, "EXPERIMENT/models/MODEL/artifacts/..." of a model: the kind
// and the name of the record that owns the path.
Result<std::pair<std::string_view, std::string_view>> OwnerOf(std::string_view path) {
  const std::vector<std::string_view> parts = Parts(path);
  if (parts.size() > 4 && parts[1] == "models" && parts[3] == "artifacts")
    return std::pair(std::string_view("logged_model"), parts[2]);
  if (parts.size() > 3 && parts[1] != "models" && parts[2] == "artifacts")
    return std::pair(std::string_view("run"), parts[1]);
  return InvalidArgument(fmt::format("'{}' is no path of an artifact", path.substr(0, 200)),
                         "EXPERIMENT/RUN/artifacts/..., or EXPERIMENT/models/MODEL/artifacts/...");
}

Status CheckOwner(Records& records, std::string_view path) {
  TRY(const auto owner, OwnerOf(path));
  TRY(const Record record, records.Get(owner.first, owner.second));
  TRY(const Json spec, ParseJson(record.spec));
  const std::string experiment = spec.is_object() ? spec.value("experiment", "0") : "0";
  if (path.substr(0, path.find('/')) == experiment) return {};
  return InvalidArgument(fmt::format("{} {} is of experiment {}", owner.first, owner.second, experiment));
}

std::string SpecText(const BlobInfo& blob) {
  return Json{{"sha256", blob.digest.Hex()}, {"size", blob.size}}.dump();
}

}  // namespace

Result<ManifestFile> ReadArtifact(const Record& record) {
  TRY(const Json spec_json, ParseJson(record.spec));
  JsonReader spec(spec_json, fmt::format("spec of artifact {}", record.name));
  const auto digest = ParseSha256(spec.String("sha256"));
  const int64_t size = spec.Int("size");
  if (!digest) spec.Fail("sha256", "is no sha256");
  if (size < 0) spec.Fail("size", "must not be negative");
  TRY_STATUS(spec.Finish());
  return ManifestFile{record.name, static_cast<uint64_t>(size), *digest};
}

Status Artifacts::CheckNew(std::string_view path) {
  TRY(const std::string normal, NormalisePath(path));
  if (normal != path) return InvalidArgument(fmt::format("'{}' is no plain path", path.substr(0, 200)));
  TRY_STATUS(CheckRecordName(path));
  TRY_STATUS(CheckOwner(records_, path));
  for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const auto above = records_.Get(kArtifactKind, path.substr(0, slash));
    if (above) return InvalidArgument(fmt::format("'{}' is a file", path.substr(0, slash)));
    if (above.error().code != ErrorCode::kNotFound) return above.error();
  }
  TRY(const RecordPage below,
      records_.List(
          {.kind = std::string(kArtifactKind), .prefix = std::string(path) + "/", .after = {}, .limit = 1}));
  if (!below.records.empty()) return InvalidArgument(fmt::format("'{}' is a folder", path));
  return {};
}

Status Artifacts::Put(std::string_view path, const BlobInfo& blob, std::string_view who) {
  TRY_STATUS(CheckNew(path));
  const SweepHold hold = store_.Hold();
  if (!store_.Use(blob.digest)) return NotFound(fmt::format("the bytes of '{}' are not here", path));
  while (true) {
    auto made = records_.Create(std::string(kArtifactKind), std::string(path), SpecText(blob), "{}", who);
    if (made) return {};
    if (made.error().code != ErrorCode::kAlreadyExists) return std::move(made).error();
    auto changed = records_.Update(kArtifactKind, path, who, [&](Record& record) -> Status {
      record.spec = SpecText(blob);
      return {};
    });
    if (changed) return {};
    if (changed.error().code != ErrorCode::kNotFound) return std::move(changed).error();
  }
}

Result<std::vector<ManifestFile>> Artifacts::RegistryTree(std::string_view path) {
  // registry/REPOSITORY/NUMBER or registry/OWNER/NAME/NUMBER, and what is within it.
  const std::vector<std::string_view> parts = Parts(path);
  for (const size_t number_at : {size_t{2}, size_t{3}}) {
    if (parts.size() <= number_at) break;
    const std::string_view digits = parts[number_at];
    int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number < 1) continue;
    std::string repository(parts[1]);
    if (number_at == 3) repository += fmt::format("/{}", parts[2]);
    const auto version = models_.Find(fmt::format("{}@{}", repository, number));
    // Of OWNER/NAME the name may be digits.
    if (!version && version.error().code == ErrorCode::kNotFound && parts.size() > number_at + 1) continue;
    if (!version) return version.error();
    TRY(const Manifest manifest, models_.ManifestOf(*version));
    const size_t after = parts[0].size() + 1 + repository.size() + 1 + digits.size();
    const std::string_view folder = after < path.size() ? path.substr(after + 1) : std::string_view();
    std::vector<ManifestFile> files;
    for (const ManifestFile& file : manifest.files) {
      if (folder.empty()) {
        files.push_back(file);
      } else if (file.path.starts_with(folder) && file.path.size() > folder.size() &&
                 file.path[folder.size()] == '/') {
        files.push_back({file.path.substr(folder.size() + 1), file.size, file.sha256});
      } else if (file.path == folder) {
        files.push_back({"", file.size, file.sha256});  // the path is a file
      }
    }
    return files;
  }
  return NotFound(fmt::format("'{}' is no version of a model", path.substr(0, 200)));
}

Result<ManifestFile> Artifacts::Get(std::string_view path) {
  if (path.starts_with("registry/")) {
    TRY(const auto files, RegistryTree(path));
    if (files.size() == 1 && files.front().path.empty())
      return ManifestFile{std::string(path), files.front().size, files.front().sha256};
    return NotFound(fmt::format("there is no artifact '{}'", path.substr(0, 200)));
  }
  const auto record = CheckRecordName(path) ? records_.Get(kArtifactKind, path) : NotFound("");
  if (record) return ReadArtifact(*record);
  if (record.error().code != ErrorCode::kNotFound) return record.error();
  return NotFound(fmt::format("there is no artifact '{}'", path.substr(0, 200)));
}

Result<std::vector<ManifestFile>> Artifacts::Tree(std::string_view folder) {
  std::vector<ManifestFile> files;
  if (folder.starts_with("registry/")) {
    TRY(files, RegistryTree(folder));
    std::erase_if(files, [](const ManifestFile& file) { return file.path.empty(); });
    return files;
  }
  const std::string prefix = std::string(folder) + "/";
  const auto keep = [&](const Record& record) -> Status {
    TRY(ManifestFile file, ReadArtifact(record));
    file.path = file.path.substr(prefix.size());
    files.push_back(std::move(file));
    return {};
  };
  TRY_STATUS(ForEachRecord(records_, kArtifactKind, keep, prefix));
  return files;
}

Result<std::vector<ArtifactEntry>> Artifacts::List(std::string_view folder) {
  TRY(const auto files, Tree(folder));
  std::vector<ArtifactEntry> entries;
  for (const ManifestFile& file : files) {
    const size_t slash = file.path.find('/');
    const bool inside = slash != file.path.npos;
    const std::string name = file.path.substr(0, slash);
    if (!entries.empty() && entries.back().name == name) continue;  // files come by path
    entries.push_back({name, inside, inside ? 0 : file.size});
  }
  std::ranges::sort(entries, {}, &ArtifactEntry::name);
  const auto twice = std::ranges::unique(entries, {}, &ArtifactEntry::name);
  entries.erase(twice.begin(), twice.end());
  return entries;
}

Status Artifacts::Delete(std::string_view path, std::string_view who) {
  TRY_STATUS(CheckRecordName(path));
  TRY_STATUS(OwnerOf(std::string(path) + "/"));  // nothing above a run's or a model's own folder
  std::vector<Record> found;
  if (auto record = records_.Get(kArtifactKind, path)) found.push_back(*std::move(record));
  const auto keep = [&](const Record& record) -> Status {
    found.push_back(record);
    return {};
  };
  TRY_STATUS(ForEachRecord(records_, kArtifactKind, keep, std::string(path) + "/"));
  constexpr size_t kAtOnce = 500;
  for (size_t at = 0; at < found.size(); at += kAtOnce) {
    std::vector<RecordWrite> writes;
    for (size_t i = at; i < std::min(found.size(), at + kAtOnce); ++i)
      writes.push_back(RecordWrite::Delete(found[i]));
    TRY_STATUS(records_.Apply(writes, who));
  }
  return {};
}

}  // namespace sinter
