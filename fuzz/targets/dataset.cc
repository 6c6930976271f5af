// dataset.json: what is accepted is the same when it is written and read again, and its sizes fit 64 bits.
#include "platform/data/dataset.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const DatasetInfo info, ParseDataset(TextOf(input)));
  const auto again = ParseDataset(DatasetText(info));
  SINTER_CHECK(again.has_value() && *again == info);
  for (const DatasetColumn& column : info.columns) {
    SINTER_CHECK(column.RowBytes() > 0 && column.RowBytes() <= uint64_t{1} << 35);
    for (const DatasetSplit& split : info.splits)
      SINTER_CHECK(static_cast<uint64_t>(split.rows) <= (uint64_t{1} << 42) / column.RowBytes());
  }
  return {};
}

}  // namespace

FuzzTarget DatasetTarget() { return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kUnsupported}}; }

}  // namespace sinter
