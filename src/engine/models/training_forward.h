// A model that was read from a file, as it behaves in training.
#pragma once

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

// Adds @forward_training(%x, %seed: i64[], %first_row: i64[]) to a module whose @forward has one parameter:
// the same with dropout drawn for the global rows from first_row on, and with batch statistics, whose running
// values it updates; as BuildSequential makes both. Adds nothing where @forward has neither Dropout nor a
// BatchNormalization over states of its own: it is then the same in training.
Status AddTrainingForward(Module& module, const OperatorCatalog& catalog);

}  // namespace sinter
