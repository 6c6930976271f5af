// What a service's kept cases become by themselves, as its record has it: the first line says of what kind,
// the next two are a spec and a status. What is read, written and read again is equal.
#include <nlohmann/json.hpp>

#include "fuzz/records.h"
#include "fuzz/targets.h"
#include "platform/serving/case_loop_record.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  auto [kind, record] = RecordOf(input);
  TRY(const CaseLoopInfo loop, ReadCaseLoop(record));
  SINTER_CHECK(loop.spec.after >= 1 && (!loop.spec.rollout || !loop.spec.retrain.empty()));
  record.spec = CaseLoopSpecJson(loop.spec).dump();
  record.status = CaseRoundText(loop.round);
  const auto again = ReadCaseLoop(record);
  SINTER_CHECK(again.has_value() && again->spec == loop.spec && again->round == loop.round);
  return {};
}

}  // namespace

FuzzTarget CaseLoopTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
