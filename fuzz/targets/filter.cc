// Filters: what parses prints, and what it prints parses to the same; bound to columns it is asked of a row.
#include "platform/data/filter.h"

#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Filter filter, Filter::Parse(TextOf(input)));
  const std::string text = filter.ToString();
  const auto again = Filter::Parse(text);
  SINTER_CHECK(again.has_value() && again->ToString() == text);
  const std::vector<DatasetColumn> columns = {{"a", ColumnKind::kNumber, DType::kF64},
                                              {"b", ColumnKind::kClass, DType::kU8, {}, {"x", "y"}},
                                              {"c", ColumnKind::kText, DType::kU8},
                                              {"d", ColumnKind::kPicture, DType::kU8, {1, 1}}};
  TRY(const Filter::Predicate first, filter.Bind(columns));
  TRY(const Filter::Predicate second, again->Bind(columns));
  const Cell rows[][5] = {
      {Cell::Number(1), Cell::Text("x"), Cell::Text("xy"), Cell::Bytes("p"), Cell::Text("train")},
      {Cell(), Cell(), Cell(), Cell::Bytes("p"), Cell::Text("test")}};
  for (const auto& row : rows) {
    const auto cells = [&](size_t c) { return row[c]; };
    SINTER_CHECK(first(cells) == second(cells));
  }
  return {};
}

}  // namespace

FuzzTarget FilterTarget() {
  return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kUnsupported}, 2048};
}

}  // namespace sinter
