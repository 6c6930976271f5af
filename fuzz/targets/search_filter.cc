// Filters and orders of searches: what parses prints, and what it prints parses to the same and matches the
// same.
#include "platform/tracking/search_filter.h"

#include "fuzz/targets.h"

namespace sinter {
namespace {

constexpr std::string_view kNumbers[] = {"start_time"};
constexpr std::string_view kTexts[] = {"status", "run_name"};
constexpr std::string_view kSorted[] = {"start_time", "status"};
constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {{"Run Name", "run_name"}};
constexpr SearchFields kFields{kNumbers, kTexts, kSorted, kSynonyms, true, true, true, true};

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  if (const auto order = ParseSearchOrder(text, kFields)) SINTER_CHECK(!order->key.key.empty());
  TRY(const SearchFilter filter, SearchFilter::Parse(text, kFields));
  const std::string printed = filter.ToString();
  const auto again = SearchFilter::Parse(printed, kFields);
  SINTER_CHECK(again.has_value() && again->ToString() == printed);
  SINTER_CHECK(again->clauses().size() == filter.clauses().size());
  const auto lookup = [](const SearchKey& key) -> std::vector<SearchValue> {
    if (key.key.size() % 3 == 0) return {};
    if (key.entity == SearchEntity::kMetric || key.key == "start_time") return {0.5};
    return {std::string("abcabc"), SearchValue()};
  };
  SINTER_CHECK(filter.Matches(lookup) == again->Matches(lookup));
  return {};
}

}  // namespace

FuzzTarget SearchFilterTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 2048}; }

}  // namespace sinter
