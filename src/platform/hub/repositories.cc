#include "platform/hub/repositories.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

// Numbers are padded, so that versions list in their order.
std::string VersionName(std::string_view name, int64_t number) {
  return fmt::format("{}@{:09}", name, number);
}

Result<RepositoryVersion> ReadVersion(const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, record.name);
  RepositoryVersion version;
  version.repository = reader.String("repository");
  version.number = reader.Int("number");
  const auto id = ParseSha256(reader.String("id"));
  version.details = reader.Object("details").dump();
  version.bytes = static_cast<uint64_t>(reader.Int("bytes"));
  version.created_ms = record.created_ms;
  version.created_by = record.created_by;
  TRY_STATUS(reader.Finish());
  if (!id) return Corrupt(fmt::format("{}: its id is no sha256", record.name));
  version.id = *id;
  return version;
}

Result<RepositoryInfo> ReadRepository(const Record& record) {
  TRY(const Json status, ParseJson(record.status));
  JsonReader reader(status, record.name);
  RepositoryInfo info{record.name, reader.Int("latest"), record.created_ms, record.updated_ms,
                      record.created_by};
  TRY_STATUS(reader.Finish());
  return info;
}

bool PlainPart(std::string_view part) {
  auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !part.empty() && part.size() <= 96 && alphanumeric(part.front()) && !part.ends_with(".git") &&
         part.find("..") == part.npos && std::ranges::all_of(part, [&](char c) {
           return alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string_view RepositoryKindName(RepositoryKind kind) {
  return kind == RepositoryKind::kDataset ? "dataset" : "model";
}

std::string RepositoryVersion::Ref() const { return fmt::format("{}@{}", repository, number); }

Status CheckRepositoryName(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == name.npos ? PlainPart(name)
                         : PlainPart(name.substr(0, slash)) && PlainPart(name.substr(slash + 1)))
    return {};
  return InvalidArgument(
      fmt::format("'{}' is no name of a repository", name.substr(0, 128)),
      "NAME or OWNER/NAME of letters, digits, '-', '_' and '.', starting with a letter or digit");
}

std::string Repositories::VersionKind() const { return fmt::format("{}_version", RepositoryKindName(kind_)); }

Status Repositories::CheckFiles(const Manifest& manifest) const {
  if (kind_ == RepositoryKind::kDataset) {
    if (manifest.Find("dataset.json") != nullptr) return {};
    return InvalidArgument("a data set's version needs the file dataset.json",
                           "import it with: sinter data add");
  }
  const bool model =
      std::ranges::any_of(manifest.files, [](const ManifestFile& f) { return f.path.ends_with(".onnx"); });
  if (model && manifest.Find("signature.json") != nullptr) return {};
  return InvalidArgument("a model's version needs signature.json and an .onnx file",
                         "sinter export writes both");
}

Result<RepositoryVersion> Repositories::Add(std::string_view name, const Manifest& manifest,
                                            std::string_view details, std::string_view who) {
  TRY_STATUS(CheckRepositoryName(name));
  TRY_STATUS(CheckFiles(manifest));
  TRY(const std::string kept_details, CanonicalObject("details", details.empty() ? "{}" : details));
  TRY(const Sha256Digest id, PutManifest(store_, manifest));
  uint64_t bytes = 0;
  for (const ManifestFile& file : manifest.files) bytes += file.size;
  const std::string kind(RepositoryKindName(kind_));
  // Again where somebody else added a version meanwhile; each time one of the two wins, so this ends.
  while (true) {
    auto repository = records_.Get(kind, name);
    if (!repository && repository.error().code != ErrorCode::kNotFound) return std::move(repository).error();
    int64_t latest = 0;
    if (repository) {
      TRY(const RepositoryInfo info, ReadRepository(*repository));
      latest = info.latest;
      TRY(RepositoryVersion version, GetVersion(name, latest));
      if (version.id == id) return version;
    }
    const std::string status = Json{{"latest", latest + 1}}.dump();
    const Json spec = {{"repository", name},
                       {"number", latest + 1},
                       {"id", id.Hex()},
                       {"bytes", bytes},
                       {"details", Json::parse(kept_details)}};
    RecordWrite writes[2] = {RecordWrite::Create(kind, std::string(name), "{}", status),
                             RecordWrite::Create(VersionKind(), VersionName(name, latest + 1), spec.dump())};
    if (repository) {
      repository->status = status;
      writes[0] = RecordWrite::Update(*repository);
    }
    auto done = records_.Apply(writes, who);
    if (done) return ReadVersion(done->at(1));
    const ErrorCode code = done.error().code;
    if (code != ErrorCode::kConflict && code != ErrorCode::kAlreadyExists) return std::move(done).error();
  }
}

Result<RepositoryVersion> Repositories::GetVersion(std::string_view name, int64_t number) {
  auto record = records_.Get(VersionKind(), VersionName(name, number));
  if (!record && record.error().code == ErrorCode::kNotFound) {
    return NotFound(fmt::format("{} '{}' has no version {}", RepositoryKindName(kind_), name, number));
  }
  if (!record) return std::move(record).error();
  return ReadVersion(*record);
}

Result<RepositoryVersion> Repositories::Find(std::string_view ref) {
  const size_t at = ref.rfind('@');
  const std::string_view name = ref.substr(0, at);
  const std::string_view which = at == ref.npos ? "latest" : ref.substr(at + 1);
  TRY_STATUS(CheckRepositoryName(name));
  TRY(const Record record, records_.Get(RepositoryKindName(kind_), name));
  TRY(const RepositoryInfo info, ReadRepository(record));
  if (which == "latest") return GetVersion(name, info.latest);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), number);
  if (error == std::errc() && end == which.data() + which.size() && which.size() < 8)
    return GetVersion(name, number);
  const bool hex = which.size() >= 8 && which.size() <= 64 && std::ranges::all_of(which, [](char c) {
                     return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                   });
  if (!hex) {
    return InvalidArgument(fmt::format("'{}' names no version", which.substr(0, 80)),
                           "give a number, 'latest', or at least 8 digits of its id");
  }
  TRY(const auto versions, Versions(name));
  for (const RepositoryVersion& version : versions) {
    if (version.id.Hex().starts_with(which)) return version;
  }
  return NotFound(fmt::format("{} '{}' has no version {}", RepositoryKindName(kind_), name, which));
}

Result<std::vector<RepositoryVersion>> Repositories::Versions(std::string_view name) {
  TRY_STATUS(CheckRepositoryName(name));
  TRY_STATUS(records_.Get(RepositoryKindName(kind_), name));
  std::vector<RepositoryVersion> versions;
  RecordQuery query{.kind = VersionKind(), .prefix = fmt::format("{}@", name), .limit = 1000};
  do {
    TRY(const RecordPage page, records_.List(query));
    for (const Record& record : page.records) {
      TRY(RepositoryVersion version, ReadVersion(record));
      versions.push_back(std::move(version));
    }
    query.after = page.next;
  } while (!query.after.empty());
  std::ranges::reverse(versions);
  if (versions.size() > 1000) versions.resize(1000);
  return versions;
}

Result<RepositoryPage> Repositories::List(std::string_view after, int limit) {
  TRY(const RecordPage records,
      records_.List(
          {.kind = std::string(RepositoryKindName(kind_)), .after = std::string(after), .limit = limit}));
  RepositoryPage page{{}, records.next};
  for (const Record& record : records.records) {
    TRY(RepositoryInfo info, ReadRepository(record));
    page.repositories.push_back(std::move(info));
  }
  return page;
}

}  // namespace sinter
