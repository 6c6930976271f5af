// What the pages of collectives share. A program is made for a number of ranks, which its collectives name:
// shapes follow from it, and a run with another number is refused. One rank needs no communicator.
#pragma once

#include "engine/graph/builder.h"
#include "engine/graph/communicator.h"
#include "engine/graph/operator.h"

namespace sinter {

inline constexpr FormalAttribute kRanksAttribute = {
    "ranks", AttributeKind::kInt, true, {}, "how many ranks the program is made for"};
inline constexpr FormalAttribute kReduceAttribute = {"reduce", AttributeKind::kString, false, "\"sum\"",
                                                     "sum, max or min"};

Status CheckRanks(const InferContext& c);
Result<Communicator::Reduce> ReduceOf(const NodeView& node);
// The group, of as many ranks as the node says; null when that is one and the program runs alone.
Result<Communicator*> GroupOf(const ReferenceContext& c);

}  // namespace sinter
