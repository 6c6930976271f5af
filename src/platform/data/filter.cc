#include "platform/data/filter.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sinter {

struct FilterNode {
  enum class Kind : uint8_t { kOr, kAnd, kNot, kCompare, kIn, kContains, kMissing };
  struct Value {
    std::optional<double> number;  // none: a text
    std::string text;              // of a number as it was written
  };
  Kind kind = Kind::kOr;
  std::vector<std::shared_ptr<const FilterNode>> parts;  // of or, and, not
  std::string column, op;
  std::vector<Value> values;
};

namespace {

using Kind = FilterNode::Kind;
using Node = std::shared_ptr<const FilterNode>;

constexpr int kDeepest = 64;
constexpr size_t kLongest = size_t{64} << 10;
constexpr std::string_view kWords[] = {"and", "or", "not", "in", "is", "contains", "missing"};

bool NameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool PlainColumn(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && name[0] != '.' &&
         std::ranges::all_of(name, NameByte) && std::ranges::find(kWords, name) == std::end(kWords);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> Whole() {
    TRY(Node node, Or(0));
    Blanks();
    if (at_ != text_.size()) return Fail("'and', 'or' or the end is needed");
    return node;
  }

 private:
  Error Fail(std::string_view what) const {
    return InvalidArgument(fmt::format("character {}: {}", at_ + 1, what),
                           "COLUMN == VALUE, <, in (...), contains, is missing; and, or, not");
  }
  void Blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool Take(std::string_view sign) {
    Blanks();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  bool TakeWord(std::string_view word) {
    Blanks();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || (rest.size() > word.size() && NameByte(rest[word.size()]))) return false;
    at_ += word.size();
    return true;
  }

  Result<Node> List(int depth, std::string_view word, Kind kind) {
    auto node = std::make_shared<FilterNode>();
    node->kind = kind;
    do {
      TRY(Node part, kind == Kind::kOr ? List(depth, "and", Kind::kAnd) : Not(depth));
      node->parts.push_back(std::move(part));
    } while (TakeWord(word));
    if (node->parts.size() == 1) return node->parts[0];
    return Node(std::move(node));
  }
  Result<Node> Or(int depth) { return List(depth, "or", Kind::kOr); }

  Result<Node> Not(int depth) {
    if (depth > kDeepest) return Fail("nested deeper than 64");
    if (TakeWord("not")) {
      auto node = std::make_shared<FilterNode>();
      node->kind = Kind::kNot;
      TRY(Node part, Not(depth + 1));
      node->parts.push_back(std::move(part));
      return Node(std::move(node));
    }
    if (Take("(")) {
      TRY(Node node, Or(depth + 1));
      if (!Take(")")) return Fail("')' is needed");
      return node;
    }
    return Comparison();
  }

  Result<Node> Comparison() {
    auto node = std::make_shared<FilterNode>();
    TRY(node->column, Column());
    if (TakeWord("is")) {
      const bool negated = TakeWord("not");
      if (!TakeWord("missing")) return Fail("'missing' is needed");
      node->kind = Kind::kMissing;
      if (!negated) return Node(std::move(node));
      auto around = std::make_shared<FilterNode>();
      around->kind = Kind::kNot;
      around->parts.push_back(std::move(node));
      return Node(std::move(around));
    }
    if (TakeWord("in")) {
      node->kind = Kind::kIn;
      if (!Take("(")) return Fail("'(' is needed");
      do {
        TRY(node->values.emplace_back(), Value());
      } while (Take(","));
      if (!Take(")")) return Fail("')' is needed");
      return Node(std::move(node));
    }
    if (TakeWord("contains")) {
      node->kind = Kind::kContains;
    } else {
      node->kind = Kind::kCompare;
      for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (!Take(op)) continue;
        node->op = op;
        break;
      }
      if (node->op.empty()) return Fail("a comparison is needed");
    }
    TRY(node->values.emplace_back(), Value());
    if (node->kind == Kind::kContains && node->values[0].number) return Fail("a text in quotes is needed");
    return Node(std::move(node));
  }

