// Sources that give their bytes in small pieces, and tables as text, for tests and fuzz targets.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/stream.h"
#include "media/tables/table.h"

namespace sinter {

// At most `piece` bytes a call: what straddles two blocks is met.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view text, size_t piece) : source_(std::as_bytes(std::span(text))), piece_(piece) {}
  Result<size_t> Read(std::span<std::byte> out) override {
    return source_.Read(out.first(std::min(out.size(), piece_)));
  }

 private:
  SpanSource source_;
  size_t piece_;
};

inline std::unique_ptr<ByteSource> TextSource(std::string_view text, size_t piece = SIZE_MAX) {
  return std::make_unique<PieceSource>(text, piece);
}

// Every cell in brackets, a missing one as "-", rows by '\n': "[a][-]\n[1][2]\n". Checks that each batch
// holds what its row count says.
inline Result<std::string> TableText(TableReader& reader, size_t rows = 2) {
  std::string text;
  for (TableBatch batch;;) {
    TRY_STATUS(reader.Next(batch, rows));
    SINTER_CHECK(batch.rows <= rows && batch.columns.size() == reader.fields().size());
    if (batch.rows == 0) return text;
    SINTER_CHECK(batch.lines.empty() || batch.lines.size() == batch.rows);
    for (size_t r = 0; r < batch.rows; ++r) {
      for (size_t c = 0; c < batch.columns.size(); ++c) {
        const TableColumn& column = batch.columns[c];
        SINTER_CHECK(column.missing.size() == batch.rows);
        const CellType type = reader.fields()[c].type;
        text += '[';
        if (column.missing[r] != 0) {
          text += '-';
        } else if (type == CellType::kText) {
          SINTER_CHECK(column.offsets.size() == batch.rows + 1);
          text += column.Text(r);
        } else if (type == CellType::kF64) {
          SINTER_CHECK(column.floats.size() == batch.rows);
          text += std::to_string(column.floats[r]);
        } else {
          SINTER_CHECK(column.ints.size() == batch.rows);
          text += std::to_string(column.ints[r]);
        }
        text += ']';
      }
      text += '\n';
    }
  }
}

// "name:type" of each field, by spaces.
inline std::string FieldsText(const std::vector<TableField>& fields) {
  std::string text;
  for (const TableField& field : fields)
    text += (text.empty() ? "" : " ") + field.name + ":" + std::string(CellTypeName(field.type));
  return text;
}

}  // namespace sinter
