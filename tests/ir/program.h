// A .sinter file of this folder: a module, and in its `//!` lines the runs that it must pass.
//
//   //! ranks 2                each run runs on so many threads, each with states of its own
//   //! new session            session and sequence states are forgotten
//   //! run @function
//   //! rank 1                 what follows is of this rank (0 otherwise)
//   //! with TENSOR            an input, in order
//   //! expect TENSOR [~ t]    a result, in order: the same bits, or each element within t
//   //! state @name TENSOR [~ t]
//   //! refuse "words"         the run fails, and the error says so
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/tensor/value.h"

namespace sinter {

struct Expectation {
  Tensor value;
  double tolerance = 0;
  int line = 0;
};

struct RankRun {
  std::vector<Value> inputs;
  std::vector<Expectation> results;
  std::map<std::string, Expectation> states;
};

struct ProgramRun {
  std::string function;
  int line = 0;
  bool new_session = false;
  std::string refusal;  // empty: it must succeed
  std::vector<RankRun> ranks;
};

struct Program {
  Module module;
  std::vector<ProgramRun> runs;
};

// Errors name the line.
Result<Program> ReadProgram(const std::string& path);

}  // namespace sinter