  Result<std::string> Column() {
    Blanks();
    if (at_ < text_.size() && text_[at_] == '`') {
      TRY(std::string name, Quoted());
      if (name.empty()) return Fail("a column's name is needed");
      return name;
    }
    const size_t begin = at_;
    while (at_ < text_.size() && NameByte(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (PlainColumn(name)) return std::string(name);
    at_ = begin;
    return Fail("a column's name is needed");
  }

  Result<FilterNode::Value> Value() {
    Blanks();
    FilterNode::Value value;
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      TRY(value.text, Quoted());
      return value;
    }
    const size_t begin = at_;
    while (at_ < text_.size() && (NameByte(text_[at_]) || text_[at_] == '-' || text_[at_] == '+')) ++at_;
    value.text = text_.substr(begin, at_ - begin);
    value.number = ParseCellNumber(value.text);
    if (value.number) return value;
    at_ = begin;
    return Fail("a number, or a text in quotes, is needed");
  }

  // What stands between quotes of the kind that `at_` is on.
  Result<std::string> Quoted() {
    const size_t begin = at_;
    const char quote = text_[at_++];
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        out += text_[at_];
        continue;
      }
      ++at_;
      if (at_ == text_.size() || text_[at_] != quote) return out;
      out += quote;
    }
    at_ = begin;
    return Fail("a quote that is never closed");
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string InQuotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

std::string Printed(const FilterNode& node, bool inner) {
  const std::string column = PlainColumn(node.column) ? node.column : InQuotes(node.column, '`');
  const auto value = [](const FilterNode::Value& v) { return v.number ? v.text : InQuotes(v.text, '\''); };
  std::string out;
  switch (node.kind) {
    case Kind::kOr:
    case Kind::kAnd:
      for (const Node& part : node.parts) {
        if (!out.empty()) out += node.kind == Kind::kOr ? " or " : " and ";
        out += Printed(*part, true);
      }
      return inner ? "(" + out + ")" : out;
    case Kind::kNot:
      return "not " + Printed(*node.parts[0], true);
    case Kind::kMissing:
      return column + " is missing";
    case Kind::kContains:
      return column + " contains " + value(node.values[0]);
    case Kind::kCompare:
      return fmt::format("{} {} {}", column, node.op, value(node.values[0]));
    case Kind::kIn:
      for (const auto& v : node.values) out += (out.empty() ? "" : ", ") + value(v);
      return column + " in (" + out + ")";
  }
  return out;
}

bool Holds(std::string_view op, double a, double b) {
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  return a >= b;
}

double NumberOf(const Cell& cell) {
  return cell.kind == Cell::Kind::kWhole ? static_cast<double>(cell.whole) : cell.number;
}

Result<Filter::Predicate> BindLeaf(const FilterNode& node, const std::vector<DatasetColumn>& columns) {
  const auto found = std::ranges::find(columns, node.column, &DatasetColumn::name);
  const auto column = static_cast<size_t>(found - columns.begin());
  if (found == columns.end() && node.column != "split")
    return NotFound(fmt::format("there is no column '{}'", node.column));
  const ColumnKind kind = found == columns.end() ? ColumnKind::kClass : found->kind;
  if (node.kind == Kind::kMissing)
    return Filter::Predicate(
        [column](const Filter::CellOfColumn& cells) { return cells(column).kind == Cell::Kind::kMissing; });
  if (kind == ColumnKind::kPicture || kind == ColumnKind::kVector)
    return Unsupported(
        fmt::format("column '{}' holds {}s, which are not compared", node.column, ColumnKindName(kind)));
  const bool number = kind == ColumnKind::kNumber;
  if (number && node.kind == Kind::kContains)
    return InvalidArgument(fmt::format("column '{}' holds numbers, which contain no text", node.column));
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const FilterNode::Value& value : node.values) {
    if (number && !value.number)
      return InvalidArgument(
          fmt::format("column '{}' holds numbers; '{}' is a text", node.column, value.text));
    numbers.push_back(value.number.value_or(0));
    texts.push_back(value.text);
  }
  if (!number && node.kind == Kind::kCompare && node.op != "==" && node.op != "!=")
    return InvalidArgument(
        fmt::format("column '{}' is a {}: {} is for numbers", node.column, ColumnKindName(kind), node.op));
  return Filter::Predicate(
      [column, number, numbers, texts, op = node.op, what = node.kind](const Filter::CellOfColumn& cells) {
        const Cell cell = cells(column);
        if (cell.kind == Cell::Kind::kMissing) return false;
        if (number) {
          const double value = NumberOf(cell);
          if (what == Kind::kIn) return std::ranges::find(numbers, value) != numbers.end();
          return Holds(op, value, numbers[0]);
        }
        if (what == Kind::kIn) return std::ranges::find(texts, cell.text) != texts.end();
        if (what == Kind::kContains) return cell.text.find(texts[0]) != std::string_view::npos;
        return (cell.text == texts[0]) == (op == "==");
      });
}

Result<Filter::Predicate> BindNode(const FilterNode& node, const std::vector<DatasetColumn>& columns) {
  if (node.parts.empty()) return BindLeaf(node, columns);
  std::vector<Filter::Predicate> parts;
  for (const Node& part : node.parts) {
    TRY(parts.emplace_back(), BindNode(*part, columns));
  }
  return Filter::Predicate([parts = std::move(parts), kind = node.kind](const Filter::CellOfColumn& cells) {
    const auto holds = [&](const Filter::Predicate& part) { return part(cells); };
    if (kind == Kind::kNot) return !holds(parts[0]);
    return kind == Kind::kAnd ? std::ranges::all_of(parts, holds) : std::ranges::any_of(parts, holds);
  });
}

}  // namespace

Result<Filter> Filter::Parse(std::string_view text) {
  if (text.size() > kLongest) return InvalidArgument("a filter of more than 64 KB");
  if (!IsUtf8(text)) return InvalidArgument("a filter that is no UTF-8");
  Filter filter;
  TRY(filter.root_, Parser(text).Whole());
  return filter;
}

std::string Filter::ToString() const { return Printed(*root_, false); }

Result<Filter::Predicate> Filter::Bind(const std::vector<DatasetColumn>& columns) const {
  return BindNode(*root_, columns);
}

}  // namespace sinter
