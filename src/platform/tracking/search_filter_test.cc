#include "platform/tracking/search_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace sinter {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kNumbers[] = {"start_time"};
constexpr std::string_view kTexts[] = {"status", "run_name", "run_id"};
constexpr std::string_view kSorted[] = {"status", "start_time"};
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {{"Run Name", "run_name"}};
constexpr SearchFields kFields{kNumbers, kTexts, kSorted, kSynonyms, true, true, true, true};

const std::map<std::string, std::vector<SearchValue>> kRow = {
    {"m:acc", {0.95}},
    {"m:nan", {std::numeric_limits<double>::quiet_NaN()}},
    {"m:val/loss", {1e-3}},
    {"p:lr", {"0.1"}},
    {"t:owner.name", {"Ann Müller"}},
    {"t:it", {"it's"}},
    {"a:status", {"FINISHED"}},
    {"a:run_name", {"big fox"}},
    {"a:run_id", {"r1"}},
    {"a:start_time", {1000.0}},
    {"d:name", {"iris", "wine"}}};

std::vector<SearchValue> Lookup(const SearchKey& key) {
  constexpr std::string_view kLetters = "amptd";
  const auto at = kRow.find(std::string(1, kLetters[static_cast<size_t>(key.entity)]) + ":" + key.key);
  return at == kRow.end() ? std::vector<SearchValue>() : at->second;
}

bool Meets(std::string_view text) {
  const auto filter = SearchFilter::Parse(text, kFields);
  EXPECT_TRUE(filter) << text << ": " << filter.error().ToString();
  if (!filter) return false;
  const auto again = SearchFilter::Parse(filter->ToString(), kFields);
  EXPECT_TRUE(again) << filter->ToString();
  if (!again) return false;
  EXPECT_EQ(again->ToString(), filter->ToString());
  EXPECT_EQ(again->Matches(Lookup), filter->Matches(Lookup)) << text;
  return filter->Matches(Lookup);
}

TEST(SearchFilterTest, WhatMatches) {
  for (const char* text : {"",
                           "  ",
                           "metrics.acc > 0.9",
                           "metrics.acc>=0.95 and params.lr = '0.1' AND tags.owner.name LIKE '%M_ller'",
                           "metric.acc <> 1",
                           "metrics.`val/loss` < .01",
                           "metrics.\"val/loss\" = 1e-3",
                           "metrics.acc > -1",
                           "metrics.acc = +0.95",
                           "params.lr != \"0.2\"",
                           "tags.owner.name ILIKE 'ann%'",
                           "tag.it = 'it''s'",
                           "tags.it = \"it's\"",
                           "status = 'FINISHED'",
                           "attributes.status IN ('RUNNING', 'FINISHED')",
                           "attribute.run_id not  in ('r2')",
                           "run.status like 'FIN%'",
                           "start_time <= 1000",
                           "`Run Name` = 'big fox'",
                           "params.none IS NULL",
                           "tags.it is not null",
                           "metrics.nan != 1",
                           "dataset.name = 'wine' and datasets.name in ('iris')",
                           "tags.it LIKE '%''%'"})
    EXPECT_TRUE(Meets(text)) << text;
}

TEST(SearchFilterTest, WhatDoesNot) {
  for (const char* text :
       {"metrics.acc > 0.95", "metrics.none > 0", "metrics.none != 0", "metrics.nan > 0", "metrics.nan < 0",
        "params.lr = '0.10'", "params.none != 'x'", "tags.owner.name LIKE 'ann%'", "tags.none LIKE '%'",
        "status NOT IN ('FINISHED')", "params.lr IS NULL", "tags.none IS NOT NULL", "dataset.name = 'x'",
        "metrics.acc > 0.9 and status = 'FAILED'", "tags.it LIKE 'it'"})
    EXPECT_FALSE(Meets(text)) << text;
}

