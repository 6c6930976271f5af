// What lists and searches of runs choose their pages by.
#pragma once

#include <cstdint>
#include <string>

#include "platform/runs/run.h"

namespace sinter {

struct RunHead {
  RunState state = RunState::kCreated;
  int64_t created_ms = 0, started_ms = 0, ended_ms = 0;
  bool deleted = false;  // put away
  std::string experiment;
  std::string name;  // as clients of tracking know it
  std::string user;
};

inline RunHead HeadOfRun(const RunInfo& run) {
  return {run.state,
          run.created_ms,
          run.started_ms(),
          run.ended_ms(),
          run.tracking.deleted_ms != 0,
          run.tracking.experiment,
          run.tracking.name.empty() ? run.id : run.tracking.name,
          run.tracking.user.empty() ? run.created_by : run.tracking.user};
}

}  // namespace sinter
