// The loops of a server's services: see platform/serving/case_loop.h for what they are. Over the own API,
// /sinter/v1:
//   GET    /services/NAME/cases/loop    {"service","labelling":{...},"retrain","rollout","round":{...}}
//   PUT    /services/NAME/cases/loop    a spec, as ReadCaseLoopSpec -> the same; 409 without consent to keep
//   cases DELETE /services/NAME/cases/loop    what a round has made stays
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/serving/case_loop.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Json CaseLoopJson(const CaseLoopInfo& loop);
// kNotFound: no such service, or it has none. Any thread.
Result<CaseLoopInfo> FindCaseLoop(Platform& platform, std::string_view service);
Result<Json> SetCaseLoop(Platform& platform, std::string_view service, const Json& spec,
                         std::string_view who);
Status DeleteCaseLoop(Platform& platform, std::string_view service, std::string_view who);
std::vector<Route> CaseLoopRoutes(Platform& platform);

// What a ControllerLoop drives. What a round makes (a version, a labelling, a run, a job) is named by the
// digest of its cases or written down before it is made: after a kill at any moment the same is found, or
// made, once.
class CaseLoops final : public PureController<CaseSnapshot, CaseAction> {
 public:
  // It outlives this.
  explicit CaseLoops(Platform& platform) : platform_(platform) {}
  std::vector<std::string> Kinds() const override;
  std::vector<std::string> KeysOf(const Record& record) const override;

 protected:
  Result<CaseSnapshot> Observe(const std::string& service) override;
  Decision<CaseAction> Decide(const CaseSnapshot& snapshot) const override {
    return DecideCaseLoop(snapshot);
  }
  Status Act(const std::string& service, const CaseAction& action, const Fence& fence) override;

 private:
  Status ObserveRound(const ServiceInfo& service, CaseSnapshot& snapshot);
  Status Begin(const CaseLoopInfo& loop, const Fence& fence);
  Status Open(const CaseLoopInfo& loop, const Fence& fence);
  Status Train(const CaseLoopInfo& loop, const Fence& fence);
  Status Submit(const CaseLoopInfo& loop, const Fence& fence);
  Result<std::string> AppendOnce(const CaseLoopInfo& loop, const std::string& labelled);
  Status SubmitOnce(const CaseLoopInfo& loop);
  Status RollOut(const CaseLoopInfo& loop, const Fence& fence);
  // The round is over, and says why.
  Status End(const CaseLoopInfo& loop, const Fence& fence, std::string message);
  Status Change(const std::string& service, const Fence& fence,
                const std::function<void(CaseRound&)>& change);
  Platform& platform_;
};

// Runs them, as long as it lives.
class CaseLoopDriver {
 public:
  explicit CaseLoopDriver(Platform& platform);

 private:
  Leases leases_;
  CaseLoops loops_;
  ControllerLoop loop_;
};

}  // namespace sinter
