#include "platform/tracking/model_registry.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/tracking/record_fields.h"
#include "platform/tracking/registry_entries.h"
#include "platform/tracking/registry_index.h"
#include "platform/tracking/search_page.h"
#include "platform/tracking/tracked_runs.h"

namespace sinter {
namespace {

constexpr size_t kMostTags = 1'000;
constexpr std::string_view kTexts[] = {"name"};
constexpr std::string_view kSorted[] = {"name", "creation_timestamp", "last_updated_timestamp"};
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
    {"timestamp", "last_updated_timestamp"}};
constexpr SearchFields kFields{{}, kTexts, kSorted, kSynonyms, false, false, true, false};

Error NoModel(std::string_view name) {
  return NotFound(fmt::format("Registered Model with name={} not found", name.substr(0, 200)));
}

bool IsRepositoryName(std::string_view name) {
  return name.find('/') == name.npos && CheckRepositoryName(name).has_value();
}

SearchValue ValueOf(const RegisteredModel& model, const SearchKey& key) {
  if (key.entity == SearchEntity::kTag) {
    const auto at = model.tags.find(key.key);
    if (at != model.tags.end()) return at->second;
    // Prompts are models with this tag; clients ask for those without by its being false.
    return key.key == "mlflow.prompt.is_prompt" ? SearchValue(std::string("false")) : SearchValue();
  }
  if (key.key == "name") return model.name;
  if (key.key == "creation_timestamp") return static_cast<double>(model.created_ms);
  return static_cast<double>(model.updated_ms);
}

std::string EntrySpec(std::string_view repository) { return Json{{"repository", repository}}.dump(); }

template <class Entry>
std::string EntryStatus(const Entry& e) {
  return Json{{"description", e.description},
              {"tags", TagsJson(e.tags)},
              {"deleted", e.deleted},
              {"moved", e.moved},
              {"first", e.first},
              {"created_ms", e.created_ms}}
      .dump();
}

}  // namespace

ModelRegistry::ModelRegistry(Records& records, Repositories& models, Artifacts& artifacts, BlobStore& store,
                             const Clock& clock)
    : records_(records),
      models_(models),
      artifacts_(artifacts),
      store_(store),
      clock_(clock),
      index_(std::make_unique<Index>(
          records, [this](const std::string& repository) { return RepositoryVersions(repository); })) {}

ModelRegistry::~ModelRegistry() = default;

Result<ModelRegistry::Entry> ModelRegistry::EntryHead(const Record& record) {
  TRY(Entry entry, EntryOf(record));
  entry.record.reset();
  return entry;
}

Result<ModelRegistry::Entry> ModelRegistry::EntryOf(Record record) {
  Entry e;
  e.name = record.name;
  e.updated_ms = record.updated_ms;
  e.created_by = record.created_by;
  if (record.kind != kRegisteredKind) {  // a repository that nobody registered
    e.repository = record.name;
    e.created_ms = record.created_ms;
    return e;
  }
  TRY(const Json spec_json, ParseJson(record.spec));
  JsonReader spec(spec_json, fmt::format("spec of registered model {}", e.name));
  e.repository = spec.String("repository");
  TRY_STATUS(spec.Finish());
  TRY(const Json status_json, ParseJson(record.status));
  JsonReader status(status_json, fmt::format("status of registered model {}", e.name));
  e.description = status.String("description");
  e.tags = ReadTags(status, "tags");
  e.deleted = status.Bool("deleted", false);
  e.moved = status.Bool("moved", false);
  e.first = status.Int("first");
  e.created_ms = status.Int("created_ms");
  TRY_STATUS(status.Finish());
  e.record = std::move(record);
  return e;
}

Result<std::optional<ModelRegistry::Entry>> ModelRegistry::ReadEntry(std::string_view name) {
  if (!CheckRecordName(name)) return std::optional<Entry>();
  auto record = records_.Get(kRegisteredKind, name);
  if (!record && record.error().code == ErrorCode::kNotFound && CheckRepositoryName(name))
    record = records_.Get("model", name);
  if (!record && record.error().code == ErrorCode::kNotFound) return std::optional<Entry>();
  if (!record) return std::move(record).error();
  TRY(Entry entry, EntryOf(*std::move(record)));
  return std::optional(std::move(entry));
}

// A version that came after it was deleted, by another door, shows a model again.
Result<bool> ModelRegistry::IsShown(const Entry& entry) {
  if (entry.moved || !entry.deleted) return !entry.moved;
  const auto latest = models_.Find(entry.repository);
  return latest && latest->number >= entry.first;
}

Result<ModelRegistry::Entry> ModelRegistry::Find(std::string_view name) {
  TRY(auto entry, ReadEntry(name));
  if (!entry) return NoModel(name);
  TRY(const bool shown, IsShown(*entry));
  if (!shown) return NoModel(name);
  return *std::move(entry);
}

