// What MLflow's clients send: fields of every kind out of any JSON. A metric that is accepted is written and
// read again as the same.
#include <bit>

#include <nlohmann/json.hpp>

#include "fuzz/targets.h"
#include "server/api/mlflow/request.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  auto json = ParseJson(TextOf(input));
  if (!json) return InvalidArgument(json.error().message);
  MlflowRequest metric(*json);
  TRY(const MetricPoint point, ReadMlflowMetric(metric));
  SINTER_CHECK(point.wall_ms >= 0 && CheckMlflowKey("metric", point.name).has_value());
  const Json written = MlflowMetric(point);
  MlflowRequest again(written);
  const auto read = ReadMlflowMetric(again);
  SINTER_CHECK(read.has_value() && read->name == point.name && read->step == point.step);
  SINTER_CHECK(read->value == point.value || (read->value != read->value && point.value != point.value));
  MlflowRequest rest(*json);
  TRY(const TagMap tags, ReadMlflowTags(rest, "tags", 8, true));
  for (const auto& [key, value] : tags) SINTER_CHECK(!key.empty() && value.size() <= 32);
  for (const std::string& text : rest.Texts("texts")) SINTER_CHECK(TruncateCharacters(text, 2).size() <= 8);
  (void)rest.Bool("flag", false);
  (void)rest.Object("object");
  return rest.status();
}

}  // namespace

FuzzTarget MlflowTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 2048}; }

}  // namespace sinter
