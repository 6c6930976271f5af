#include "platform/hub/repository_records.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/records/each_record.h"

namespace sinter {

std::string RefKind(RepositoryKind kind) { return fmt::format("{}_ref", RepositoryKindName(kind)); }
std::string VersionKind(RepositoryKind kind) { return fmt::format("{}_version", RepositoryKindName(kind)); }
std::string CommitKind(RepositoryKind kind) { return fmt::format("{}_commit", RepositoryKindName(kind)); }
std::string PackKind(RepositoryKind kind) { return fmt::format("{}_pack", RepositoryKindName(kind)); }

std::string PartName(std::string_view repository, std::string_view part) {
  return fmt::format("{}@{}", repository, part);
}

std::string_view PartOf(std::string_view repository, const Record& record) {
  return std::string_view(record.name).substr(repository.size() + 1);
}

std::string VersionName(std::string_view repository, int64_t number) {
  return PartName(repository, fmt::format("{:09}", number));
}

Result<VersionRef> ReadVersionName(std::string_view name) {
  const size_t at = name.rfind('@');
  const std::string_view digits = at == name.npos ? std::string_view() : name.substr(at + 1);
  VersionRef ref{std::string(name.substr(0, at)), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ref.number);
  if (error != std::errc() || end != digits.data() + digits.size() || ref.number < 1)
    return InvalidArgument(fmt::format("the name of a version, '{}', has no number", name));
  return ref;
}

std::string RepositoryStatusText(int64_t latest, std::string_view removing) {
  Json status = {{"latest", latest}};
  if (!removing.empty()) status["removing"] = removing;
  return status.dump();
}

Result<RepositoryInfo> ReadRepository(const Record& record) {
  TRY(const Json status, ParseJson(record.status));
  JsonReader reader(status, record.name);
  RepositoryInfo info{record.name, reader.Int("latest"), record.created_ms, record.updated_ms,
                      record.created_by};
  reader.String("removing", "");
  TRY_STATUS(reader.Finish());
  return info;
}

std::string CommitSpecText(const RepositoryVersion& version) {
  return Json{{"repository", version.repository},
              {"commit", version.commit.Hex()},
              {"id", version.id.Hex()},
              {"bytes", version.bytes},
              {"details", Json::parse(version.details)},
              {"created_ms", version.created_ms},
              {"created_by", version.created_by}}
      .dump();
}

std::string CommitStatusText(int64_t number, std::string_view removed) {
  Json status = {{"number", number}};
  if (!removed.empty()) status["removed"] = Json::parse(removed);
  return status.dump();
}

Result<RepositoryVersion> ReadCommit(const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, record.name);
  RepositoryVersion version;
  version.repository = reader.String("repository");
  const auto commit = ParseGitId(reader.String("commit"));
  const auto id = ParseSha256(reader.String("id"));
  version.bytes = static_cast<uint64_t>(reader.Int("bytes"));
  version.details = reader.Object("details").dump();
  version.created_ms = reader.Int("created_ms");
  version.created_by = reader.String("created_by");
  if (!commit) reader.Fail("commit", "must be 40 hexadecimal digits");
  if (!id) reader.Fail("id", "must be a sha256");
  TRY_STATUS(reader.Finish());
  version.commit = *commit;
  version.id = *id;
  TRY(const Json status_json, ParseJson(record.status));
  JsonReader status(status_json, record.name);
  version.number = status.Int("number");
  if (status.Has("removed")) version.removed = status.Object("removed").dump();
  TRY_STATUS(status.Finish());
  return version;
}

std::string TargetSpecText(std::string_view field, const GitId& commit) {
  return Json{{field, commit.Hex()}}.dump();
}

Result<GitId> ReadTarget(const Record& record, std::string_view field) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, record.name);
  const auto commit = ParseGitId(reader.String(field));
  if (!commit) reader.Fail(field, "must be 40 hexadecimal digits");
  TRY_STATUS(reader.Finish());
  return *commit;
}

std::string PackSpecText(const GitPack& pack) {
  return Json{{"pack", pack.pack.Hex()},
              {"index", pack.index.Hex()},
              {"objects", pack.objects},
              {"bytes", pack.bytes}}
      .dump();
}

Result<GitPack> ReadPack(std::string_view repository, const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, record.name);
  const auto name = ParseGitId(PartOf(repository, record));
  const auto pack = ParseSha256(reader.String("pack")), index = ParseSha256(reader.String("index"));
  GitPack read;
  read.objects = static_cast<uint64_t>(reader.Int("objects"));
  read.bytes = static_cast<uint64_t>(reader.Int("bytes"));
  if (!name || !pack || !index) reader.Fail("pack", "and index must be sha256, the name a SHA-1");
  TRY_STATUS(reader.Finish());
  read.name = *name;
  read.pack = *pack;
  read.index = *index;
  return read;
}

Result<std::vector<Record>> ListParts(Records& records, const std::string& kind, std::string_view repository,
                                      std::string_view prefix) {
  std::vector<Record> all;
  const auto keep = [&](const Record& record) -> Status {
    all.push_back(record);
    return {};
  };
  TRY_STATUS(ForEachRecord(records, kind, keep, PartName(repository, prefix)));
  return all;
}

}  // namespace sinter
