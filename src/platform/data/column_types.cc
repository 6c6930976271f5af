#include "platform/data/column_types.h"

#include <algorithm>

#include <fmt/format.h>

#include "platform/data/classes.h"

namespace sinter {
namespace {

constexpr size_t kMostClasses = 65'536;
constexpr size_t kMostDistinctBytes = size_t{16} << 20;
constexpr size_t kGuessedClasses = 256, kGuessedClassBytes = 64;

// Numbers by their value, before texts by their bytes.
void SortClasses(std::vector<std::string>& classes) {
  std::ranges::sort(classes, [](const std::string& a, const std::string& b) {
    const auto x = ParseCellNumber(a), y = ParseCellNumber(b);
    if (x && y && *x != *y) return *x < *y;
    if (x.has_value() != y.has_value()) return x.has_value();
    return a < b;
  });
}

}  // namespace

Result<ColumnRequest> ParseColumnRequest(std::string_view text) {
  using Type = ColumnRequest::Type;
  constexpr std::pair<std::string_view, Type> kTypes[] = {{"number", Type::kNumber}, {"i64", Type::kI64},
                                                          {"f64", Type::kF64},       {"class", Type::kClass},
                                                          {"text", Type::kText},     {"drop", Type::kDrop}};
  ColumnRequest request;
  std::string_view classes = text.substr(std::min(text.find(':'), text.size()));
  const std::string_view type = text.substr(0, text.size() - classes.size());
  for (const auto& [name, known] : kTypes) {
    if (name == type) request.type = known;
  }
  if (request.type == Type::kGuess || (!classes.empty() && request.type != Type::kClass)) {
    return InvalidArgument(fmt::format("'{}' is no type of a column", text.substr(0, 64)),
                           "number, i64, f64, class, class:A|B|C, text or drop");
  }
  if (classes.empty()) return request;
  std::unordered_set<std::string_view> seen;
  for (classes.remove_prefix(1);;) {
    const std::string_view one = classes.substr(0, classes.find('|'));
    if (one.empty() || !seen.insert(one).second)
      return InvalidArgument(fmt::format("'{}': classes must have names, none twice", text.substr(0, 64)));
    request.classes.emplace_back(one);
    if (one.size() == classes.size()) break;
    classes.remove_prefix(one.size() + 1);
  }
  if (request.classes.size() > kMostClasses) return InvalidArgument("more than 65,536 classes");
  return request;
}

void ColumnGuess::Add(const Cell& cell) {
  ++rows_;
  std::string text;
  switch (cell.kind) {
    case Cell::Kind::kMissing:
      ++missing_;
      return;
    case Cell::Kind::kBytes:
      break;
    case Cell::Kind::kWhole:
      ++wholes_;
      ++numbers_;
      break;
    case Cell::Kind::kNumber:
      ++numbers_;
      break;
    case Cell::Kind::kText:
      if (ParseCellWhole(cell.text)) {
        ++wholes_;
        ++numbers_;
      } else if (ParseCellNumber(cell.text)) {
        ++numbers_;
      } else if (IsMissingMark(cell.text)) {
        ++marks_;
        if (IsMissingClass(cell.text)) {
          ++class_marks_;
          return;
        }
      }
      break;
  }
  if (cell.kind == Cell::Kind::kText)
    text = cell.text;
  else if (!overflow_)
    text = CellText(cell);
  longest_ = std::max(longest_, text.size());
  if (overflow_ || distinct_.contains(text)) return;
  distinct_bytes_ += text.size();
  overflow_ = distinct_.size() == kMostClasses || distinct_bytes_ > kMostDistinctBytes;
  if (overflow_)
    distinct_.clear();
  else
    distinct_.insert(std::move(text));
}

Result<DatasetColumn> ColumnGuess::Class(const std::string& name, const ColumnRequest& request,
                                         const DatasetColumn* earlier) const {
  DatasetColumn column{name, ColumnKind::kClass, DType::kU8,
                       {},   request.classes,    missing_ + class_marks_ > 0};
  if (column.classes.empty()) {
    if (overflow_) return InvalidArgument(fmt::format("column '{}' has more than 65,536 classes", name));
    if (earlier != nullptr && earlier->kind == ColumnKind::kClass) column.classes = earlier->classes;
    const std::unordered_set<std::string_view> known(column.classes.begin(), column.classes.end());
    std::vector<std::string> found;
    for (const std::string& text : distinct_) {
      if (!known.contains(text)) found.push_back(text);
    }
    SortClasses(found);
    column.classes.insert(column.classes.end(), found.begin(), found.end());
  }
  if (column.classes.empty())
    return InvalidArgument(fmt::format("column '{}' is to hold classes, and has no value", name));
  if (column.classes.size() > kMostClasses)
    return InvalidArgument(fmt::format("column '{}' has more than 65,536 classes", name));
  column.dtype = ClassDType(column.classes.size());
  return column;
}

Result<DatasetColumn> ColumnGuess::Column(const std::string& name, const ColumnRequest& request,
                                          bool is_label, const DatasetColumn* earlier) const {
  using Type = ColumnRequest::Type;
  const int64_t values = rows_ - missing_;
  const bool all_numbers = numbers_ > 0 && numbers_ + marks_ == values;
  const bool all_wholes = all_numbers && wholes_ == numbers_;
  Type type = request.type;
  if (type == Type::kGuess && is_label) type = Type::kClass;
  if (type == Type::kGuess) {
    const bool few = !overflow_ && !distinct_.empty() && distinct_.size() <= kGuessedClasses &&
                     static_cast<int64_t>(distinct_.size()) * 2 <= values - class_marks_ &&
                     longest_ <= kGuessedClassBytes;
    // What it was, it stays where its values allow it.
    const bool was_class = earlier != nullptr && earlier->kind == ColumnKind::kClass && !overflow_;
    const bool was_text = earlier != nullptr && earlier->kind == ColumnKind::kText;
    const bool was_f64 =
        earlier != nullptr && earlier->kind == ColumnKind::kNumber && earlier->dtype == DType::kF64;
    if (was_class || was_text)
      type = was_class ? Type::kClass : Type::kText;
    else if (all_numbers)
      type = was_f64 ? Type::kF64 : Type::kNumber;
    else
      type = few ? Type::kClass : Type::kText;
  }
  if (type == Type::kClass) return Class(name, request, earlier);
  DatasetColumn column{name, ColumnKind::kNumber, DType::kF64, {}, {}, missing_ + marks_ > 0};
  if (type == Type::kI64 || (type == Type::kNumber && all_wholes)) column.dtype = DType::kI64;
  if (type == Type::kText) {
    column.kind = ColumnKind::kText;
    column.dtype = DType::kU8;
    column.missing = missing_ > 0;
  }
  return column;
}

}  // namespace sinter
