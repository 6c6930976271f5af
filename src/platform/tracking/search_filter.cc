#include "platform/tracking/search_filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sinter {
namespace {

constexpr size_t kLongest = size_t{64} << 10;
constexpr size_t kMostClauses = 1'000;

constexpr std::pair<std::string_view, SearchEntity> kEntities[] = {{"attribute", SearchEntity::kAttribute},
                                                                   {"attributes", SearchEntity::kAttribute},
                                                                   {"attr", SearchEntity::kAttribute},
                                                                   {"run", SearchEntity::kAttribute},
                                                                   {"metric", SearchEntity::kMetric},
                                                                   {"metrics", SearchEntity::kMetric},
                                                                   {"parameter", SearchEntity::kParameter},
                                                                   {"param", SearchEntity::kParameter},
                                                                   {"parameters", SearchEntity::kParameter},
                                                                   {"params", SearchEntity::kParameter},
                                                                   {"tag", SearchEntity::kTag},
                                                                   {"tags", SearchEntity::kTag},
                                                                   {"dataset", SearchEntity::kDataset},
                                                                   {"datasets", SearchEntity::kDataset}};
constexpr std::pair<std::string_view, SearchOperator> kSigns[] = {  // the longer of two first
    {"<=", SearchOperator::kLessEqual}, {">=", SearchOperator::kGreaterEqual},
    {"!=", SearchOperator::kNotEqual},  {"<>", SearchOperator::kNotEqual},
    {"=", SearchOperator::kEqual},      {"<", SearchOperator::kLess},
    {">", SearchOperator::kGreater}};
constexpr std::string_view kDatasetKeys[] = {"name", "digest", "context"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool Blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool WordByte(char c) {
  const char l = Lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool Holds(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}
bool IsNumber(const SearchKey& key, const SearchFields& fields) {
  return key.entity == SearchEntity::kMetric ||
         (key.entity == SearchEntity::kAttribute && Holds(fields.numbers, key.key));
}

class Reader {
 public:
  Reader(std::string_view text, const SearchFields& fields) : text_(text), fields_(fields) {}

  Result<std::vector<SearchClause>> Clauses() {
    std::vector<SearchClause> clauses;
    if (AtEnd()) return clauses;
    while (true) {
      if (clauses.size() == kMostClauses) return Fail("there are more than 1,000 clauses");
      TRY(SearchClause clause, Clause());
      clauses.push_back(std::move(clause));
      if (AtEnd()) return clauses;
      if (!TakeWord("and")) return Fail("AND or the end is expected; there is no OR");
    }
  }

  Result<SearchOrder> Order() {
    SearchOrder order;
    TRY(order.key, Key(fields_.sorted));
    if (order.key.entity == SearchEntity::kDataset) return Fail("data sets have no order");
    if (TakeWord("desc")) {
      order.ascending = false;
    } else {
      (void)TakeWord("asc");
    }
    if (!AtEnd()) return Fail("ASC, DESC or the end is expected");
    return order;
  }

 private:
  Error Fail(std::string_view what) const {
    return InvalidArgument(
        fmt::format("Invalid clause in '{}', character {}: {}", text_.substr(0, 200), at_ + 1, what));
  }
  bool AtEnd() {
    while (at_ < text_.size() && Blank(text_[at_])) ++at_;
    return at_ == text_.size();
  }
  bool TakeWord(std::string_view word) {
    if (AtEnd() || text_.size() - at_ < word.size()) return false;
    const std::string_view rest = text_.substr(at_);
    if (!std::ranges::equal(rest.substr(0, word.size()), word, {}, Lower)) return false;
    if (rest.size() > word.size() && (WordByte(rest[word.size()]) || rest[word.size()] == '.')) return false;
    at_ += word.size();
    return true;
  }
  bool TakeSign(std::string_view sign) {
    if (AtEnd() || !text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  // What stands between two of `quote`; a doubled one inside is one.
  Result<std::string> Quoted(char quote) {
    std::string out;
    const size_t begin = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != quote) {
        out.push_back(c);
      } else if (at_ < text_.size() && text_[at_] == quote) {
        out.push_back(quote);
        ++at_;
      } else {
        return out;
      }
    }
    at_ = begin;
    return Fail("the quote has no end");
  }

  // A part of a key; `dots` belong to it where it is the last one.
  Result<std::string> Part(bool dots) {
    if (at_ < text_.size() && (text_[at_] == '`' || text_[at_] == '"')) return Quoted(text_[at_]);
    std::string out;
    while (at_ < text_.size() && (WordByte(text_[at_]) || (dots && text_[at_] == '.')))
      out.push_back(text_[at_++]);
    if (out.empty()) return Fail("a name is expected");
    return out;
  }

  Result<SearchKey> Key(std::span<const std::string_view> attributes, bool texts_too = false) {
    if (AtEnd()) return Fail("a name is expected");
    SearchKey key;
    TRY(std::string first, Part(false));
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      const auto* entity =
          std::ranges::find(kEntities, first, &std::pair<std::string_view, SearchEntity>::first);
      if (entity == std::end(kEntities))
        return Fail(fmt::format("Invalid entity type '{}': attribute, metric, param, tag or dataset",
                                first.substr(0, 100)));
      key.entity = entity->second;
      TRY(key.key, Part(true));
    } else {
      key.key = std::move(first);
    }
    if (key.key.empty()) return Fail("a name is empty");
    TRY_STATUS(CheckKey(key, attributes, texts_too));
    return key;
  }

  Status CheckKey(SearchKey& key, std::span<const std::string_view> attributes, bool texts_too) const {
    switch (key.entity) {
      case SearchEntity::kAttribute:
        for (const auto& [synonym, name] : fields_.synonyms) {
          if (key.key == synonym) key.key = name;
        }
        if (Holds(attributes, key.key) || (texts_too && Holds(fields_.texts, key.key))) return {};
        return Fail(fmt::format("Invalid attribute key '{}' specified", key.key.substr(0, 100)));
      case SearchEntity::kMetric:
        if (fields_.metrics) return {};
        return Fail("there are no metrics to search by");
      case SearchEntity::kParameter:
        if (fields_.parameters) return {};
        return Fail("there are no parameters to search by");
      case SearchEntity::kTag:
        if (fields_.tags) return {};
        return Fail("there are no tags to search by");
      case SearchEntity::kDataset:
        if (!fields_.datasets) return Fail("there are no data sets to search by");
        if (Holds(kDatasetKeys, key.key)) return {};
        return Fail(fmt::format("Invalid dataset key '{}' specified", key.key.substr(0, 100)));
    }
    return {};
  }

  Result<SearchOperator> Operator() {
    if (TakeWord("like")) return SearchOperator::kLike;
    if (TakeWord("ilike")) return SearchOperator::kIlike;
    if (TakeWord("in")) return SearchOperator::kIn;
    if (TakeWord("not")) {
      if (TakeWord("in")) return SearchOperator::kNotIn;
      return Fail("IN is expected");
    }
    if (TakeWord("is")) {
      const bool negated = TakeWord("not");
      if (!TakeWord("null")) return Fail("NULL is expected");
      return negated ? SearchOperator::kIsNotNull : SearchOperator::kIsNull;
    }
    for (const auto& [sign, op] : kSigns) {
      if (TakeSign(sign)) return op;
    }
    return Fail("a comparison is expected");
  }

  Result<double> Number() {
    if (AtEnd()) return Fail("a number is expected");
    size_t at = at_;
    const bool negative = text_[at] == '-';
    if (negative || text_[at] == '+') ++at;
    double value = 0;
    const bool digit = at < text_.size() && ((text_[at] >= '0' && text_[at] <= '9') || text_[at] == '.');
    const auto [end, error] = std::from_chars(text_.data() + at, text_.data() + text_.size(), value);
    if (!digit || error != std::errc()) return Fail("a number is expected");
    at_ = static_cast<size_t>(end - text_.data());
    if (at_ < text_.size() && WordByte(text_[at_])) return Fail("a number ends in letters");
    return negative ? -value : value;
  }

  Result<std::string> Text() {
    if (AtEnd() || (text_[at_] != '\'' && text_[at_] != '"'))
      return Fail("a quoted string value is expected");
    return Quoted(text_[at_]);
  }

  Result<SearchClause> Clause() {
    SearchClause clause;
    TRY(clause.key, Key(fields_.numbers, true));
    TRY(clause.op, Operator());
    const SearchEntity entity = clause.key.entity;
    const bool by_order = clause.op >= SearchOperator::kLess && clause.op <= SearchOperator::kGreaterEqual;
    const bool null = clause.op == SearchOperator::kIsNull || clause.op == SearchOperator::kIsNotNull;
    if (null) {
      if (entity != SearchEntity::kParameter && entity != SearchEntity::kTag)
        return Fail("IS NULL / IS NOT NULL is only supported for tags and params");
      return clause;
    }
    if (IsNumber(clause.key, fields_)) {
      if (clause.op > SearchOperator::kGreaterEqual)
        return Fail("numbers are compared by =, !=, <, <=, > and >=");
      TRY(clause.number, Number());
      return clause;
    }
    if (by_order) return Fail("texts are compared by =, !=, LIKE and ILIKE");
    if (clause.op != SearchOperator::kIn && clause.op != SearchOperator::kNotIn) {
      TRY(std::string text, Text());
      clause.texts.push_back(std::move(text));
      return clause;
    }
    if (entity != SearchEntity::kAttribute && entity != SearchEntity::kDataset)
      return Fail("lists are for attributes and data sets");
    if (!TakeSign("(")) return Fail("'(' is expected");
    do {
      TRY(std::string text, Text());
      clause.texts.push_back(std::move(text));
    } while (TakeSign(","));
    if (!TakeSign(")")) return Fail("',' or ')' is expected");
    return clause;
  }

  std::string_view text_;
  const SearchFields& fields_;
  size_t at_ = 0;
};

std::string Quote(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  return out + quote;
}

bool Compare(const SearchClause& clause, double value) {
  switch (clause.op) {
    case SearchOperator::kEqual:
      return value == clause.number;
    case SearchOperator::kNotEqual:
      return value != clause.number;
    case SearchOperator::kLess:
      return value < clause.number;
    case SearchOperator::kLessEqual:
      return value <= clause.number;
    case SearchOperator::kGreater:
      return value > clause.number;
    case SearchOperator::kGreaterEqual:
      return value >= clause.number;
    default:
      return false;
  }
}

bool Compare(const SearchClause& clause, const std::string& value) {
  const auto listed = [&] { return std::ranges::find(clause.texts, value) != clause.texts.end(); };
  switch (clause.op) {
    case SearchOperator::kEqual:
    case SearchOperator::kIn:
      return listed();
    case SearchOperator::kNotEqual:
    case SearchOperator::kNotIn:
      return !listed();
    case SearchOperator::kLike:
      return MatchesLike(value, clause.texts.front(), false);
    case SearchOperator::kIlike:
      return MatchesLike(value, clause.texts.front(), true);
    default:
      return false;
  }
}

bool Meets(const SearchClause& clause, const SearchValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return Compare(clause, *number);
  if (const auto* text = std::get_if<std::string>(&value)) return Compare(clause, *text);
  return false;
}

}  // namespace

Result<SearchFilter> SearchFilter::Parse(std::string_view text, const SearchFields& fields) {
  if (text.size() > kLongest) return InvalidArgument("the filter is longer than 64 KiB");
  if (!IsUtf8(text)) return InvalidArgument("the filter is not UTF-8");
  SearchFilter filter;
  TRY(filter.clauses_, Reader(text, fields).Clauses());
  return filter;
}

std::string SearchFilter::ToString() const {
  constexpr std::string_view kNames[] = {"attributes", "metrics", "params", "tags", "datasets"};
  constexpr std::string_view kOperators[] = {
      "=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"};
  std::string out;
  for (const SearchClause& clause : clauses_) {
    if (!out.empty()) out += " AND ";
    out += fmt::format("{}.{} {}", kNames[static_cast<size_t>(clause.key.entity)], Quote(clause.key.key, '`'),
                       kOperators[static_cast<size_t>(clause.op)]);
    if (clause.op == SearchOperator::kIn || clause.op == SearchOperator::kNotIn) {
      std::string list;
      for (const std::string& text : clause.texts) list += (list.empty() ? "" : ", ") + Quote(text, '\'');
      out += fmt::format(" ({})", list);
    } else if (!clause.texts.empty()) {
      out += " " + Quote(clause.texts.front(), '\'');
    } else if (clause.op < SearchOperator::kIsNull) {
      out += fmt::format(" {}", clause.number);
    }
  }
  return out;
}

bool SearchFilter::Matches(const Lookup& lookup) const {
  return std::ranges::all_of(clauses_, [&](const SearchClause& clause) {
    const std::vector<SearchValue> values = lookup(clause.key);
    const bool there = std::ranges::any_of(
        values, [](const SearchValue& value) { return !std::holds_alternative<std::monostate>(value); });
    if (clause.op == SearchOperator::kIsNull) return !there;
    if (clause.op == SearchOperator::kIsNotNull) return there;
    return std::ranges::any_of(values, [&](const SearchValue& value) { return Meets(clause, value); });
  });
}

Result<SearchOrder> ParseSearchOrder(std::string_view text, const SearchFields& fields) {
  if (text.size() > kLongest || !IsUtf8(text)) return InvalidArgument("Invalid order_by clause");
  return Reader(text, fields).Order();
}

int CompareForOrder(const SearchValue& a, const SearchValue& b, bool ascending) {
  const auto rank = [](const SearchValue& value) {
    if (std::holds_alternative<std::monostate>(value)) return 2;
    const auto* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number) ? 1 : 0;
  };
  if (rank(a) != rank(b)) return rank(a) - rank(b);
  if (rank(a) != 0 || a == b) return 0;
  return (a < b) == ascending ? -1 : 1;
}

bool MatchesLike(std::string_view text, std::string_view pattern, bool fold) {
  // Greedy with one point to come back to: the last '%'. Quadratic at worst, never exponential.
  size_t t = 0, p = 0, star = std::string_view::npos, retry = 0;
  const auto step = [&](size_t at) { return std::max<size_t>(1, Utf8LengthAt(text, at)); };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t += step(t);
      ++p;
    } else if (p < pattern.size() && (fold ? Lower(pattern[p]) == Lower(text[t]) : pattern[p] == text[t])) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      retry += step(retry);
      t = retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace sinter
