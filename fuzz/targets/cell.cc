// What cells write, and what --column asks for: numbers read back from their shortest form, a row's hash does
// not depend on the type that its cells were given, and a request for classes names each once.
#include "platform/data/cell.h"

#include <set>

#include "fuzz/targets.h"
#include "platform/data/column_types.h"

namespace sinter {
namespace {

Sha256Digest HashOf(const Cell& cell) {
  RowHasher hasher({"c"});
  hasher.Begin();
  hasher.Add(0, cell);
  return hasher.Finish();
}

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  const auto number = ParseCellNumber(text);
  const auto whole = ParseCellWhole(text);
  if (whole) {
    SINTER_CHECK(number == static_cast<double>(*whole));
    SINTER_CHECK(HashOf(Cell::Text(text)) == HashOf(Cell::Whole(*whole)));
  }
  if (number) {
    SINTER_CHECK(!IsMissingMark(text));
    SINTER_CHECK(ParseCellNumber(CellText(Cell::Number(*number))) == *number);
    if (!whole) SINTER_CHECK(HashOf(Cell::Text(text)) == HashOf(Cell::Number(*number)));
  }
  if (IsMissingMark(text)) SINTER_CHECK(HashOf(Cell::Text(text)) == HashOf({}));
  TRY(const ColumnRequest request, ParseColumnRequest(text));
  SINTER_CHECK(request.type != ColumnRequest::Type::kGuess);
  SINTER_CHECK(request.classes.empty() || request.type == ColumnRequest::Type::kClass);
  const std::set<std::string> distinct(request.classes.begin(), request.classes.end());
  SINTER_CHECK(distinct.size() == request.classes.size() && !distinct.contains(""));
  return {};
}

}  // namespace

FuzzTarget CellTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 512}; }

}  // namespace sinter
