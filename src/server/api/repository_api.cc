#include "server/api/repository_api.h"

#include <nlohmann/json.hpp>

#include "platform/data/dataset_version.h"

namespace sinter {

Json VersionJson(const RepositoryVersion& version) {
  return {{"name", version.repository},
          {"ref", version.Ref()},
          {"number", version.number},
          {"id", version.id.Hex()},
          {"commit", version.commit.Hex()},
          {"bytes", version.bytes},
          {"details", Json::parse(version.details, nullptr, false)},
          {"created_ms", version.created_ms},
          {"created_by", version.created_by}};
}

Result<Json> ListRepositories(Platform& platform, RepositoryKind kind, std::string_view after, int limit) {
  TRY(const RepositoryPage page, platform.repositories(kind).List(after, limit));
  Json items = Json::array();
  for (const RepositoryInfo& info : page.repositories) {
    items.push_back({{"name", info.name},
                     {"latest", info.latest},
                     {"created_ms", info.created_ms},
                     {"updated_ms", info.updated_ms},
                     {"created_by", info.created_by}});
  }
  return Json{{"items", std::move(items)}, {"next", page.next}};
}

Result<Json> ListVersions(Platform& platform, RepositoryKind kind, std::string_view name) {
  TRY(const auto versions, platform.repositories(kind).Versions(name));
  Json items = Json::array();
  for (const RepositoryVersion& version : versions) items.push_back(VersionJson(version));
  return Json{{"items", std::move(items)}};
}

Result<Json> ShowVersion(Platform& platform, RepositoryKind kind, std::string_view ref) {
  TRY(const RepositoryVersion version, platform.repositories(kind).Find(ref));
  TRY(const Manifest manifest, platform.repositories(kind).ManifestOf(version));
  Json json = VersionJson(version);
  TRY(json["manifest"], ParseJson(ManifestText(manifest)));
  return json;
}

Result<Json> AddVersion(Platform& platform, RepositoryKind kind, std::string_view name, const Json& body,
                        std::string_view who) {
  JsonReader reader(body, "version");
  const Json& manifest_json = reader.Object("manifest");
  const std::string details = reader.OptionalObject("details").dump();
  TRY_STATUS(reader.Finish());
  // A dump of what was parsed is in canonical order: the sender's spaces and order do not matter here.
  TRY(const Manifest manifest, ParseManifest(manifest_json.dump()));
  if (kind == RepositoryKind::kDataset) {
    // What cannot be read later is refused now. The manifest must be in the store to be opened; one that is
    // then refused is a blob that no version names.
    TRY(const Sha256Digest id, PutManifest(platform.store(), manifest));
    TRY_STATUS(DatasetVersion::Open(platform.store(), id));
  }
  TRY(const RepositoryVersion version, platform.repositories(kind).Add(name, manifest, details, who));
  return VersionJson(version);
}

}  // namespace sinter