TEST(SearchFilterTest, ErrorsSayWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"metrics.acc > 0.9 or params.lr = '1'", "there is no OR"},
      {"metrics.acc > '0.9'", "a number is expected"},
      {"metrics.acc > nan", "a number is expected"},
      {"metrics.acc > 1x", "ends in letters"},
      {"metrics.acc > 1e999", "a number is expected"},
      {"metrics.acc LIKE 'a'", "numbers are compared"},
      {"metrics.acc IS NULL", "only supported for tags and params"},
      {"params.lr > '1'", "texts are compared"},
      {"params.lr = 1", "quoted"},
      {"params.lr = 'x", "has no end"},
      {"params.lr IN ('1')", "lists are for"},
      {"status IN ()", "quoted"},
      {"status IN ('a'", "')' is expected"},
      {"status IN 'a'", "'(' is expected"},
      {"status NOT 'a'", "IN is expected"},
      {"status IS 1", "NULL is expected"},
      {"nothing = 'a'", "Invalid attribute key 'nothing'"},
      {"things.a = 'a'", "Invalid entity type 'things'"},
      {"dataset.size = 'a'", "Invalid dataset key 'size'"},
      {"metrics. > 1", "a name is expected"},
      {"metrics.`` > 1", "a name is empty"},
      {"status == 'a'", "quoted"},
      {"status 'a'", "a comparison is expected"},
      {"status = 'a' and", "a name is expected"},
      {"status = '\xff'", "UTF-8"}};
  for (const auto& [text, why] : cases) {
    const auto filter = SearchFilter::Parse(text, kFields);
    ASSERT_FALSE(filter) << text;
    EXPECT_EQ(filter.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(filter.error().message, HasSubstr(why)) << text;
  }
  std::string many = "status = 'a'";
  for (int i = 0; i < 1000; ++i) many += " and status = 'a'";
  EXPECT_THAT(SearchFilter::Parse(many, kFields).error().message, HasSubstr("1,000 clauses"));
  EXPECT_FALSE(SearchFilter::Parse(std::string(70'000, ' '), kFields));
  const SearchFields bare{{}, kTexts, kSorted, {}, false, false, false, false};
  for (const char* text : {"metrics.a = 1", "params.a = '1'", "tags.a = '1'", "dataset.name = 'a'"})
    EXPECT_FALSE(SearchFilter::Parse(text, bare)) << text;
}

TEST(SearchFilterTest, Orders) {
  EXPECT_EQ(*ParseSearchOrder("metrics.acc DESC", kFields),
            (SearchOrder{{SearchEntity::kMetric, "acc"}, false}));
  EXPECT_EQ(*ParseSearchOrder("start_time", kFields),
            (SearchOrder{{SearchEntity::kAttribute, "start_time"}, true}));
  EXPECT_EQ(*ParseSearchOrder("tags.`a b` asc", kFields), (SearchOrder{{SearchEntity::kTag, "a b"}, true}));
  for (const char* text : {"", "run_name", "start_time up", "dataset.name", "start_time desc desc"})
    EXPECT_FALSE(ParseSearchOrder(text, kFields)) << text;
  const SearchValue none, one = 1.0, two = 2.0, nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_LT(CompareForOrder(one, two, true), 0);
  EXPECT_GT(CompareForOrder(one, two, false), 0);
  for (const bool ascending : {true, false}) {  // whichever way: numbers, NaN, nothing
    EXPECT_LT(CompareForOrder(one, nan, ascending), 0);
    EXPECT_LT(CompareForOrder(nan, none, ascending), 0);
    EXPECT_GT(CompareForOrder(none, two, ascending), 0);
    EXPECT_EQ(CompareForOrder(nan, nan, ascending), 0);
  }
}

TEST(SearchFilterTest, Like) {
  EXPECT_TRUE(MatchesLike("", "%", false));
  EXPECT_TRUE(MatchesLike("abcabd", "%ab_", false));
  EXPECT_TRUE(MatchesLike("über", "_ber", false));
  EXPECT_FALSE(MatchesLike("abc", "ab", false));
  EXPECT_FALSE(MatchesLike("", "_", false));
  EXPECT_TRUE(MatchesLike("ABC", "%b%", true));
  EXPECT_FALSE(MatchesLike("ABC", "%b%", false));
  // What a backtracking matcher would take for ever over.
  EXPECT_FALSE(MatchesLike(std::string(5000, 'a'), "%a%a%a%a%a%a%a%a%a%a%a%ab", false));
}

}  // namespace
}  // namespace sinter
