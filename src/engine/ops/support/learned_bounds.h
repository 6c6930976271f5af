// What a node's inputs teach about symbols.
#pragma once

#include "engine/graph/contexts.h"

namespace sinter {

// BroadcastShapes of what inference sees. Exporters cut tables to the length of a sequence, [min(512,S),64],
// and add them to [B,S,64]: that holds where S is at most 512, so S gets that bound (which inputs are
// checked against before anything runs), and the dimension counts as S.
Result<Shape> BroadcastAndLearn(InferContext& c, Shape a, Shape b);

}  // namespace sinter
