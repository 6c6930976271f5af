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

LineageGraph Graph(const std::vector<LineageEdge>& edges) {
  LineageGraph graph;
  graph.Set("all", edges);
  return graph;
}

TEST(Lineage, GoesBackAndForwardFromWhereverOneStands) {
  const LineageGraph graph = Graph(kEdges);
  const Lineage model = graph.Trace(kModel);
  EXPECT_THAT(model.steps,
              ElementsAre(LineageStep{kRaw, -3}, LineageStep{kClean, -2}, LineageStep{kRun, -1},
                          LineageStep{kModel, 0}, LineageStep{kService, 1}, LineageStep{kSecond, 1}));
  EXPECT_EQ(model.edges.size(), 5u);  // not the other run on the same data
  const Lineage data = graph.Trace(kClean);
  EXPECT_THAT(data.steps, ElementsAre(LineageStep{kRaw, -1}, LineageStep{kClean, 0}, LineageStep{kRun, 1},
                                      LineageStep{kOther, 1}, LineageStep{kModel, 2},
                                      LineageStep{kService, 3}, LineageStep{kSecond, 3}));
  EXPECT_THAT(graph.Trace(kSecond).steps,
              ElementsAre(LineageStep{kRaw, -4}, LineageStep{kClean, -3}, LineageStep{kRun, -2},
                          LineageStep{kModel, -1}, LineageStep{kSecond, 0}));
}

TEST(Lineage, StrangersStandAloneAndCirclesEnd) {
  const LineageGraph graph = Graph(kEdges);
  const LineageNode stranger{"model", "x@1"};
  EXPECT_THAT(graph.Trace(stranger).steps, ElementsAre(LineageStep{stranger, 0}));
  EXPECT_THAT(graph.Trace(stranger).edges, IsEmpty());
  const std::vector<LineageEdge> circle{{kRaw, kClean, "derived"}, {kClean, kRaw, "derived"}};
  EXPECT_THAT(Graph(circle).Trace(kRaw).steps, ElementsAre(LineageStep{kClean, -1}, LineageStep{kRaw, 0}));
}

TEST(Lineage, WhatARecordSaysIsReplaced) {
  LineageGraph graph;
  graph.Set("version", {kEdges[0]});
  graph.Set("run", {kEdges[1], kEdges[3]});
  graph.Set("copy", {kEdges[3]});
  EXPECT_THAT(graph.Trace(kRaw).steps, ElementsAre(LineageStep{kRaw, 0}, LineageStep{kClean, 1},
                                                   LineageStep{kRun, 2}, LineageStep{kModel, 3}));
  EXPECT_EQ(graph.Trace(kRaw).edges.size(), 3u);  // what is said twice is there once
  EXPECT_THAT(graph.Out(kRun), ElementsAre(kModel, kModel));
  graph.Set("run", {{kClean, kOther, "trained"}});
  EXPECT_THAT(graph.Trace(kClean).steps,
              ElementsAre(LineageStep{kRaw, -1}, LineageStep{kClean, 0}, LineageStep{kOther, 1}));
  EXPECT_THAT(graph.Trace(kModel).steps, ElementsAre(LineageStep{kRun, -1}, LineageStep{kModel, 0}));
  graph.Set("copy", {});
  EXPECT_THAT(graph.Trace(kModel).steps, ElementsAre(LineageStep{kModel, 0}));
  EXPECT_THAT(graph.Out(kRun), IsEmpty());
  graph.Set("nobody", {});
}

}  // namespace
}  // namespace sinter
