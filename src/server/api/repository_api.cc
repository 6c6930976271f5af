#include "server/api/repository_api.h"

#include <nlohmann/json.hpp>

#include "platform/data/dataset_version.h"
#include "platform/hub/card.h"

namespace sinter {
namespace {

constexpr size_t kLongestMessage = 64 << 10;

}  // namespace

Json VersionJson(const RepositoryVersion& version) {
  return {{"name", version.repository},
          {"ref", version.Ref()},
          {"number", version.number},
          {"id", version.id.Hex()},
          {"commit", version.commit.Hex()},
          {"bytes", version.bytes},
          {"details", Json::parse(version.details, nullptr, false)},
          {"created_ms", version.created_ms},
          {"created_by", version.created_by},
          {"removed", version.removed.empty() ? Json() : Json::parse(version.removed, nullptr, false)}};
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

namespace {

// What the card says, or why it cannot be read: a bad card is no reason to hide the version.
Json CardOf(const BlobStore& store, const Manifest& manifest) {
  const ManifestFile* file = manifest.Find(kCardFile);
  if (file == nullptr) return nullptr;
  const auto text = store.ReadText(file->sha256, kCardLimit);
  if (!text) return {{"problem", text.error().message}};
  const auto card = ParseCard(*text);
  if (!card) return {{"problem", card.error().message}};
  Json metrics = Json::array();
  for (const CardMetric& metric : card->metrics)
    metrics.push_back({{"name", metric.name}, {"value", metric.value}});
  return {{"task", card->task}, {"license", card->license},   {"library", card->library},
          {"tags", card->tags}, {"datasets", card->datasets}, {"metrics", std::move(metrics)},
          {"body", card->body}};
}

}  // namespace

Result<Json> ShowVersion(Platform& platform, RepositoryKind kind, std::string_view ref) {
  TRY(const RepositoryVersion version, platform.repositories(kind).Find(ref));
  TRY(const Manifest manifest, platform.repositories(kind).ManifestOf(version));
  Json json = VersionJson(version);
  TRY(json["manifest"], ParseJson(ManifestText(manifest)));
  json["card"] = CardOf(platform.store(), manifest);
  return json;
}

Result<Json> AddVersion(Platform& platform, RepositoryKind kind, std::string_view name, const Json& body,
                        std::string_view who) {
  JsonReader reader(body, "version");
  const Json& manifest_json = reader.Object("manifest");
  NewVersion wanted;
  wanted.details = reader.OptionalObject("details").dump();
  wanted.message = reader.String("message", "");
  wanted.branch = reader.String("branch", "main");
  if (reader.Has("parent")) wanted.parent = ParseGitId(reader.String("parent"));
  if (reader.Has("parent") && !wanted.parent) reader.Fail("parent", "must be 40 hexadecimal digits");
  if (wanted.message.size() > kLongestMessage) reader.Fail("message", "must be 64 KiB at most");
  TRY_STATUS(reader.Finish());
  // A dump of what was parsed is in canonical order: the sender's spaces and order do not matter here.
  TRY(wanted.manifest, ParseManifest(manifest_json.dump()));
  if (kind == RepositoryKind::kDataset) {
    // What cannot be read later is refused now. The manifest must be in the store to be opened; one that is
    // then refused is a blob that no version names.
    TRY(const Sha256Digest id, PutManifest(platform.store(), wanted.manifest));
    TRY_STATUS(DatasetVersion::Open(platform.store(), id));
  }
  TRY(const RepositoryVersion version, platform.repositories(kind).Commit(name, wanted, who));
  return VersionJson(version);
}

}  // namespace sinter
