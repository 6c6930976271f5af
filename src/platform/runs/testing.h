// For tests of what reads sweeps.
#pragma once

#include <string>

#include "platform/runs/sweep.h"

namespace sinter {

// The sweep "rates" of a data set, of two trials that have not begun.
inline SweepInfo SmallSweep(const std::string& dataset) {
  SweepInfo sweep;
  sweep.name = "rates";
  sweep.text =
      "name: rates\nrecipe: r.yaml\nsearch: random\ntrials: 2\nmetric: acc\n"
      "parameters: {optimizer.learning_rate: {log_uniform: [0.001, 1]}}\n";
  sweep.recipe = "name: net\nepochs: 9\noptimizer: {learning_rate: 0.1}\n";
  sweep.dataset = dataset;
  sweep.states.resize(2);
  SINTER_CHECK(ExpandSweepInfo(sweep).has_value());
  return sweep;
}

}  // namespace sinter
