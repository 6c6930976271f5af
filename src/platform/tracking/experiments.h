// Experiments: named groups of runs, as MLflow's clients know them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/records/records.h"

namespace sinter {

using TagMap = std::map<std::string, std::string, std::less<>>;

struct Experiment {
  std::string id;    // "0", or 18 digits
  std::string name;  // unique, also among those that are deleted
  // Where its runs' artifacts lie: "mlflow-artifacts:/ID" is here; others are the client's own.
  std::string artifact_location;
  TagMap tags;
  int64_t deleted_ms = 0;  // not 0: put away, and its runs with it; it can be restored
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};

inline constexpr std::string_view kDefaultExperiment = "0";

// Two records an experiment, written together: `experiment` by id, and `experiment_name` by name, which keeps
// names unique. The default one, which Sinter's own runs belong to, is made when it is first asked for. Any
// thread.
class Experiments {
 public:
  explicit Experiments(Records& records) : records_(records) {}
  // kAlreadyExists for a name in use.
  Result<Experiment> Create(std::string_view name, std::string_view artifact_location, const TagMap& tags,
                            std::string_view who);
  Result<Experiment> Get(std::string_view id);
  Result<Experiment> GetByName(std::string_view name);
  Result<std::vector<Experiment>> List();  // all of them
  Status Rename(std::string_view id, std::string_view name, std::string_view who);
  // The default experiment stays (kInvalidArgument). Twice the same is kNotFound.
  Status Delete(std::string_view id, int64_t now_ms, std::string_view who);
  Status Restore(std::string_view id, std::string_view who);
  Status SetTag(std::string_view id, std::string_view key, std::string_view value, std::string_view who);
  Status DeleteTag(std::string_view id, std::string_view key, std::string_view who);

 private:
  Status EnsureDefault();
  Status Change(std::string_view id, std::string_view who, const std::function<Status(Experiment&)>& change);
  Records& records_;
};

inline constexpr std::string_view kExperimentKind = "experiment";
inline constexpr std::string_view kExperimentNameKind = "experiment_name";  // of whom the name is
Result<Experiment> ReadExperiment(const Record& record);

}  // namespace sinter