Result<std::vector<ModelRegistry::Entry>> ModelRegistry::AllEntries() {
  TRY(std::vector<Entry> all, index_->Entries());
  std::vector<Entry> entries;
  entries.reserve(all.size());
  for (Entry& entry : all) {
    TRY(const bool shown, IsShown(entry));
    if (shown) entries.push_back(std::move(entry));
  }
  return entries;
}

RegisteredModel ModelRegistry::WithoutVersions(const Entry& entry) {
  return {entry.name, entry.repository, entry.description, entry.tags,      {},
          {},         entry.created_ms, entry.updated_ms,  entry.created_by};
}

Result<RegisteredModel> ModelRegistry::Complete(const Entry& entry) {
  RegisteredModel model = WithoutVersions(entry);
  TRY(const auto versions, VersionsOf(entry));
  for (const ModelVersion& version : versions) {
    for (const std::string& alias : version.aliases) model.aliases[alias] = version.version;
    const bool has = std::ranges::any_of(
        model.latest, [&](const ModelVersion& other) { return other.stage == version.stage; });
    if (!has) model.latest.push_back(version);
    model.updated_ms = std::max(model.updated_ms, version.created_ms);
  }
  return model;
}

Result<std::string> ModelRegistry::FreshRepository(std::string_view name) {
  std::string base(name);
  if (!IsRepositoryName(name)) {
    // A name that a repository cannot have: what is plain in it, and a hash that tells it from others.
    base = "model-";
    for (const char c : name.substr(0, 60)) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (plain || base.back() != '-') base.push_back(plain ? c : '-');
    }
    base += (base.back() == '-' ? "" : "-") + HashText(name).Hex().substr(0, 8);
  }
  for (int64_t k = 1;; ++k) {
    std::string candidate = k == 1 ? base : fmt::format("{}-{}", base, k);
    TRY(const auto entry, ReadEntry(candidate));
    if (!entry) return candidate;
  }
}

Result<RegisteredModel> ModelRegistry::Create(std::string_view name, std::string_view description,
                                              const TagMap& tags, std::string_view who) {
  TRY_STATUS(CheckRecordName(name));
  if (tags.size() > kMostTags) return InvalidArgument("a model has 1,000 tags at most");
  const auto exists = [&] {
    return Error{ErrorCode::kAlreadyExists, fmt::format("Registered Model (name={}) already exists.", name),
                 ""};
  };
  if (Find(name)) return exists();
  TRY(const auto before, ReadEntry(name));
  Entry e;
  e.name = name;
  e.description = description;
  e.tags = tags;
  e.created_ms = clock_.UnixMillis();
  if (before && !before->moved) {
    e.repository = before->repository;  // deleted once: its numbers go on
    e.first = before->first;
  } else {
    TRY(e.repository, FreshRepository(name));
  }
  std::vector<RecordWrite> writes;
  if (before && before->record) {
    Record record = *before->record;
    record.spec = EntrySpec(e.repository);
    record.status = EntryStatus(e);
    writes.push_back(RecordWrite::Update(record));
  } else {
    writes.push_back(
        RecordWrite::Create(std::string(kRegisteredKind), e.name, EntrySpec(e.repository), EntryStatus(e)));
  }
  if (e.repository != name) {
    // So that the repository is not taken for a model that nobody registered.
    Entry claimed;
    claimed.deleted = claimed.moved = true;
    writes.push_back(RecordWrite::Create(std::string(kRegisteredKind), e.repository, EntrySpec(e.repository),
                                         EntryStatus(claimed)));
  }
  const auto made = records_.Apply(writes, who);
  if (!made && made.error().code == ErrorCode::kAlreadyExists) return exists();
  if (!made) return made.error();
  return Get(name);
}

Result<RegisteredModel> ModelRegistry::Get(std::string_view name) {
  TRY(const Entry entry, Find(name));
  return Complete(entry);
}

Result<RegisteredModel> ModelRegistry::Rename(std::string_view name, std::string_view new_name,
                                              std::string_view who) {
  TRY_STATUS(CheckRecordName(new_name));
  TRY(const Entry entry, Find(name));
  if (name == new_name) return Complete(entry);
  if (Find(new_name))
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("Registered Model (name={}) already exists.", new_name), ""};
  TRY(const auto there, ReadEntry(new_name));
  std::vector<RecordWrite> writes;
  const std::string spec = EntrySpec(entry.repository), status = EntryStatus(entry);
  if (there && there->record) {
    Record record = *there->record;
    record.spec = spec;
    record.status = status;
    writes.push_back(RecordWrite::Update(record));
  } else {
    writes.push_back(RecordWrite::Create(std::string(kRegisteredKind), std::string(new_name), spec, status));
  }
  Entry gone;
  gone.deleted = gone.moved = true;
  if (entry.record) {
    Record record = *entry.record;
    record.status = EntryStatus(gone);
    writes.push_back(RecordWrite::Update(record));
  } else {
    writes.push_back(RecordWrite::Create(std::string(kRegisteredKind), entry.name, spec, EntryStatus(gone)));
  }
  TRY_STATUS(records_.Apply(writes, who));
  return Get(new_name);
}

