// What an MLflow client sends, read field by field as its server reads it: what is unknown is passed over,
// whole numbers may be texts, and numbers that JSON has no word for are "NaN", "Infinity", "-Infinity".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "platform/runs/metric_store.h"
#include "platform/tracking/experiments.h"

namespace sinter {

// Lengths in characters, as MLflow's server has them.
inline constexpr size_t kMlflowKeyLength = 250;
inline constexpr size_t kMlflowParamLength = 6'000;
inline constexpr size_t kMlflowTagLength = 8'000;
inline constexpr size_t kMlflowExperimentTagLength = 20'000;
inline constexpr size_t kMlflowRegistryTagLength = 100'000;

// The first error sticks, and the fields after it read as empty; Status() gives it. Holds a reference.
class MlflowRequest {
 public:
  explicit MlflowRequest(const Json& object, std::string where = {});
  bool Has(std::string_view field) const;  // and it is not null
  std::string Text(std::string_view field);
  std::string Text(std::string_view field, std::string_view otherwise);
  std::string AnyText(std::string_view field, std::string_view old_name);  // of two names of one field
  int64_t Int(std::string_view field);
  int64_t Int(std::string_view field, int64_t otherwise);
  double Number(std::string_view field);
  bool Bool(std::string_view field, bool otherwise);
  std::vector<std::string> Texts(std::string_view field);  // one text is a list of one
  const Json& List(std::string_view field);                // of objects; absent is empty
  const Json& Object(std::string_view field);
  void Fail(std::string message);
  Status status() const { return status_; }
  const std::string& where() const { return where_; }

 private:
  const Json* Find(std::string_view field) const;
  std::string Path(std::string_view field) const;
  const Json& object_;
  std::string where_;
  Status status_;
};

// A key of a metric, parameter or tag: letters, digits and "_-. :/", no other path than it says, 250 at most.
Status CheckMlflowKey(std::string_view what, std::string_view key);
// The name of an experiment, 500 characters at most, or of a registered model.
Status CheckMlflowExperimentName(std::string_view name);
Status CheckMlflowModelName(std::string_view name);
Status CheckMlflowAlias(std::string_view alias);
// The text's first characters.
std::string TruncateCharacters(std::string_view text, size_t most);

// [{"key","value"} ...] as a map; values longer than `length` are refused, or with `truncate` cut.
Result<TagMap> ReadMlflowTags(MlflowRequest& request, std::string_view field, size_t length,
                              bool truncate = false);
Result<MetricPoint> ReadMlflowMetric(MlflowRequest& metric);  // {"key","value","timestamp","step"}
Json MlflowTagsJson(const TagMap& tags);
Json MlflowNumber(double value);
Json MlflowMetric(const MetricPoint& point);

}  // namespace sinter
