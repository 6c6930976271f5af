#include "platform/hub/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const LineageNode kRaw{"dataset", "d@1"}, kClean{"dataset", "d@2"}, kRun{"run", "r1"}, kOther{"run", "r2"},
    kModel{"model", "m@1"}, kService{"service", "s@1"}, kSecond{"service", "t@4"};
const std::vector<LineageEdge> kEdges{{kRaw, kClean, "derived"},    {kClean, kRun, "trained"},
                                      {kClean, kOther, "trained"},  {kRun, kModel, "made"},
                                      {kModel, kService, "served"}, {kModel, kSecond, "served"}};

TEST(Lineage, GoesBackAndForwardFromWhereverOneStands) {
  const Lineage model = TraceLineage(kEdges, kModel);
  EXPECT_THAT(model.steps,
              ElementsAre(LineageStep{kRaw, -3}, LineageStep{kClean, -2}, LineageStep{kRun, -1},
                          LineageStep{kModel, 0}, LineageStep{kService, 1}, LineageStep{kSecond, 1}));
  EXPECT_EQ(model.edges.size(), 5u);  // not the other run on the same data
  const Lineage data = TraceLineage(kEdges, kClean);
  EXPECT_THAT(data.steps, ElementsAre(LineageStep{kRaw, -1}, LineageStep{kClean, 0}, LineageStep{kRun, 1},
                                      LineageStep{kOther, 1}, LineageStep{kModel, 2},
                                      LineageStep{kService, 3}, LineageStep{kSecond, 3}));
  EXPECT_THAT(TraceLineage(kEdges, kSecond).steps,
              ElementsAre(LineageStep{kRaw, -4}, LineageStep{kClean, -3}, LineageStep{kRun, -2},
                          LineageStep{kModel, -1}, LineageStep{kSecond, 0}));
}

TEST(Lineage, StrangersStandAloneAndCirclesEnd) {
  const LineageNode stranger{"model", "x@1"};
  EXPECT_THAT(TraceLineage(kEdges, stranger).steps, ElementsAre(LineageStep{stranger, 0}));
  EXPECT_THAT(TraceLineage(kEdges, stranger).edges, IsEmpty());
  const std::vector<LineageEdge> circle{{kRaw, kClean, "derived"}, {kClean, kRaw, "derived"}};
  EXPECT_THAT(TraceLineage(circle, kRaw).steps, ElementsAre(LineageStep{kClean, -1}, LineageStep{kRaw, 0}));
}

}  // namespace
}  // namespace sinter
