// What a run that Sinter trains is known by to clients of tracking, besides its record.
#pragma once

#include <string_view>

#include "platform/runs/run.h"
#include "platform/runs/run_log.h"
#include "platform/tracking/experiments.h"

namespace sinter {

// The scalars of a recipe by their paths: "optimizer.kind", "model.layers.1.dense.units". At most 500; none
// where the text is no YAML.
TagMap RecipeParameters(std::string_view recipe);
// Its parameters and its data set, to be logged when it is made.
RunBatch NotesOfTraining(const RunInfo& run);

}  // namespace sinter
