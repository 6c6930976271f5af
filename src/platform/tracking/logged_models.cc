#include "platform/tracking/logged_models.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/records/each_record.h"
#include "platform/tracking/record_fields.h"
#include "platform/tracking/search_page.h"

namespace sinter {
namespace {

constexpr std::string_view kNumbers[] = {"creation_timestamp", "last_updated_timestamp"};
constexpr std::string_view kTexts[] = {"name",   "model_id",      "model_type",
                                       "status", "source_run_id", "experiment_id"};
constexpr std::string_view kSorted[] = {
    "name",          "model_id",      "model_type",         "status",
    "source_run_id", "experiment_id", "creation_timestamp", "last_updated_timestamp"};
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
    {"creation_time", "creation_timestamp"},
    {"creation_timestamp_ms", "creation_timestamp"},
    {"last_updated_timestamp_ms", "last_updated_timestamp"}};
constexpr SearchFields kFields{kNumbers, kTexts, kSorted, kSynonyms, true, true, true, false};
constexpr std::string_view kStatuses[] = {"LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY",
                                          "LOGGED_MODEL_UPLOAD_FAILED"};
constexpr size_t kMostEntries = 2'000;  // tags, parameters, metrics: each

// JSON has no number for some.
Json NumberJson(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double ReadNumber(JsonReader& reader, std::string_view field) {
  const Json* value = reader.Any(field);
  if (value == nullptr || !value->is_string()) return reader.Number(field);
  if (*value == "nan") return std::numeric_limits<double>::quiet_NaN();
  return *value == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

std::string SpecText(const LoggedModel& m) {
  return Json{{"experiment", m.experiment},
              {"name", m.name},
              {"model_type", m.model_type},
              {"source_run", m.source_run},
              {"artifact_uri", m.artifact_uri}}
      .dump();
}

std::string StatusText(const LoggedModel& m) {
  Json metrics = Json::array();
  for (const ModelMetric& one : m.metrics) {
    metrics.push_back({{"name", one.name},
                       {"run", one.run},
                       {"dataset_name", one.dataset_name},
                       {"dataset_digest", one.dataset_digest},
                       {"value", NumberJson(one.value)},
                       {"step", one.step},
                       {"wall_ms", one.wall_ms}});
  }
  return Json{{"status", m.status},
              {"tags", TagsJson(m.tags)},
              {"parameters", TagsJson(m.parameters)},
              {"metrics", std::move(metrics)},
              {"deleted_ms", m.deleted_ms}}
      .dump();
}

// As people write it in filters.
std::string StatusWord(std::string_view status) {
  if (status.ends_with("FAILED")) return "FAILED";
  return std::string(status.substr(std::string_view("LOGGED_MODEL_").size()));
}

// The first metric of a name, of the data sets asked for.
SearchValue MetricOf(const LoggedModel& model, std::string_view name,
                     std::span<const std::pair<std::string, std::string>> datasets) {
  for (const ModelMetric& metric : model.metrics) {
    const bool of_these =
        datasets.empty() || std::ranges::any_of(datasets, [&](const auto& d) {
          return d.first == metric.dataset_name && (d.second.empty() || d.second == metric.dataset_digest);
        });
    if (metric.name == name && of_these) return metric.value;
  }
  return {};
}

SearchValue ValueOf(const LoggedModel& model, const SearchKey& key,
                    std::span<const std::pair<std::string, std::string>> datasets) {
  const auto text = [](const std::string& t) { return t.empty() ? SearchValue() : SearchValue(t); };
  const auto noted = [&](const TagMap& notes) {
    const auto at = notes.find(key.key);
    return at == notes.end() ? SearchValue() : SearchValue(at->second);
  };
  if (key.entity == SearchEntity::kMetric) return MetricOf(model, key.key, datasets);
  if (key.entity == SearchEntity::kParameter) return noted(model.parameters);
  if (key.entity == SearchEntity::kTag) return noted(model.tags);
  if (key.key == "name") return model.name;
  if (key.key == "model_id") return model.id;
  if (key.key == "model_type") return text(model.model_type);
  if (key.key == "status") return StatusWord(model.status);
  if (key.key == "source_run_id") return text(model.source_run);
  if (key.key == "experiment_id") return model.experiment;
  if (key.key == "creation_timestamp") return static_cast<double>(model.created_ms);
  if (key.key == "last_updated_timestamp") return static_cast<double>(model.updated_ms);
  return {};
}

}  // namespace

Result<LoggedModel> ReadLoggedModel(const Record& record) {
  LoggedModel m;
  m.id = record.name;
  m.created_ms = record.created_ms;
  m.updated_ms = record.updated_ms;
  TRY(const Json spec_json, ParseJson(record.spec));
  JsonReader spec(spec_json, fmt::format("spec of logged model {}", record.name));
  m.experiment = spec.String("experiment");
  m.name = spec.String("name");
  m.model_type = spec.String("model_type");
  m.source_run = spec.String("source_run");
  m.artifact_uri = spec.String("artifact_uri");
  TRY_STATUS(spec.Finish());
  TRY(const Json status_json, ParseJson(record.status));
  JsonReader status(status_json, fmt::format("status of logged model {}", record.name));
  m.status = status.String("status");
  m.tags = ReadTags(status, "tags");
  m.parameters = ReadTags(status, "parameters");
  m.deleted_ms = status.Int("deleted_ms");
  for (const Json& item : status.Array("metrics")) {
    JsonReader one(item, status.where() + ": metrics");
    ModelMetric metric{
        one.String("name"),       one.String("run"), one.String("dataset_name"), one.String("dataset_digest"),
        ReadNumber(one, "value"), one.Int("step"),   one.Int("wall_ms")};
    TRY_STATUS(one.Finish());
    m.metrics.push_back(std::move(metric));
  }
  TRY_STATUS(status.Finish());
  return m;
}

Result<LoggedModel> LoggedModels::Create(const NewLoggedModel& wanted, std::string_view who) {
  TRY(const Experiment experiment, experiments_.Get(wanted.experiment));
  if (experiment.deleted_ms != 0)
    return InvalidArgument(
        fmt::format("Cannot create a model in experiment with ID {} because it is deleted.", experiment.id));
  if (!wanted.source_run.empty() && !runs_.Get(wanted.source_run))
    return NotFound(fmt::format("Run with id={} not found", wanted.source_run.substr(0, 100)));
  LoggedModel model;
  model.id = "m-" + RandomHex(32);
  model.experiment = experiment.id;
  model.name = wanted.name.empty() ? "model-" + RandomHex(8) : wanted.name;
  model.model_type = wanted.model_type;
  model.source_run = wanted.source_run;
  model.artifact_uri = fmt::format("{}/models/{}/artifacts", experiment.artifact_location, model.id);
  model.tags = wanted.tags;
  model.parameters = wanted.parameters;
  TRY(const Record record,
      records_.Create(std::string(kLoggedModelKind), model.id, SpecText(model), StatusText(model), who));
  return ReadLoggedModel(record);
}

Result<LoggedModel> LoggedModels::Get(std::string_view id, bool deleted_too) {
  const auto record = CheckRecordName(id) ? records_.Get(kLoggedModelKind, id) : NotFound("");
  if (!record && record.error().code != ErrorCode::kNotFound) return record.error();
  if (record) {
    TRY(LoggedModel model, ReadLoggedModel(*record));
    if (deleted_too || model.deleted_ms == 0) return model;
  }
  return NotFound(fmt::format("Logged model with ID '{}' not found.", id.substr(0, 100)));
}

Result<LoggedModel> LoggedModels::Change(std::string_view id, std::string_view who,
                                         const std::function<Status(LoggedModel&)>& change) {
  TRY_STATUS(Get(id));
  TRY(const Record record, records_.Update(kLoggedModelKind, id, who, [&](Record& r) -> Status {
    TRY(LoggedModel model, ReadLoggedModel(r));
    TRY_STATUS(change(model));
    if (std::max({model.tags.size(), model.parameters.size(), model.metrics.size()}) > kMostEntries)
      return InvalidArgument(
          fmt::format("a model has {} tags, parameters and metrics at most", kMostEntries));
    r.status = StatusText(model);
    return {};
  }));
  return ReadLoggedModel(record);
}

Result<LoggedModel> LoggedModels::Finalize(std::string_view id, std::string_view status,
                                           std::string_view who) {
  if (std::ranges::find(kStatuses, status) == std::end(kStatuses))
    return InvalidArgument(fmt::format("Invalid model status '{}'", status.substr(0, 100)));
  return Change(id, who, [&](LoggedModel& model) -> Status {
    model.status = status;
    return {};
  });
}

Result<LoggedModel> LoggedModels::SetTags(std::string_view id, const TagMap& tags, std::string_view who) {
  return Change(id, who, [&](LoggedModel& model) -> Status {
    for (const auto& [key, value] : tags) model.tags.insert_or_assign(key, value);
    return {};
  });
}

Status LoggedModels::DeleteTag(std::string_view id, std::string_view key, std::string_view who) {
  TRY_STATUS(Change(id, who, [&](LoggedModel& model) -> Status {
    const auto at = model.tags.find(key);
    if (at == model.tags.end())
      return NotFound(fmt::format("No tag with key '{}' found for model with ID '{}'.", key, id));
    model.tags.erase(at);
    return {};
  }));
  return {};
}

Status LoggedModels::AddParameters(std::string_view id, const TagMap& parameters, std::string_view who) {
  TRY_STATUS(Change(id, who, [&](LoggedModel& model) -> Status {
    for (const auto& [key, value] : parameters) {
      const auto [at, fresh] = model.parameters.emplace(key, value);
      if (!fresh && at->second != value)
        return InvalidArgument(fmt::format("parameter '{}' of model {} is '{}'", key, id, at->second));
    }
    return {};
  }));
  return {};
}

Status LoggedModels::AddMetrics(std::string_view id, std::span<const ModelMetric> metrics,
                                std::string_view who) {
  TRY_STATUS(Change(id, who, [&](LoggedModel& model) -> Status {
    for (const ModelMetric& metric : metrics) {
      const auto same = std::ranges::find_if(model.metrics, [&](const ModelMetric& m) {
        return m.name == metric.name && m.run == metric.run && m.dataset_name == metric.dataset_name &&
               m.dataset_digest == metric.dataset_digest;
      });
      if (same == model.metrics.end()) {
        model.metrics.push_back(metric);
      } else if (std::pair(metric.step, metric.wall_ms) >= std::pair(same->step, same->wall_ms)) {
        *same = metric;
      }
    }
    return {};
  }));
  return {};
}

Status LoggedModels::Delete(std::string_view id, std::string_view who) {
  TRY_STATUS(Change(id, who, [&](LoggedModel& model) -> Status {
    model.deleted_ms = clock_.UnixMillis();
    return {};
  }));
  return {};
}

Result<ModelSearchPage> LoggedModels::Search(const ModelSearch& search) {
  if (search.at_most < 1 || search.at_most > 1'000)
    return InvalidArgument("Invalid value for parameter 'max_results' supplied: it must be 1 to 1000.");
  TRY(const size_t begin, ReadPageToken(search.page_token));
  TRY(const SearchFilter filter, SearchFilter::Parse(search.filter, kFields));
  std::vector<std::pair<SearchOrder, std::vector<std::pair<std::string, std::string>>>> orders;
  for (const ModelOrder& wanted : search.order_by) {
    TRY(SearchOrder order, ParseSearchOrder(wanted.field, kFields));
    order.ascending = wanted.ascending;
    auto& made = orders.emplace_back(std::move(order), search.datasets);
    if (!wanted.dataset_name.empty()) made.second = {{wanted.dataset_name, wanted.dataset_digest}};
  }
  std::vector<LoggedModel> found;
  TRY_STATUS(ForEachRecord(records_, kLoggedModelKind, [&](const Record& record) -> Status {
    TRY(LoggedModel model, ReadLoggedModel(record));
    if (model.deleted_ms != 0 ||
        std::ranges::find(search.experiments, model.experiment) == search.experiments.end())
      return {};
    const auto lookup = [&](const SearchKey& key) {
      return std::vector<SearchValue>{ValueOf(model, key, search.datasets)};
    };
    if (filter.Matches(lookup)) found.push_back(std::move(model));
    return {};
  }));
  std::ranges::sort(found, [&](const LoggedModel& a, const LoggedModel& b) {
    for (const auto& [order, datasets] : orders) {
      const int compared =
          CompareForOrder(ValueOf(a, order.key, datasets), ValueOf(b, order.key, datasets), order.ascending);
      if (compared != 0) return compared < 0;
    }
    return a.created_ms != b.created_ms ? a.created_ms > b.created_ms : a.id < b.id;
  });
  ModelSearchPage page;
  page.next_page_token = CutToPage(found, begin, search.at_most);
  page.models = std::move(found);
  return page;
}

}  // namespace sinter
