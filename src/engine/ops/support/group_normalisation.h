// What InstanceNormalization and GroupNormalization share: channels in groups, each example and group with a
// mean and variance of its own, then a scale and a bias for each channel.
#pragma once

#include "engine/graph/builder.h"
#include "engine/graph/operator.h"

namespace sinter {

// Checks X [N, C, ...], scale [C] and bias [C]; `groups` divides C, which must be a number.
Status InferGroups(InferContext& c, int64_t groups);
Status EvaluateGroups(ReferenceContext& c, int64_t groups);
Status DifferentiateGroups(GradientContext& c, int64_t groups);
Status LowerGroups(LoweringContext& c, int64_t groups);

}  // namespace sinter
