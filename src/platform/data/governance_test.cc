#include "platform/data/governance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/hub/home.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(Governance, IsSaidChangedAndRemembered) {
  TemporaryFolder folder;
  const auto home = *Home::Open(folder.path() / "home");
  Records& records = home->records();
  EXPECT_EQ(*GovernanceOf(records, "iris"), Governance());
  ASSERT_TRUE(SetGovernance(records, "iris", {{"owner", "botany"}, {"retention_days", 365}}, "ann"));
  const auto changed =
      SetGovernance(records, "iris", {{"licence", "CC0-1.0"}, {"purpose", "teaching"}}, "bob");
  ASSERT_TRUE(changed) << changed.error().ToString();
  EXPECT_EQ(*changed, (Governance{"botany", "CC0-1.0", "teaching", 365}));
  EXPECT_EQ(*GovernanceOf(records, "iris"), *changed);
  EXPECT_EQ(*GovernanceOf(records, "wine"), Governance());
  const Json json = *GovernanceJson(records, "iris");
  ASSERT_EQ(json["history"].size(), 2u);
  EXPECT_EQ(json["history"][0]["by"], "bob");
  EXPECT_EQ(json["history"][1]["governance"]["licence"], "");
  const auto why = [&](const Json& changes) {
    const auto set = SetGovernance(records, "iris", changes, "ann");
    return set ? std::string("set") : set.error().message;
  };
  EXPECT_THAT(why({{"colour", 1}}), HasSubstr("colour"));
  EXPECT_THAT(why({{"retention_days", -1}}), HasSubstr("36,525"));
  EXPECT_THAT(why({{"purpose", std::string(5000, 'x')}}), HasSubstr("4,000"));
  EXPECT_EQ(*GovernanceOf(records, "iris"), *changed);
}

}  // namespace
}  // namespace sinter
