// Models that clients of MLflow 3 log, before anybody registers them: files, parameters, metrics.
#pragma once

#include <optional>

#include "platform/records/records.h"
#include "platform/tracking/experiments.h"
#include "platform/tracking/search_filter.h"
#include "platform/tracking/tracked_runs.h"

namespace sinter {

struct ModelMetric {
  std::string name, run, dataset_name, dataset_digest;
  double value = 0;
  int64_t step = 0, wall_ms = 0;
  bool operator==(const ModelMetric&) const = default;
};

struct LoggedModel {
  std::string id;  // "m-" and 32 hexadecimal digits
  std::string experiment, name, model_type, source_run;
  std::string artifact_uri;  // "mlflow-artifacts:/EXPERIMENT/models/ID/artifacts"
  std::string status = "LOGGED_MODEL_PENDING";
  TagMap tags, parameters;
  std::vector<ModelMetric> metrics;  // the newest of each name and data set
  int64_t deleted_ms = 0;
  int64_t created_ms = 0, updated_ms = 0;
};

struct NewLoggedModel {
  std::string experiment, name, model_type, source_run;
  TagMap tags, parameters;
};

struct ModelOrder {
  std::string field;  // "metrics.acc", "creation_timestamp"
  bool ascending = true;
  std::string dataset_name, dataset_digest;  // of a metric; empty: whichever
};

struct ModelSearch {
  std::vector<std::string> experiments;
  std::string filter;
  // Metrics of these data sets alone; a digest may be empty.
  std::vector<std::pair<std::string, std::string>> datasets;
  std::vector<ModelOrder> order_by;
  int64_t at_most = 50;
  std::string page_token;
};

struct ModelSearchPage {
  std::vector<LoggedModel> models;  // newest first
  std::string next_page_token;
};

// Any thread.
class LoggedModels {
 public:
  LoggedModels(Records& records, Experiments& experiments, Runs& runs, const Clock& clock)
      : records_(records), experiments_(experiments), runs_(runs), clock_(clock) {}
  Result<LoggedModel> Create(const NewLoggedModel& model, std::string_view who);
  Result<LoggedModel> Get(std::string_view id, bool deleted_too = false);
  Result<LoggedModel> Finalize(std::string_view id, std::string_view status, std::string_view who);
  Result<LoggedModel> SetTags(std::string_view id, const TagMap& tags, std::string_view who);
  Status DeleteTag(std::string_view id, std::string_view key, std::string_view who);
  // A parameter is never changed (kInvalidArgument).
  Status AddParameters(std::string_view id, const TagMap& parameters, std::string_view who);
  Status AddMetrics(std::string_view id, std::span<const ModelMetric> metrics, std::string_view who);
  Status Delete(std::string_view id, std::string_view who);
  Result<ModelSearchPage> Search(const ModelSearch& search);

 private:
  Result<LoggedModel> Change(std::string_view id, std::string_view who,
                             const std::function<Status(LoggedModel&)>& change);
  Records& records_;
  Experiments& experiments_;
  Runs& runs_;
  const Clock& clock_;
};

inline constexpr std::string_view kLoggedModelKind = "logged_model";
Result<LoggedModel> ReadLoggedModel(const Record& record);

}  // namespace sinter