Status ModelRegistry::ChangeEntry(std::string_view name, std::string_view who,
                                  const std::function<Status(Entry&)>& change) {
  while (true) {
    TRY(Entry entry, Find(name));
    TRY_STATUS(change(entry));
    if (entry.tags.size() > kMostTags) return InvalidArgument("a model has 1,000 tags at most");
    RecordWrite write;
    if (entry.record) {
      Record record = *entry.record;
      record.status = EntryStatus(entry);
      write = RecordWrite::Update(record);
    } else {
      write = RecordWrite::Create(std::string(kRegisteredKind), entry.name, EntrySpec(entry.repository),
                                  EntryStatus(entry));
    }
    const auto done = records_.Apply({&write, 1}, who);
    if (done) return {};
    if (done.error().code != ErrorCode::kConflict && done.error().code != ErrorCode::kAlreadyExists)
      return done.error();
  }
}

Result<RegisteredModel> ModelRegistry::SetDescription(std::string_view name, std::string_view description,
                                                      std::string_view who) {
  TRY_STATUS(ChangeEntry(name, who, [&](Entry& entry) -> Status {
    entry.description = description;
    return {};
  }));
  return Get(name);
}

Status ModelRegistry::SetTag(std::string_view name, std::string_view key, std::string_view value,
                             std::string_view who) {
  return ChangeEntry(name, who, [&](Entry& entry) -> Status {
    entry.tags.insert_or_assign(std::string(key), std::string(value));
    return {};
  });
}

Status ModelRegistry::DeleteTag(std::string_view name, std::string_view key, std::string_view who) {
  return ChangeEntry(name, who, [&](Entry& entry) -> Status {
    if (const auto at = entry.tags.find(key); at != entry.tags.end()) entry.tags.erase(at);
    return {};
  });
}

Status ModelRegistry::Delete(std::string_view name, std::string_view who) {
  TRY(const RegisteredModel model, Get(name));
  for (const auto& [alias, version] : model.aliases) TRY_STATUS(DeleteAlias(name, alias, who));
  return ChangeEntry(name, who, [&](Entry& entry) -> Status {
    const auto latest = models_.Find(entry.repository);
    if (!latest && latest.error().code != ErrorCode::kNotFound) return latest.error();
    entry.deleted = true;
    entry.first = latest ? latest->number + 1 : 1;
    entry.description.clear();
    entry.tags.clear();
    return {};
  });
}

Result<std::pair<std::vector<RegisteredModel>, std::string>> ModelRegistry::Search(
    const RegistrySearch& search) {
  if (search.at_most < 1 || search.at_most > 1'000)
    return InvalidArgument("Invalid value for request parameter max_results. It must be at most 1000.");
  TRY(const size_t begin, ReadPageToken(search.page_token));
  TRY(const SearchFilter filter, SearchFilter::Parse(search.filter, kFields));
  TRY(const auto orders, ParseAttributeOrders(search.order_by, kFields));
  // Only when a model changed last follows from its versions; else those of the page alone are read.
  const bool all_versions = std::ranges::any_of(
      orders, [](const SearchOrder& order) { return order.key.key == "last_updated_timestamp"; });
  TRY(const auto entries, AllEntries());
  struct Found {
    const Entry* entry;
    RegisteredModel model;
  };
  std::vector<Found> found;
  for (const Entry& entry : entries) {
    Found one{&entry, WithoutVersions(entry)};
    if (all_versions) {
      TRY(one.model, Complete(entry));
    }
    const auto lookup = [&](const SearchKey& key) {
      return std::vector<SearchValue>{ValueOf(one.model, key)};
    };
    if (filter.Matches(lookup)) found.push_back(std::move(one));
  }
  std::ranges::stable_sort(found, [&](const Found& a, const Found& b) {
    const int compared = CompareByOrders<RegisteredModel>(orders, a.model, b.model, ValueOf);
    if (compared != 0) return compared < 0;
    return a.model.name < b.model.name;
  });
  std::string next = CutToPage(found, begin, search.at_most);
  std::vector<RegisteredModel> page;
  page.reserve(found.size());
  for (Found& one : found) {
    if (!all_versions) {
      TRY(one.model, Complete(*one.entry));
    }
    page.push_back(std::move(one.model));
  }
  return std::pair(std::move(page), std::move(next));
}

}  // namespace sinter
