// Searching runs: candidates from the index, what the filter and the order ask for from the run log, and the
// rest of what is known only for the page that is given.
#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/tracking/record_fields.h"
#include "platform/tracking/search_page.h"
#include "platform/tracking/tracked_runs.h"

namespace sinter {
namespace {

constexpr std::string_view kNumbers[] = {"start_time", "end_time"};
constexpr std::string_view kTexts[] = {"run_id",       "run_name",      "status",         "user_id",
                                       "artifact_uri", "experiment_id", "lifecycle_stage"};
constexpr std::string_view kSorted[] = {"run_id",       "run_name",   "status",   "user_id",
                                        "artifact_uri", "start_time", "end_time", "experiment_id"};
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {{"created", "start_time"},
                                                                       {"Created", "start_time"},
                                                                       {"run name", "run_name"},
                                                                       {"Run name", "run_name"},
                                                                       {"Run Name", "run_name"}};
constexpr SearchFields kFields{kNumbers, kTexts, kSorted, kSynonyms, true, true, true, true};

SearchValue Time(int64_t ms) { return ms == 0 ? SearchValue() : SearchValue(static_cast<double>(ms)); }

// A run that may be among what is found, by what the index knows of it.
struct Candidate {
  std::string id;
  RunHead head;
  const Experiment* experiment = nullptr;
  std::vector<SearchValue> order = {};
  bool deleted() const { return head.deleted || experiment->deleted_ms != 0; }
  std::string ArtifactUri() const {
    return fmt::format("{}/{}/artifacts", experiment->artifact_location, id);
  }
};

SearchValue AttributeOf(const Candidate& run, std::string_view key) {
  if (key == "start_time") return Time(run.head.started_ms);
  if (key == "end_time") return Time(run.head.ended_ms);
  if (key == "run_id") return run.id;
  if (key == "run_name") return run.head.name;
  if (key == "status") return std::string(MlflowStatusName(run.head.state));
  if (key == "user_id") return run.head.user;
  if (key == "artifact_uri") return run.ArtifactUri();
  if (key == "experiment_id") return run.head.experiment;
  if (key == "lifecycle_stage") return std::string(run.deleted() ? "deleted" : "active");
  return {};
}

SearchValue DatasetField(const std::string& text, std::string_view key) {
  const Json input = Json::parse(text, nullptr, false);
  if (!input.is_object()) return {};
  if (key == "context") {
    for (const Json& tag : input.value("tags", Json::array())) {
      if (tag.is_object() && tag.value("key", "") == "mlflow.data.context") return tag.value("value", "");
    }
    return {};
  }
  const Json dataset = input.value("dataset", Json::object());
  return dataset.contains(key) && dataset[key].is_string() ? SearchValue(dataset[key].get<std::string>())
                                                           : SearchValue();
}

// What every run has under the names that a search asks for; each is read once.
class Columns {
 public:
  explicit Columns(RunLog& log) : log_(log) {}
  Status Load(const SearchKey& key) {
    switch (key.entity) {
      case SearchEntity::kAttribute:
        return {};
      case SearchEntity::kMetric: {
        if (metrics_.contains(key.key)) return {};
        TRY(metrics_[key.key], log_.LatestOfAll(key.key));
        return {};
      }
      case SearchEntity::kParameter:
      case SearchEntity::kTag: {
        const RunNote kind = NoteOf(key.entity);
        if (notes_.contains({kind, key.key})) return {};
        TRY(auto column, log_.NotesOfAll(kind, key.key));
        notes_.emplace(std::pair(kind, key.key), std::move(column));
        return {};
      }
      case SearchEntity::kDataset: {
        if (datasets_) return {};
        TRY(datasets_, log_.NotesOfAll(RunNote::kDataset));
        return {};
      }
    }
    return {};
  }
  std::vector<SearchValue> Of(const Candidate& run, const SearchKey& key) const {
    switch (key.entity) {
      case SearchEntity::kAttribute:
        return {AttributeOf(run, key.key)};
      case SearchEntity::kMetric: {
        const auto& column = metrics_.at(key.key);
        const auto at = column.find(run.id);
        return {at == column.end() ? SearchValue() : SearchValue(at->second)};
      }
      case SearchEntity::kParameter:
      case SearchEntity::kTag: {
        const auto& column = notes_.at({NoteOf(key.entity), key.key});
        const auto at = column.find(run.id);
        return {at == column.end() ? SearchValue() : SearchValue(at->second)};
      }
      case SearchEntity::kDataset: {
        std::vector<SearchValue> values;
        const auto at = datasets_->find(run.id);
        if (at == datasets_->end()) return values;
        values.reserve(at->second.size());
        for (const std::string& text : at->second) values.push_back(DatasetField(text, key.key));
        return values;
      }
    }
    return {};
  }

