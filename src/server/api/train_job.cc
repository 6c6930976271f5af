#include "server/api/train_job.h"

#include <nlohmann/json.hpp>

namespace sinter {

Json TrainJobJson(const TrainJob& job) {
  return {{"server", job.server},
          {"run", job.run},
          {"token", job.token},
          {"recipe", job.recipe},
          {"dataset", job.dataset},
          {"dataset_version", job.dataset_version},
          {"resume_from", job.resume_from},
          {"heartbeats", job.heartbeats},
          {"result", job.result},
          {"ranks", job.ranks},
          {"until_epoch", job.until_epoch},
          {"patience_s", job.patience_s},
          {"terminal", job.terminal}};
}

Result<TrainJob> ParseTrainJob(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  JsonReader reader(json, "job");
  TrainJob job;
  job.server = reader.String("server");
  job.run = reader.String("run");
  job.token = reader.String("token");
  job.recipe = reader.String("recipe");
  job.dataset = reader.String("dataset");
  job.dataset_version = reader.String("dataset_version");
  job.resume_from = reader.String("resume_from");
  job.heartbeats = reader.String("heartbeats");
  job.result = reader.String("result");
  job.ranks = static_cast<int>(reader.Int("ranks"));
  job.until_epoch = reader.Int("until_epoch", 0);
  job.patience_s = reader.Int("patience_s", 0);
  job.terminal = reader.Bool("terminal", false);
  TRY_STATUS(reader.Finish());
  return job;
}

}  // namespace sinter
