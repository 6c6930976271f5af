#include "server/api/mlflow/run_json.h"

#include <nlohmann/json.hpp>

#include "server/api/mlflow/request.h"

namespace sinter {

Json MlflowRunJson(const TrackedRun& run) {
  Json info = {{"run_id", run.info.id},
               {"run_uuid", run.info.id},
               {"run_name", run.name()},
               {"experiment_id", run.info.tracking.experiment},
               {"user_id", run.user()},
               {"status", MlflowStatusName(run.info.state)},
               {"start_time", run.info.started_ms()},
               {"artifact_uri", run.artifact_uri},
               {"lifecycle_stage", run.deleted ? "deleted" : "active"}};
  if (run.info.ended_ms() != 0) info["end_time"] = run.info.ended_ms();
  Json metrics = Json::array();
  for (const MetricPoint& point : run.summary.latest) metrics.push_back(MlflowMetric(point));
  Json datasets = Json::array(), inputs = Json::array(), outputs = Json::array();
  for (const RunNoteValue& note : run.summary.inputs) {
    Json& list = note.kind == RunNote::kDataset      ? datasets
                 : note.kind == RunNote::kModelInput ? inputs
                                                     : outputs;
    list.push_back(Json::parse(note.value, nullptr, false));
  }
  return {{"info", std::move(info)},
          {"data",
           {{"metrics", std::move(metrics)},
            {"params", MlflowTagsJson(run.summary.parameters)},
            {"tags", MlflowTagsJson(run.summary.tags)}}},
          {"inputs", {{"dataset_inputs", std::move(datasets)}, {"model_inputs", std::move(inputs)}}},
          {"outputs", {{"model_outputs", std::move(outputs)}}}};
}

}  // namespace sinter
