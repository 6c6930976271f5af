// The filters and orders in which MLflow's clients search: comparisons joined by AND.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sinter {

enum class SearchEntity : uint8_t { kAttribute, kMetric, kParameter, kTag, kDataset };

struct SearchKey {
  SearchEntity entity = SearchEntity::kAttribute;
  std::string key;
  bool operator==(const SearchKey&) const = default;
};

// What may be asked of one kind of thing.
struct SearchFields {
  std::span<const std::string_view> numbers;  // attributes; the others are texts
  std::span<const std::string_view> texts;
  std::span<const std::string_view> sorted;                                 // attributes to order by
  std::span<const std::pair<std::string_view, std::string_view>> synonyms;  // of attributes
  bool metrics = false, parameters = false, tags = true, datasets = false;
};

enum class SearchOperator : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kLike,
  kIlike,
  kIn,
  kNotIn,
  kIsNull,
  kIsNotNull
};

struct SearchClause {
  SearchKey key;
  SearchOperator op = SearchOperator::kEqual;
  double number = 0;               // of metrics and of attributes that are numbers
  std::vector<std::string> texts;  // of the others: one, or those of the list
};

using SearchValue = std::variant<std::monostate, double, std::string>;  // the first: it has none

// CLAUSE [AND CLAUSE ...]
//   CLAUSE  KEY = | != | < | <= | > | >= NUMBER          of metrics and of numbers
//           KEY = | != | LIKE | ILIKE 'TEXT'             of the others ("TEXT" too; a quote inside is
//           doubled) KEY [NOT] IN ('TEXT', ...)                   of attributes and data sets KEY IS [NOT]
//           NULL                            of parameters and tags
//   KEY     metrics.NAME, params.NAME, tags.NAME, datasets.NAME, attributes.NAME or NAME alone; a NAME of
//           other signs than letters, digits, '_' and '.' stands in `backquotes` or "quotes"
// Words in any case. What is not there compares as false, whatever it is compared with.
class SearchFilter {
 public:
  // Bounded: 64 KiB, 1,000 clauses. Empty or blank: everything. Errors (kInvalidArgument) name the character.
  static Result<SearchFilter> Parse(std::string_view text, const SearchFields& fields);
  // Parses again, to the same.
  std::string ToString() const;
  const std::vector<SearchClause>& clauses() const { return clauses_; }
  // Of a data set's field there may be several values, of which one must do.
  using Lookup = std::function<std::vector<SearchValue>(const SearchKey&)>;
  bool Matches(const Lookup& lookup) const;

 private:
  std::vector<SearchClause> clauses_;
};

struct SearchOrder {
  SearchKey key;
  bool ascending = true;
  bool operator==(const SearchOrder&) const = default;
};

// "KEY [ASC | DESC]".
Result<SearchOrder> ParseSearchOrder(std::string_view text, const SearchFields& fields);
// Below 0 where `a` comes first. Either way numbers come before NaN, and what is not there last.
int CompareForOrder(const SearchValue& a, const SearchValue& b, bool ascending);

// SQL's LIKE over characters: '%' is any number of them, '_' is one. `fold` ignores the case of a-z.
bool MatchesLike(std::string_view text, std::string_view pattern, bool fold);

}  // namespace sinter
