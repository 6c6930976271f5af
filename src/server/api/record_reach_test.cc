#include "server/api/record_reach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Columns = std::vector<std::string>;

TEST(RecordReach, WhatAVersionCameFrom) {
  RepositoryVersion version;
  version.details = R"({"from":{"ref":"d@1","id":"ab"},"steps":[{"step":"fill","column":"age"},
      {"step":"drop","columns":["id"]},{"step":"filter","where":"a > 1"},{"step":"mask","column":"note"}]})";
  EXPECT_EQ(DerivationOf(version), (Derivation{"d@1", {"age", "note"}}));
  version.details = R"({"from":"d@1","labelling":"work","column":"species"})";
  EXPECT_EQ(DerivationOf(version), (Derivation{"d@1", {"species"}}));
  for (const char* details :
       {"{}", "[]", "?", R"({"from":7})", R"({"from":{"ref":7},"steps":[{"column":"a"}]})"}) {
    version.details = details;
    EXPECT_EQ(DerivationOf(version), Derivation()) << details;
  }
  version.details = R"({"from":"d@1","steps":[7,{"column":8}]})";
  EXPECT_EQ(DerivationOf(version), (Derivation{"d@1", {}}));
}

//   d@1 -> d@2 (age) -> d@3 (note)        e@1 -> e@2
//      \-> f@1 (mail, age)
TEST(RecordReach, WhatWasChangedBetweenTwoVersions) {
  const Derivations derivations{{"d@1", {}},
                                {"d@2", {"d@1", {"age"}}},
                                {"d@3", {"d@2", {"note"}}},
                                {"f@1", {"d@1", {"mail", "age"}}},
                                {"e@2", {"e@1", {"x"}}},
                                {"ring@1", {"ring@2", {"a"}}},
                                {"ring@2", {"ring@1", {"b"}}}};
  EXPECT_EQ(ColumnsChangedBetween(derivations, "d@1", "d@3"), (Columns{"age", "note"}));
  EXPECT_EQ(ColumnsChangedBetween(derivations, "d@3", "d@2"), (Columns{"note"}));
  EXPECT_EQ(ColumnsChangedBetween(derivations, "d@3", "f@1"), (Columns{"age", "mail", "note"}));
  EXPECT_EQ(ColumnsChangedBetween(derivations, "d@2", "d@2"), (Columns{}));
  EXPECT_EQ(ColumnsChangedBetween(derivations, "d@1", "e@2"), std::nullopt);
  EXPECT_EQ(ColumnsChangedBetween(derivations, "ring@1", "ring@2"), (Columns{"b"}));
  EXPECT_EQ(ColumnsChangedBetween(derivations, "ring@1", "e@1"), std::nullopt);
}

TEST(RecordReach, OnlyWhatCameOfThoseThatHoldThem) {
  const LineageNode d1{"dataset", "d@1"}, d2{"dataset", "d@2"}, r1{"run", "r1"}, r2{"run", "r2"},
      r3{"run", "r3"}, m1{"model", "m@1"}, m2{"model", "m@2"}, small{"model", "small@1"},
      s1{"service", "s@1"};
  const std::vector<LineageEdge> edges{
      {d1, d2, "derived"}, {d1, r1, "trained"},    {r1, m1, "made"},   {d2, r2, "trained"},
      {r2, m2, "made"},    {m1, small, "derived"}, {m1, s1, "served"}, {{"dataset", "d@3"}, r3, "trained"},
      {r3, small, "made"}};
  LineageGraph lineage;
  lineage.Set("all", edges);
  // d@2 came of d@1, and holds none: what was trained on it is clean.
  EXPECT_THAT(WhatCameOf(lineage, {{"d@1", true}}),
              ElementsAre(Reached{r1, d1, true}, Reached{m1, r1, true}, Reached{small, m1, true},
                          Reached{s1, m1, true}));
  EXPECT_THAT(WhatCameOf(lineage, {{"d@2", false}}),
              ElementsAre(Reached{r2, d2, false}, Reached{m2, r2, false}));
  // Both ways: certain.
  EXPECT_THAT(WhatCameOf(lineage, {{"d@1", false}, {"d@3", true}}),
              ElementsAre(Reached{r3, {"dataset", "d@3"}, true}, Reached{small, r3, true},
                          Reached{r1, d1, false}, Reached{m1, r1, false}, Reached{s1, m1, false}));
  EXPECT_THAT(WhatCameOf(lineage, {}), IsEmpty());
}

}  // namespace
}  // namespace sinter
