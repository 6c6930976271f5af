#include "media/tables/parquet.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "media/tables/parquet_cursor.h"
#include "media/tables/parquet_meaning.h"

namespace sinter {

std::string_view ParquetKindName(ParquetKind kind) {
  switch (kind) {
    case ParquetKind::kBool:
      return "bool";
    case ParquetKind::kInteger:
      return "integer";
    case ParquetKind::kReal:
      return "real";
    case ParquetKind::kText:
      return "text";
    case ParquetKind::kBytes:
      break;
  }
  return "bytes";
}

struct ParquetReader::State {
  std::span<const std::byte> file;
  ParquetMetadata metadata;
  std::vector<size_t> selected;
  size_t group = 0;   // that is read
  int64_t left = 0;   // rows of it
  bool open = false;  // its cursors are
  std::vector<ParquetCursor> cursors;
  std::vector<std::string> made;  // texts of the batch, by selected column
};

ParquetReader::ParquetReader(std::unique_ptr<State> state) : state_(std::move(state)) {
  columns_.reserve(state_->metadata.leaves.size());
  for (const ParquetLeaf& leaf : state_->metadata.leaves)
    columns_.push_back({leaf.name, KindOf(leaf), leaf.max_definition > 0, leaf.repeated});
}

ParquetReader::~ParquetReader() = default;

Result<std::unique_ptr<ParquetReader>> ParquetReader::Open(std::span<const std::byte> file) {
  auto state = std::make_unique<State>();
  state->file = file;
  TRY(state->metadata, ReadParquetMetadata(file));
  std::unique_ptr<ParquetReader> reader(new ParquetReader(std::move(state)));
  std::vector<size_t> all(reader->columns_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  std::erase_if(all, [&](size_t i) { return reader->columns_[i].repeated; });
  TRY_STATUS(reader->Select(std::move(all)));
  return reader;
}

int64_t ParquetReader::rows() const { return state_->metadata.rows; }

Status ParquetReader::Select(std::vector<size_t> columns) {
  for (const size_t i : columns) {
    if (i >= columns_.size())
      return InvalidArgument(fmt::format("there is no column {}; there are {}", i, columns_.size()));
    if (columns_[i].repeated)
      return Unsupported(fmt::format("column '{}' holds lists", columns_[i].name), "leave it out");
  }
  state_->made.resize(columns.size());
  state_->selected = std::move(columns);
  return {};
}

Result<size_t> ParquetReader::Next(size_t most, std::vector<ParquetValues>& batch) {
  State& state = *state_;
  batch.assign(state.selected.size(), {});
  while (state.left == 0) {
    if (state.open) ++state.group;
    state.open = false;
    if (state.group == state.metadata.groups.size()) return 0;
    const ParquetRowGroup& group = state.metadata.groups[state.group];
    state.cursors.clear();
    for (const size_t i : state.selected)
      state.cursors.emplace_back(state.file, state.metadata.leaves[i], group.chunks[i]);
    state.left = group.rows;
    state.open = true;
  }
  size_t rows = static_cast<size_t>(std::min<int64_t>(state.left, static_cast<int64_t>(most)));
  for (ParquetCursor& cursor : state.cursors) {
    TRY(const size_t available, cursor.Available());
    rows = std::min(rows, available);
  }
  SINTER_CHECK(most == 0 || rows > 0);  // a chunk has as many values as its group has rows
  RawParquetValues raw;
  for (size_t c = 0; c < state.cursors.size(); ++c) {
    const ParquetLeaf& leaf = state.metadata.leaves[state.selected[c]];
    raw.Clear();
    TRY_STATUS(state.cursors[c].Read(rows, batch[c].present, raw));
    if (Status converted = ConvertParquetValues(leaf, raw, state.made[c], batch[c]); !converted)
      return std::move(converted).error().In(fmt::format("column '{}'", leaf.name));
  }
  state.left -= static_cast<int64_t>(rows);
  return rows;
}

}  // namespace sinter
