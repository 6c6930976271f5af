// Versions of registered models: the hub's, and what MLflow's clients say about them.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/repository_records.h"
#include "platform/records/each_record.h"
#include "platform/tracking/model_registry.h"
#include "platform/tracking/record_fields.h"
#include "platform/tracking/registry_entries.h"
#include "platform/tracking/registry_index.h"
#include "platform/tracking/search_page.h"
#include "platform/tracking/tracked_runs.h"

namespace sinter {
namespace {

constexpr size_t kMostTags = 1'000;
constexpr std::string_view kStages[] = {"None", "Staging", "Production", "Archived"};
constexpr std::string_view kNumbers[] = {"version_number", "creation_timestamp", "last_updated_timestamp"};
constexpr std::string_view kTexts[] = {"name", "run_id", "source_path"};
constexpr std::string_view kSorted[] = {"name", "version_number", "creation_timestamp",
                                        "last_updated_timestamp"};
constexpr SearchFields kFields{kNumbers, kTexts, kSorted, {}, false, false, true, false};

Error NoVersion(std::string_view name, int64_t version) {
  return NotFound(fmt::format("Model Version (name={}, version={}) not found", name.substr(0, 200), version));
}

std::string RegistryUri(std::string_view repository, int64_t version) {
  return fmt::format("mlflow-artifacts:/{}/{}/{}", kRegistryFolder, repository, version);
}

std::string TextOf(const Json& object, std::string_view field) {
  if (!object.is_object()) return "";
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

// A version under the name of the model that has its repository now.
struct Found {
  const std::string* name;
  const ModelVersion* version;
};

SearchValue ValueOf(const Found& found, const SearchKey& key) {
  const ModelVersion& version = *found.version;
  if (key.entity == SearchEntity::kTag) {
    const auto at = version.tags.find(key.key);
    if (at != version.tags.end()) return at->second;
    return key.key == "mlflow.prompt.is_prompt" ? SearchValue(std::string("false")) : SearchValue();
  }
  if (key.key == "name") return *found.name;
  if (key.key == "run_id") return version.run_id.empty() ? SearchValue() : SearchValue(version.run_id);
  if (key.key == "source_path") return version.source;
  if (key.key == "version_number") return static_cast<double>(version.version);
  if (key.key == "creation_timestamp") return static_cast<double>(version.created_ms);
  return static_cast<double>(version.updated_ms);
}

// The path below "mlflow-artifacts:/" that a URI names, whichever way it is written; empty: none of ours.
std::string_view ArtifactPath(std::string_view uri) {
  constexpr std::string_view kScheme = "mlflow-artifacts:", kProxy = "/mlflow-artifacts/artifacts/";
  if (uri.starts_with(kScheme)) {
    uri.remove_prefix(kScheme.size());
    if (uri.starts_with("//")) {  // a host, or none
      const size_t slash = uri.find('/', 2);
      uri = slash == uri.npos ? std::string_view() : uri.substr(slash);
    }
  } else if (const size_t at = uri.find(kProxy); uri.starts_with("http") && at != uri.npos) {
    uri.remove_prefix(at + kProxy.size() - 1);
  } else {
    return {};
  }
  while (uri.starts_with('/')) uri.remove_prefix(1);
  while (uri.ends_with('/')) uri.remove_suffix(1);
  return uri;
}

}  // namespace

// The files that a source names, with paths within it; none where they are elsewhere.
Result<std::vector<ManifestFile>> ModelRegistry::FilesOf(std::string_view source) {
  if (const std::string_view path = ArtifactPath(source); !path.empty()) {
    TRY(const std::string normal, NormalisePath(path));
    auto files = artifacts_.Tree(normal);
    if (!files && files.error().code == ErrorCode::kNotFound) return std::vector<ManifestFile>();
    return files;
  }
  if (source.starts_with("runs:/")) {
    std::string_view rest = source.substr(6);
    while (rest.ends_with('/')) rest.remove_suffix(1);
    const size_t slash = rest.find('/');
    const auto run = records_.Get("run", rest.substr(0, slash));
    if (!run || slash == rest.npos) return std::vector<ManifestFile>();
    TRY(const RunInfo info, ReadRun(*run));
    return artifacts_.Tree(
        fmt::format("{}/{}/artifacts/{}", info.tracking.experiment, info.id, rest.substr(slash + 1)));
  }
  if (source.starts_with("models:/")) {
    const std::string_view rest = source.substr(8);
    const size_t slash = rest.find('/');
    if (slash == rest.npos) {
      const auto model = records_.Get("logged_model", rest);
      if (!model) return std::vector<ManifestFile>();
      TRY(const Json spec, ParseJson(model->spec));
      return artifacts_.Tree(ArtifactPath(TextOf(spec, "artifact_uri")));
    }
    TRY(const Entry entry, Find(rest.substr(0, slash)));
    return artifacts_.Tree(
        fmt::format("{}/{}/{}", kRegistryFolder, entry.repository, rest.substr(slash + 1)));
  }
  return std::vector<ManifestFile>();
}

Result<std::vector<ModelVersion>> ModelRegistry::VersionsOf(const Entry& entry) {
  TRY(auto versions, RepositoryVersions(entry.repository));
  std::erase_if(versions, [&](const ModelVersion& version) { return version.version < entry.first; });
  for (ModelVersion& version : versions) version.name = entry.name;
  return versions;
}

Result<std::vector<ModelVersion>> ModelRegistry::RepositoryVersions(const std::string& repository) {
  auto committed = models_.Versions(repository);
  if (!committed && committed.error().code == ErrorCode::kNotFound) return std::vector<ModelVersion>();
  if (!committed) return std::move(committed).error();
  std::map<std::string, Record> said;
  const auto keep = [&](const Record& record) -> Status {
    said.emplace(record.name, record);
    return {};
  };
  TRY_STATUS(ForEachRecord(records_, kRegisteredVersionKind, keep, PartName(repository, "")));
  std::map<GitId, std::vector<std::string>> aliases;
  TRY(const auto refs, models_.Refs(repository));
  for (const RepositoryRef& ref : refs) {
    if (ref.name.starts_with(kTags)) aliases[ref.commit].push_back(ref.name.substr(kTags.size()));
  }
  std::vector<ModelVersion> versions;
  for (const RepositoryVersion& one : *committed) {
    ModelVersion v;
    v.name = repository;
    v.version = one.number;
    v.commit = one.commit;
    v.manifest = one.id;
    v.created_ms = v.updated_ms = one.created_ms;
    v.created_by = one.created_by;
    const Json details = Json::parse(one.details, nullptr, false);
    const Json mlflow = details.is_object() ? details.value("mlflow", Json::object()) : Json::object();
    v.source = TextOf(mlflow, "source");
    if (v.source.empty()) v.source = RegistryUri(repository, one.number);
    v.run_id = TextOf(details, "run");
    v.run_link = TextOf(mlflow, "run_link");
    v.model_id = TextOf(mlflow, "model_id");
    v.description = TextOf(mlflow, "description");
    if (mlflow.is_object() && mlflow.contains("tags")) {
      JsonReader reader(mlflow, "details");
      v.tags = ReadTags(reader, "tags");
    }
    if (const auto at = said.find(VersionName(repository, one.number)); at != said.end()) {
      TRY(const Json status_json, ParseJson(at->second.status));
      JsonReader status(status_json, fmt::format("status of {}", at->first));
      v.description = status.String("description");
      v.stage = status.String("stage");
      v.tags = ReadTags(status, "tags");
      const bool deleted = status.Bool("deleted", false);
      TRY_STATUS(status.Finish());
      if (deleted) continue;
      v.updated_ms = at->second.updated_ms;
    }
    // Two numbers may stand for one commit, where main went back; the newest has its tags.
    if (const auto at = aliases.find(one.commit); at != aliases.end()) {
      v.aliases = std::move(at->second);
      std::ranges::sort(v.aliases);
      aliases.erase(at);
    }
    versions.push_back(std::move(v));
  }
  return versions;
}

Result<std::vector<ModelVersion>> ModelRegistry::Versions(std::string_view name) {
  TRY(const Entry entry, Find(name));
  return VersionsOf(entry);
}

Result<ModelVersion> ModelRegistry::GetVersion(std::string_view name, int64_t version) {
  auto versions = Versions(name);
  if (!versions && versions.error().code == ErrorCode::kNotFound) return NoVersion(name, version);
  if (!versions) return std::move(versions).error();
  for (ModelVersion& one : *versions) {
    if (one.version == version) return std::move(one);
  }
  return NoVersion(name, version);
}

Result<ModelVersion> ModelRegistry::CreateVersion(const NewModelVersion& wanted, std::string_view who) {
  TRY(const Entry entry, Find(wanted.name));
  if (wanted.source.empty()) return InvalidArgument("Missing value for required parameter 'source'.");
  if (wanted.tags.size() > kMostTags) return InvalidArgument("a version has 1,000 tags at most");
  TRY(std::vector<ManifestFile> files, FilesOf(wanted.source));
  std::erase_if(files, [](const ManifestFile& file) { return file.path == kModelSourceFile; });
  const bool model = std::ranges::any_of(files, [](const auto& file) { return file.path == "MLmodel"; });
  if (!model) {
    TRY(const BlobInfo note, store_.Put(Json{{"source", wanted.source}}.dump() + "\n"));
    files.push_back({std::string(kModelSourceFile), note.size, note.digest});
  }
  NewVersion version;
  TRY(version.manifest, Manifest::Make(std::move(files)));
  version.even_if_same = true;
  Json details = {{"mlflow",
                   {{"source", wanted.source},
                    {"run_link", wanted.run_link},
                    {"model_id", wanted.model_id},
                    {"description", wanted.description},
                    {"tags", TagsJson(wanted.tags)}}}};
  // Under the name that lineage follows.
  if (!wanted.run_id.empty()) details["run"] = wanted.run_id;
  version.details = details.dump();
  TRY(const RepositoryVersion made, models_.Commit(entry.repository, version, who));
  return GetVersion(wanted.name, made.number);
}

Result<ModelVersion> ModelRegistry::ChangeVersion(std::string_view name, int64_t number, std::string_view who,
                                                  const std::function<Status(Said&)>& change) {
  TRY(const Entry entry, Find(name));
  const std::string record_name = VersionName(entry.repository, number);
  while (true) {
    auto record = records_.Get(kRegisteredVersionKind, record_name);
    if (!record && record.error().code != ErrorCode::kNotFound) return std::move(record).error();
    TRY(ModelVersion now, GetVersion(name, number));
    Said said{now.description, now.stage, now.tags, false};
    TRY_STATUS(change(said));
    if (said.tags.size() > kMostTags) return InvalidArgument("a version has 1,000 tags at most");
    const std::string status = Json{
        {"description", said.description},
        {"stage", said.stage},
        {"tags", TagsJson(said.tags)},
        {"deleted", said.deleted}}.dump();
    RecordWrite write = RecordWrite::Create(std::string(kRegisteredVersionKind), record_name, "{}", status);
    if (record) {
      record->status = status;
      write = RecordWrite::Update(*record);
    }
    const auto done = records_.Apply({&write, 1}, who);
    if (done && said.deleted) return now;
    if (done) return GetVersion(name, number);
    if (done.error().code != ErrorCode::kConflict && done.error().code != ErrorCode::kAlreadyExists)
      return done.error();
  }
}

Result<ModelVersion> ModelRegistry::SetVersionDescription(std::string_view name, int64_t version,
                                                          std::string_view description,
                                                          std::string_view who) {
  return ChangeVersion(name, version, who, [&](Said& said) -> Status {
    said.description = description;
    return {};
  });
}

Result<ModelVersion> ModelRegistry::Transition(std::string_view name, int64_t version, std::string_view stage,
                                               bool archive_others, std::string_view who) {
  const auto same = [&](std::string_view known) {
    return std::ranges::equal(known, stage, [](char a, char b) {
      return (a | 0x20) == (b | 0x20);  // letters alone differ in that bit among the names that are known
    });
  };
  const auto* known = std::ranges::find_if(kStages, same);
  if (known == std::end(kStages))
    return InvalidArgument(fmt::format(
        "Invalid Model Version stage: {}. Value must be one of None, Staging, Production, Archived.",
        stage.substr(0, 100)));
  const bool active = *known == "Staging" || *known == "Production";
  if (archive_others && !active)
    return InvalidArgument(
        fmt::format("Model version transition cannot archive existing model versions because '{}' is not an "
                    "Active stage. Valid stages are Staging, Production",
                    *known));
  TRY(ModelVersion moved, ChangeVersion(name, version, who, [&](Said& said) -> Status {
        said.stage = *known;
        return {};
      }));
  if (!archive_others) return moved;
  TRY(const auto versions, Versions(name));
  for (const ModelVersion& other : versions) {
    if (other.version == version || other.stage != *known) continue;
    TRY_STATUS(ChangeVersion(name, other.version, who, [&](Said& said) -> Status {
      said.stage = "Archived";
      return {};
    }));
  }
  return moved;
}

Status ModelRegistry::SetVersionTag(std::string_view name, int64_t version, std::string_view key,
                                    std::string_view value, std::string_view who) {
  TRY_STATUS(ChangeVersion(name, version, who, [&](Said& said) -> Status {
    said.tags.insert_or_assign(std::string(key), std::string(value));
    return {};
  }));
  return {};
}

Status ModelRegistry::DeleteVersionTag(std::string_view name, int64_t version, std::string_view key,
                                       std::string_view who) {
  TRY_STATUS(ChangeVersion(name, version, who, [&](Said& said) -> Status {
    if (const auto at = said.tags.find(key); at != said.tags.end()) said.tags.erase(at);
    return {};
  }));
  return {};
}

Status ModelRegistry::DeleteVersion(std::string_view name, int64_t version, std::string_view who) {
  TRY(const ModelVersion now, GetVersion(name, version));
  for (const std::string& alias : now.aliases) TRY_STATUS(DeleteAlias(name, alias, who));
  TRY_STATUS(ChangeVersion(name, version, who, [&](Said& said) -> Status {
    said.deleted = true;
    return {};
  }));
  return {};
}

Result<std::string> ModelRegistry::DownloadUri(std::string_view name, int64_t number) {
  TRY(const Entry entry, Find(name));
  TRY(const ModelVersion version, GetVersion(name, number));
  TRY(const Manifest manifest, ReadManifest(store_, version.manifest));
  const bool elsewhere = manifest.files.size() == 1 && manifest.files.front().path == kModelSourceFile;
  return elsewhere ? version.source : RegistryUri(entry.repository, number);
}

Status ModelRegistry::SetAlias(std::string_view name, std::string_view alias, int64_t number,
                               std::string_view who) {
  TRY(const Entry entry, Find(name));
  TRY(const ModelVersion version, GetVersion(name, number));
  const std::string ref = std::string(kTags) + std::string(alias);
  while (true) {
    std::optional<GitId> stands;
    TRY(const auto refs, models_.Refs(entry.repository));
    for (const RepositoryRef& one : refs) {
      if (one.name == ref) stands = one.commit;
    }
    const auto set = models_.SetRef(entry.repository, ref, fmt::format("{}", version.version), stands, who);
    if (set) return {};
    const ErrorCode code = set.error().code;
    const bool raced = code == ErrorCode::kConflict || (code == ErrorCode::kAlreadyExists && !stands) ||
                       (code == ErrorCode::kNotFound && stands);
    if (!raced) return set.error();
  }
}

Status ModelRegistry::DeleteAlias(std::string_view name, std::string_view alias, std::string_view who) {
  TRY(const Entry entry, Find(name));
  Status done =
      models_.DeleteRef(entry.repository, std::string(kTags) + std::string(alias), std::nullopt, who);
  if (!done && done.error().code != ErrorCode::kNotFound) return done;
  return {};
}

Result<ModelVersion> ModelRegistry::GetByAlias(std::string_view name, std::string_view alias) {
  TRY(auto versions, Versions(name));
  for (ModelVersion& version : versions) {
    if (std::ranges::find(version.aliases, alias) != version.aliases.end()) return std::move(version);
  }
  return InvalidArgument(fmt::format("Registered model alias {} not found.", alias.substr(0, 200)));
}

Result<std::pair<std::vector<ModelVersion>, std::string>> ModelRegistry::SearchVersions(
    const RegistrySearch& search) {
  if (search.at_most < 1 || search.at_most > 200'000)
    return InvalidArgument("Invalid value for request parameter max_results. It must be at most 200000.");
  TRY(const size_t begin, ReadPageToken(search.page_token));
  TRY(const SearchFilter filter, SearchFilter::Parse(search.filter, kFields));
  TRY(const auto orders, ParseAttributeOrders(search.order_by, kFields));
  // A search for one model, which clients ask for most, looks at that one alone.
  std::vector<Entry> entries;
  const auto named = std::ranges::find_if(filter.clauses(), [](const SearchClause& clause) {
    return clause.key == SearchKey{SearchEntity::kAttribute, "name"} && clause.op == SearchOperator::kEqual;
  });
  if (named != filter.clauses().end()) {
    auto entry = Find(named->texts.front());
    if (!entry && entry.error().code != ErrorCode::kNotFound) return std::move(entry).error();
    if (entry) entries.push_back(*std::move(entry));
  } else {
    TRY(entries, AllEntries());
  }
  std::vector<ModelVersion> page;
  std::string next;
  TRY_STATUS(index_->LookAtVersions([&](const Index::Of& versions_of) -> Status {
    std::vector<Found> found;
    for (const Entry& entry : entries) {
      TRY(const std::vector<ModelVersion>* versions, versions_of(entry.repository));
      for (const ModelVersion& version : *versions) {
        if (version.version < entry.first) break;
        const Found one{&entry.name, &version};
        const auto lookup = [&](const SearchKey& key) { return std::vector<SearchValue>{ValueOf(one, key)}; };
        if (filter.Matches(lookup)) found.push_back(one);
      }
    }
    std::ranges::stable_sort(found, [&](const Found& a, const Found& b) {
      const int compared = CompareByOrders<Found>(orders, a, b, ValueOf);
      if (compared != 0) return compared < 0;
      if (orders.empty() && a.version->updated_ms != b.version->updated_ms)
        return a.version->updated_ms > b.version->updated_ms;
      return *a.name != *b.name ? *a.name < *b.name : a.version->version > b.version->version;
    });
    next = CutToPage(found, begin, search.at_most);
    page.reserve(found.size());
    for (const Found& one : found) {
      page.push_back(*one.version);
      page.back().name = *one.name;
    }
    return {};
  }));
  return std::pair(std::move(page), std::move(next));
}

}  // namespace sinter
