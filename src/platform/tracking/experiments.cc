#include "platform/tracking/experiments.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/records/each_record.h"
#include "platform/tracking/record_fields.h"

namespace sinter {
namespace {

constexpr size_t kMostTags = 1'000;

std::string SpecText(const Experiment& e) { return Json{{"artifact_location", e.artifact_location}}.dump(); }

std::string StatusText(const Experiment& e) {
  return Json{{"name", e.name}, {"tags", TagsJson(e.tags)}, {"deleted_ms", e.deleted_ms}}.dump();
}

std::string NameSpec(std::string_view id) { return Json{{"id", id}}.dump(); }

Error NameTaken(std::string_view name) {
  return {ErrorCode::kAlreadyExists, fmt::format("Experiment(name={}) already exists.", name), ""};
}

// 18 digits, as MLflow's own are where nothing counts them.
std::string RandomId() {
  uint64_t number = 0;
  const std::string hex = RandomHex(16);
  std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  return fmt::format("{}", 100'000'000'000'000'000 + number % 900'000'000'000'000'000);
}

}  // namespace

Result<Experiment> ReadExperiment(const Record& record) {
  Experiment e;
  e.id = record.name;
  e.created_ms = record.created_ms;
  e.updated_ms = record.updated_ms;
  TRY(const Json spec_json, ParseJson(record.spec));
  JsonReader spec(spec_json, fmt::format("spec of experiment {}", record.name));
  e.artifact_location = spec.String("artifact_location");
  TRY_STATUS(spec.Finish());
  TRY(const Json status_json, ParseJson(record.status));
  JsonReader status(status_json, fmt::format("status of experiment {}", record.name));
  e.name = status.String("name");
  e.tags = ReadTags(status, "tags");
  e.deleted_ms = status.Int("deleted_ms");
  TRY_STATUS(status.Finish());
  return e;
}

Status Experiments::EnsureDefault() {
  const auto there = records_.Get(kExperimentKind, kDefaultExperiment);
  if (there) return {};
  if (there.error().code != ErrorCode::kNotFound) return there.error();
  Experiment e;
  e.name = "Default";
  e.artifact_location = fmt::format("mlflow-artifacts:/{}", kDefaultExperiment);
  const RecordWrite writes[] = {
      RecordWrite::Create(std::string(kExperimentKind), std::string(kDefaultExperiment), SpecText(e),
                          StatusText(e)),
      RecordWrite::Create(std::string(kExperimentNameKind), e.name, NameSpec(kDefaultExperiment))};
  const auto made = records_.Apply(writes, "tracking");
  if (!made && made.error().code != ErrorCode::kAlreadyExists) return made.error();
  return {};
}

Result<Experiment> Experiments::Create(std::string_view name, std::string_view artifact_location,
                                       const TagMap& tags, std::string_view who) {
  TRY_STATUS(CheckRecordName(name));
  if (tags.size() > kMostTags) return InvalidArgument("an experiment has 1,000 tags at most");
  TRY_STATUS(EnsureDefault());
  Experiment e;
  e.name = name;
  e.tags = tags;
  const std::string id = RandomId();
  e.artifact_location =
      artifact_location.empty() ? fmt::format("mlflow-artifacts:/{}", id) : std::string(artifact_location);
  const RecordWrite writes[] = {
      RecordWrite::Create(std::string(kExperimentKind), id, SpecText(e), StatusText(e)),
      RecordWrite::Create(std::string(kExperimentNameKind), e.name, NameSpec(id))};
  auto made = records_.Apply(writes, who);
  if (!made && made.error().code == ErrorCode::kAlreadyExists) return NameTaken(name);
  if (!made) return std::move(made).error();
  return ReadExperiment(made->front());
}

Result<Experiment> Experiments::Get(std::string_view id) {
  if (id == kDefaultExperiment) TRY_STATUS(EnsureDefault());
  const auto record = CheckRecordName(id) ? records_.Get(kExperimentKind, id) : NotFound("");
  if (record) return ReadExperiment(*record);
  if (record.error().code != ErrorCode::kNotFound) return record.error();
  return NotFound(fmt::format("No Experiment with id={} exists", id.substr(0, 100)));
}

Result<Experiment> Experiments::GetByName(std::string_view name) {
  TRY_STATUS(EnsureDefault());
  const auto record = CheckRecordName(name) ? records_.Get(kExperimentNameKind, name) : NotFound("");
  if (!record && record.error().code != ErrorCode::kNotFound) return record.error();
  if (!record) return NotFound(fmt::format("Could not find experiment with name '{}'", name.substr(0, 500)));
  TRY(const Json spec_json, ParseJson(record->spec));
  JsonReader spec(spec_json, fmt::format("spec of experiment_name {}", record->name));
  const std::string id = spec.String("id");
  TRY_STATUS(spec.Finish());
  return Get(id);
}

Result<std::vector<Experiment>> Experiments::List() {
  TRY_STATUS(EnsureDefault());
  std::vector<Experiment> all;
  TRY_STATUS(ForEachRecord(records_, kExperimentKind, [&](const Record& record) -> Status {
    TRY(Experiment e, ReadExperiment(record));
    all.push_back(std::move(e));
    return {};
  }));
  return all;
}

Status Experiments::Rename(std::string_view id, std::string_view name, std::string_view who) {
  TRY_STATUS(CheckRecordName(name));
  TRY(const Experiment now, Get(id));
  if (now.deleted_ms != 0) return InvalidArgument("Cannot rename a non-active experiment.");
  if (now.name == name) return {};
  TRY(Record record, records_.Get(kExperimentKind, id));
  TRY(Experiment e, ReadExperiment(record));
  TRY(const Record old_name, records_.Get(kExperimentNameKind, e.name));
  e.name = name;
  record.status = StatusText(e);
  const RecordWrite writes[] = {RecordWrite::Update(record), RecordWrite::Delete(old_name),
                                RecordWrite::Create(std::string(kExperimentNameKind), e.name, NameSpec(id))};
  auto done = records_.Apply(writes, who);
  if (!done && done.error().code == ErrorCode::kAlreadyExists) return NameTaken(name);
  if (!done) return std::move(done).error();
  return {};
}

Status Experiments::Change(std::string_view id, std::string_view who,
                           const std::function<Status(Experiment&)>& change) {
  TRY_STATUS(Get(id));  // the errors that clients know
  TRY_STATUS(records_.Update(kExperimentKind, id, who, [&](Record& record) -> Status {
    TRY(Experiment e, ReadExperiment(record));
    TRY_STATUS(change(e));
    record.status = StatusText(e);
    return {};
  }));
  return {};
}

Status Experiments::Delete(std::string_view id, int64_t now_ms, std::string_view who) {
  if (id == kDefaultExperiment) return InvalidArgument("The default experiment cannot be deleted.");
  return Change(id, who, [&](Experiment& e) -> Status {
    if (e.deleted_ms != 0) return NotFound(fmt::format("No active Experiment with id={} exists", id));
    e.deleted_ms = now_ms;
    return {};
  });
}

Status Experiments::Restore(std::string_view id, std::string_view who) {
  return Change(id, who, [&](Experiment& e) -> Status {
    if (e.deleted_ms == 0) return NotFound(fmt::format("No deleted Experiment with id={} exists", id));
    e.deleted_ms = 0;
    return {};
  });
}

Status Experiments::SetTag(std::string_view id, std::string_view key, std::string_view value,
                           std::string_view who) {
  return Change(id, who, [&](Experiment& e) -> Status {
    if (e.deleted_ms != 0)
      return InvalidArgument(fmt::format("The experiment {} must be in the 'active' state.", id));
    e.tags.insert_or_assign(std::string(key), std::string(value));
    if (e.tags.size() > kMostTags) return InvalidArgument("an experiment has 1,000 tags at most");
    return {};
  });
}

Status Experiments::DeleteTag(std::string_view id, std::string_view key, std::string_view who) {
  return Change(id, who, [&](Experiment& e) -> Status {
    const auto at = e.tags.find(key);
    if (at == e.tags.end()) return NotFound(fmt::format("No tag with name: {} in experiment {}", key, id));
    e.tags.erase(at);
    return {};
  });
}

}  // namespace sinter
