// What is asked of a repository as git: its refs, its history, what changed.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/version_diff.h"
#include "server/api/repository_api.h"

namespace sinter {
namespace {

Json FileJson(const std::optional<ManifestFile>& file) {
  if (!file) return nullptr;
  return {{"size", file->size}, {"sha256", file->sha256.Hex()}};
}

Result<std::optional<GitId>> ExpectedCommit(std::string_view text) {
  if (text.empty()) return std::optional<GitId>();
  const auto id = ParseGitId(text);
  if (!id) return InvalidArgument("expected: must be a commit, 40 hexadecimal digits");
  return id;
}

}  // namespace

Result<Json> ShowLog(Platform& platform, RepositoryKind kind, std::string_view ref, int64_t skip,
                     int64_t limit) {
  TRY(const RepositoryVersion version, platform.repositories(kind).Find(ref));
  TRY(const auto log,
      platform.repositories(kind).Log(version, static_cast<size_t>(skip), static_cast<size_t>(limit)));
  Json items = Json::array();
  for (const GitLogEntry& entry : log) {
    Json parents = Json::array();
    for (const GitId& parent : entry.parents) parents.push_back(parent.Hex());
    items.push_back({{"commit", entry.commit.Hex()},
                     {"parents", std::move(parents)},
                     {"author", entry.author},
                     {"at_ms", entry.at_ms},
                     {"message", entry.message}});
  }
  return Json{{"items", std::move(items)}};
}

Result<Json> ShowDiff(Platform& platform, RepositoryKind kind, std::string_view from, std::string_view to) {
  if (to.empty()) return InvalidArgument("say with which version to compare: ?to=");
  Repositories& repositories = platform.repositories(kind);
  TRY(const RepositoryVersion a, repositories.Find(from));
  TRY(const RepositoryVersion b,
      repositories.Find(to.starts_with('@') ? a.repository + std::string(to) : std::string(to)));
  TRY(const Manifest before, repositories.ManifestOf(a));
  TRY(const Manifest after, repositories.ManifestOf(b));
  TRY(const auto changes, DiffVersions(platform.store(), before, after));
  Json files = Json::array();
  for (const FileChange& change : changes) {
    files.push_back({{"path", change.path},
                     {"change", !change.before ? "added" : (!change.after ? "removed" : "changed")},
                     {"before", FileJson(change.before)},
                     {"after", FileJson(change.after)},
                     {"text", change.text}});
  }
  return Json{{"from", VersionJson(a)}, {"to", VersionJson(b)}, {"files", std::move(files)}};
}

Result<Json> ListRefs(Platform& platform, RepositoryKind kind, std::string_view name) {
  TRY(const auto refs, platform.repositories(kind).Refs(name));
  Json items = Json::array();
  for (const RepositoryRef& ref : refs) {
    items.push_back({{"name", ref.name},
                     {"commit", ref.commit.Hex()},
                     {"updated_ms", ref.updated_ms},
                     {"updated_by", ref.updated_by}});
  }
  return Json{{"items", std::move(items)}};
}

Result<Json> SetRef(Platform& platform, RepositoryKind kind, std::string_view name, std::string_view ref,
                    const Json& body, std::string_view who) {
  JsonReader reader(body, "ref");
  const std::string at = reader.String("at"), expected = reader.String("expected", "");
  TRY_STATUS(reader.Finish());
  TRY(const auto commit, ExpectedCommit(expected));
  TRY(const RepositoryVersion version, platform.repositories(kind).SetRef(name, ref, at, commit, who));
  return VersionJson(version);
}

Result<Json> DeleteRef(Platform& platform, RepositoryKind kind, std::string_view name, std::string_view ref,
                       std::string_view expected, std::string_view who) {
  TRY(const auto commit, ExpectedCommit(expected));
  TRY_STATUS(platform.repositories(kind).DeleteRef(name, ref, commit, who));
  return Json::object();
}

}  // namespace sinter
