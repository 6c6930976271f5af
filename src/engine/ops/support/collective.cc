#include "engine/ops/support/collective.h"

#include <fmt/format.h>

namespace sinter {

Status CheckRanks(const InferContext& c) {
  if (c.Int("ranks") < 1)
    return c.Invalid(fmt::format("ranks = {} is not a number of ranks", c.Int("ranks")));
  return {};
}

Result<Communicator::Reduce> ReduceOf(const NodeView& node) {
  const std::string name = node.String("reduce");
  if (name == "sum") return Communicator::Reduce::kSum;
  if (name == "max") return Communicator::Reduce::kMax;
  if (name == "min") return Communicator::Reduce::kMin;
  return InvalidArgument(fmt::format("{}: reduce = \"{}\" is none of sum, max, min", node.Describe(), name));
}

Result<Communicator*> GroupOf(const ReferenceContext& c) {
  Communicator* group = c.communicator();
  const int64_t wanted = c.Int("ranks"), there = group == nullptr ? 1 : group->size();
  if (wanted != there) {
    return c.Invalid(fmt::format("the program is made for {} ranks and runs on {}", wanted, there),
                     "partition the model again for this number of ranks");
  }
  return there == 1 ? nullptr : group;
}

}  // namespace sinter
