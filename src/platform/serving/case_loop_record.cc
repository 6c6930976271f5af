#include "platform/serving/case_loop_record.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr std::array<std::string_view, 5> kPhases = {"over", "opening", "labelling", "training",
                                                     "rolling out"};
constexpr std::array<std::string_view, 3> kReviews = {"none", "disagreements", "all"};
constexpr size_t kMostCases = 100'000, kMostRecipeBytes = 65'536, kMostInstructionBytes = 16'384;

Status ReadLabellingPart(const Json& json, CaseLoopSpec& spec) {
  JsonReader reader(json, "loop: labelling");
  spec.after = reader.Int("after", spec.after);
  spec.labellers = reader.Int("labellers", spec.labellers);
  spec.review = reader.String("review", spec.review);
  spec.instructions = reader.String("instructions", "");
  if (spec.after < 1 || spec.after > static_cast<int64_t>(kMostCases))
    reader.Fail("after", "must be 1 to 100,000");
  if (spec.labellers < 1 || spec.labellers > 5) reader.Fail("labellers", "must be 1 to 5");
  if (std::ranges::find(kReviews, spec.review) == kReviews.end())
    reader.Fail("review", "must be none, disagreements or all");
  if (spec.instructions.size() > kMostInstructionBytes) reader.Fail("instructions", "are longer than 16 KB");
  return reader.Finish();
}

}  // namespace

Result<CaseLoopSpec> ReadCaseLoopSpec(const Json& json) {
  JsonReader reader(json, "loop");
  CaseLoopSpec spec;
  TRY_STATUS(ReadLabellingPart(reader.OptionalObject("labelling"), spec));
  if (const Json* into = reader.Any("into"); into != nullptr && !into->is_null()) {
    JsonReader part(*into, "loop: into");
    spec.into = part.String("dataset");
    spec.into_split = part.String("split", spec.into_split);
    if (spec.into.empty() || spec.into.contains('@'))
      part.Fail("dataset", "must be a name, without a version");
    TRY_STATUS(part.Finish());
  }
  if (const Json* retrain = reader.Any("retrain"); retrain != nullptr && !retrain->is_null())
    spec.retrain = reader.String("retrain");
  spec.rollout = reader.Bool("rollout", spec.rollout);
  if (spec.retrain.size() > kMostRecipeBytes) reader.Fail("retrain", "is longer than 64 KiB");
  if (spec.rollout && spec.retrain.empty())
    reader.Fail("rollout", "is of what was trained: retrain is needed");
  TRY_STATUS(reader.Finish());
  return spec;
}

Json CaseLoopSpecJson(const CaseLoopSpec& spec) {
  return {
      {"labelling",
       {{"after", spec.after},
        {"labellers", spec.labellers},
        {"review", spec.review},
        {"instructions", spec.instructions}}},
      {"into", spec.into.empty() ? Json(nullptr) : Json{{"dataset", spec.into}, {"split", spec.into_split}}},
      {"retrain", spec.retrain.empty() ? Json(nullptr) : Json(spec.retrain)},
      {"rollout", spec.rollout}};
}

std::string_view CasePhaseName(CasePhase phase) { return kPhases[static_cast<size_t>(phase)]; }

std::string CaseRoundText(const CaseRound& round) {
  Json json = CaseRoundJson(round);
  json["cases"] = round.cases;
  return json.dump();
}

Json CaseRoundJson(const CaseRound& round) {
  return {{"phase", CasePhaseName(round.phase)},
          {"digest", round.digest},
          {"dataset", round.dataset},
          {"rows", round.rows},
          {"labelling", round.labelling},
          {"version", round.version},
          {"job", round.job},
          {"run", round.run},
          {"model", round.model},
          {"message", round.message}};
}

Result<CaseRound> ReadCaseRound(std::string_view text) {
  TRY(const Json json, ParseJson(text, {.bytes = kRecordTextLimit, .depth = 4}));
  JsonReader reader(json, "case loop");
  CaseRound round;
  const std::string phase = reader.String("phase", kPhases[0]);
  const auto* found = std::ranges::find(kPhases, phase);
  if (found == kPhases.end())
    reader.Fail("phase", "is none");
  else
    round.phase = static_cast<CasePhase>(found - kPhases.begin());
  round.digest = reader.String("digest", "");
  round.dataset = reader.String("dataset", "");
  round.rows = reader.Int("rows", 0);
  round.cases = reader.Strings("cases");
  round.labelling = reader.String("labelling", "");
  round.version = reader.String("version", "");
  round.job = reader.String("job", "");
  round.run = reader.String("run", "");
  round.model = reader.String("model", "");
  round.message = reader.String("message", "");
  if (round.cases.size() > kMostCases) reader.Fail("cases", "are too many");
  TRY_STATUS(reader.Finish());
  return round;
}

Result<CaseLoopInfo> ReadCaseLoop(const Record& record) {
  CaseLoopInfo info;
  info.service = record.name;
  info.created_by = record.created_by;
  TRY(const Json spec, ParseJson(record.spec, {.bytes = kRecordTextLimit}));
  TRY(info.spec, ReadCaseLoopSpec(spec));
  TRY(info.round, ReadCaseRound(record.status));
  return info;
}

}  // namespace sinter
