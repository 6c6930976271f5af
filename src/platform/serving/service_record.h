// A service as it is kept: what is wanted, what is, and how it came to be so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/records/record.h"
#include "platform/serving/batcher.h"
#include "platform/serving/decision_json.h"
#include "platform/serving/gates.h"
#include "platform/serving/scaling.h"

namespace sinter {

inline constexpr std::string_view kServiceKind = "service";

// One line of a service's history.
struct RolloutEntry {
  int64_t at_ms = 0;
  std::string by;
  std::string what;  // "deploy", "rollout", "rollback"
  RevisionRef from;  // empty: there was none
  RevisionRef to;
  RolloutDecision decision;
};

struct ServiceInfo {
  std::string name;
  // What is wanted.
  std::string model;
  BatchLimits limits;
  bool open = true;  // on loopback, who asks it needs no token
  Gates gates;       // what its rollouts must pass
  Scaling scaling;
  // What is.
  std::string
      home;  // of the server that deployed it, and alone loads it; empty: of whoever opens the records
  RevisionRef current;
  std::optional<RevisionRef> previous;
  std::string rollout;  // the one under way; empty: none
  int64_t next_revision = 1;
  std::vector<RolloutEntry> history;  // the last 50, oldest first
  int64_t created_ms = 0;
  std::string created_by;
  // Of this process, not of the record:
  bool ready = false;
  std::string problem;  // why it is not ready
  int workers = 0;      // of the current revision, now; 0: nothing is loaded
  int threads = 0;      // that each of their runs may use
};

Status CheckServiceName(std::string_view name);
std::string_view ReplicaKindName(bool process);  // "process", "in-process"
Result<bool> ReadReplicaKind(std::string_view name);
Status CheckBatchLimits(const BatchLimits& limits);

std::string ServiceSpecText(const ServiceInfo& service);
std::string ServiceStatusText(const ServiceInfo& service);
Result<ServiceInfo> ReadService(const Record& record);

}  // namespace sinter
