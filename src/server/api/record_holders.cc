#include "server/api/record_holders.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/labelling_record.h"
#include "platform/records/each_record.h"
#include "platform/runs/sweep.h"
#include "platform/serving/rollout_record.h"
#include "server/api/record_reach.h"

namespace sinter {
namespace {

struct Verdict {
  std::string state, advice;
};

class Holders {
 public:
  Holders(Platform& platform, const std::map<std::string, bool>& versions, std::string_view without)
      : platform_(platform),
        versions_(versions),
        anew_(without.empty() ? std::string("a version without them (sinter data forget)")
                              : std::string(without)) {}

  Result<Json> Find() {
    std::vector<Reached> reached;
    TRY_STATUS(platform_.lineage().Look(
        [&](const LineageGraph& lineage) { reached = WhatCameOf(lineage, versions_); }));
    for (const Reached& one : reached) {
      if (one.node.kind == "model") models_.push_back(one.node.ref);
    }
    for (const Reached& one : reached) {
      TRY(const std::optional<Verdict> verdict, Judge(one.node));
      if (verdict) Add(one.node, one.through, one.certain, *verdict);
    }
    for (const std::string_view kind : {kServiceKind, kRolloutKind, kLabellingKind, kSweepKind})
      TRY_STATUS(Readers(kind));
    return std::move(held_);
  }

 private:
  void Add(const LineageNode& node, const LineageNode& through, bool certain, const Verdict& verdict) {
    held_.push_back({{"kind", node.kind},
                     {"ref", node.ref},
                     {"through", {{"kind", through.kind}, {"ref", through.ref}}},
                     {"certain", certain},
                     {"state", verdict.state},
                     {"advice", verdict.advice}});
  }

  // None: it is gone, and holds nothing.
  Result<std::optional<Verdict>> Judge(const LineageNode& node) {
    if (node.kind == "run") {
      const auto run = platform_.runs().Get(node.ref);
      if (!run) return Gone(run.error());
      return JudgeRun(*run);
    }
    if (node.kind == "model") {
      const auto found = platform_.repositories(RepositoryKind::kModel).Find(node.ref);
      if (!found) return Gone(found.error());
      return Verdict{"kept", fmt::format("train anew from {}, then: sinter model delete {} --reason TEXT",
                                         anew_, node.ref)};
    }
    const size_t at = node.ref.rfind('@');
    const auto record = platform_.records().Get(kServiceKind, node.ref.substr(0, at));
    if (!record) return Gone(record.error());
    TRY(const ServiceInfo service, ReadService(*record));
    return JudgeService(service, node.ref.substr(at + 1));
  }
  static Result<std::optional<Verdict>> Gone(const Error& error) {
    if (error.code == ErrorCode::kNotFound) return std::nullopt;
    return error;
  }

  Verdict JudgeRun(const RunInfo& run) const {
    std::string state(RunStateName(run.state));
    if (!run.done())
      return {state, fmt::format("sinter runs cancel {}, and train anew from {}", run.id, anew_)};
    if (run.checkpoints.empty()) return {state, "nothing: it is over and keeps no checkpoint"};
    return {state,
            fmt::format("it keeps {} checkpoints, from which nothing should go on", run.checkpoints.size())};
  }

  Verdict JudgeService(const ServiceInfo& service, std::string_view revision) const {
    const auto learnt = [&](const RevisionRef& r) {
      return std::ranges::find(models_, r.model) != models_.end();
    };
    if (service.current.revision == revision) {
      std::string advice =
          fmt::format("sinter service rollout {} MODEL, one that is trained from {}", service.name, anew_);
      if (service.previous && !service.previous->model.empty() && !learnt(*service.previous))
        advice += fmt::format("; until then sinter service rollback {}: {} did not learn from them",
                              service.name, service.previous->model);
      return {"answers", std::move(advice)};
    }
    if (service.previous && service.previous->revision == revision)
      return {"before", fmt::format("do not roll {} back to it", service.name)};
    return {"earlier", "nothing: it does not answer any more"};
  }

  // Records that name a version of a data set which is to stay for them.
  Status Readers(std::string_view kind) {
    return ForEachRecord(platform_.records(), kind, [&](const Record& record) -> Status {
      TRY(const RecordNeeds needs, platform_.record_rules().Read(record));
      for (const auto& [of, ref] : needs.versions) {
        const auto version = platform_.repositories(of).Find(ref);
        if (!version) continue;
        if (of == RepositoryKind::kModel) {
          // What a service answers with is known by lineage; of what is to come only the rollout tells.
          if (kind != kRolloutKind || std::ranges::find(models_, version->Ref()) == models_.end()) continue;
          Add({std::string(kind), record.name}, {"model", version->Ref()}, true,
              JudgeReader(kind, record.name));
          break;
        }
        const auto holds = versions_.find(version->Ref());
        if (holds == versions_.end()) continue;
        Add({std::string(kind), record.name}, {"dataset", holds->first}, holds->second,
            JudgeReader(kind, record.name));
        break;
      }
      return {};
    });
  }
  Verdict JudgeReader(std::string_view kind, std::string_view name) const {
    if (kind == kServiceKind)
      return {"golden set", fmt::format("sinter service gates {} --golden NAME, with {}", name, anew_)};
    if (kind == kRolloutKind)
      return {"under way", fmt::format("sinter service abort {}", name.substr(0, name.rfind('/')))};
    if (kind == kLabellingKind)
      return {"open", fmt::format("sinter data label close {}, and label {}", name, anew_)};
    return {"under way", fmt::format("sinter sweep cancel {}, and submit it on {}", name, anew_)};
  }

  Platform& platform_;
  const std::map<std::string, bool>& versions_;
  std::string anew_;
  std::vector<std::string> models_;  // that learnt from them
  Json held_ = Json::array();
};

}  // namespace

std::string AdviceOnVersion(std::string_view ref, bool certain) {
  return fmt::format("{}sinter data delete {} --reason TEXT", certain ? "" : "look first; ", ref);
}

Result<Json> HeldElsewhere(Platform& platform, const std::map<std::string, bool>& versions,
                           std::string_view without) {
  return Holders(platform, versions, without).Find();
}

}  // namespace sinter