 private:
  static RunNote NoteOf(SearchEntity entity) {
    return entity == SearchEntity::kParameter ? RunNote::kParameter : RunNote::kTag;
  }
  RunLog& log_;
  std::map<std::string, std::unordered_map<std::string, double>> metrics_;
  std::map<std::pair<RunNote, std::string>, std::unordered_map<std::string, std::string>> notes_;
  std::optional<std::unordered_map<std::string, std::vector<std::string>>> datasets_;
};

}  // namespace

Result<RunSearchPage> TrackedRuns::Search(const RunSearch& search) {
  if (search.at_most < 1 || search.at_most > 50'000)
    return InvalidArgument(fmt::format(
        "Invalid value {} for parameter 'max_results' supplied: it must be 1 to 50000.", search.at_most));
  TRY(const size_t begin, ReadPageToken(search.page_token));
  TRY(const SearchFilter filter, SearchFilter::Parse(search.filter, kFields));
  Columns columns(log_);
  for (const SearchClause& clause : filter.clauses()) TRY_STATUS(columns.Load(clause.key));
  std::vector<SearchOrder> orders;
  for (const std::string& text : search.order_by) {
    TRY(SearchOrder order, ParseSearchOrder(text, kFields));
    TRY_STATUS(columns.Load(order.key));
    orders.push_back(std::move(order));
  }
  std::map<std::string, Experiment, std::less<>> experiments;
  for (const std::string& id : search.experiments) {
    auto experiment = experiments_.Get(id);
    if (experiment)
      experiments.emplace(id, *std::move(experiment));
    else if (experiment.error().code != ErrorCode::kNotFound)
      return std::move(experiment).error();
  }
  std::vector<Candidate> found;
  TRY_STATUS(runs_.index().Look([&](const RecordIndex<RunHead>::Heads& heads) {
    for (const auto& [id, head] : heads) {
      const auto experiment = experiments.find(head.experiment);
      if (experiment == experiments.end()) continue;
      const bool deleted = head.deleted || experiment->second.deleted_ms != 0;
      if (search.view != LifecycleView::kAll && deleted != (search.view == LifecycleView::kDeleted)) continue;
      found.push_back({id, head, &experiment->second});
    }
  }));
  std::erase_if(found, [&](const Candidate& run) {
    return !filter.Matches([&](const SearchKey& key) { return columns.Of(run, key); });
  });
  for (Candidate& run : found)
    for (const SearchOrder& order : orders) run.order.push_back(columns.Of(run, order.key).front());
  std::ranges::sort(found, [&](const Candidate& a, const Candidate& b) {
    for (size_t i = 0; i < orders.size(); ++i) {
      const int compared = CompareForOrder(a.order[i], b.order[i], orders[i].ascending);
      if (compared != 0) return compared < 0;
    }
    return a.head.started_ms != b.head.started_ms ? a.head.started_ms > b.head.started_ms : a.id < b.id;
  });
  RunSearchPage page;
  page.next_page_token = CutToPage(found, begin, search.at_most);
  std::vector<std::string> ids;
  ids.reserve(found.size());
  for (const Candidate& run : found) ids.push_back(run.id);
  TRY(auto summaries, log_.Summaries(ids));
  for (size_t i = 0; i < found.size(); ++i) {
    const auto record = records_.Get("run", found[i].id);
    if (!record && record.error().code == ErrorCode::kNotFound) continue;  // gone since
    if (!record) return record.error();
    TRY(RunInfo info, ReadRun(*record));
    page.runs.push_back(
        {std::move(info), std::move(summaries[i]), found[i].deleted(), found[i].ArtifactUri()});
  }
  return page;
}

}  // namespace sinter
