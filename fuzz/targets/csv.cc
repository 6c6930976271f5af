// CSV, whatever the delimiter: the same rows when the bytes come one at a time, cells of sound UTF-8, and
// what was read is read again from the table written out with every cell in quotes.
#include "media/tables/csv.h"
#include "base/utf8.h"
#include "fuzz/targets.h"
#include "media/tables/testing.h"

namespace sinter {
namespace {

void AddQuoted(std::string& out, std::string_view cell) {
  out += '"';
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

// Rows as RFC 4180 writes them, every cell but a missing one in quotes.
Result<std::string> Written(TableReader& reader) {
  std::string text;
  const size_t fields = reader.fields().size();
  for (size_t c = 0; c < fields; ++c) {
    if (c > 0) text += ',';
    AddQuoted(text, reader.fields()[c].name);
  }
  text += "\r\n";
  for (TableBatch batch;;) {
    TRY_STATUS(reader.Next(batch, 3));
    if (batch.rows == 0) return text;
    for (size_t r = 0; r < batch.rows; ++r) {
      SINTER_CHECK(r == 0 || batch.lines[r] > batch.lines[r - 1]);
      for (size_t c = 0; c < fields; ++c) {
        const TableColumn& column = batch.columns[c];
        if (c > 0) text += ',';
        SINTER_CHECK(IsUtf8(column.Text(r)));
        if (column.missing[r] == 0) AddQuoted(text, column.Text(r));
        // A row that is one missing cell would be a blank line.
        if (column.missing[r] != 0) SINTER_CHECK(fields > 1);
      }
      text += "\r\n";
    }
  }
}

Status Run(std::span<const std::byte> input) {
  const auto whole = [&](size_t piece) -> Result<std::string> {
    TRY(const auto reader, OpenCsv(TextSource(TextOf(input), piece)));
    return Written(*reader);
  };
  const auto text = whole(SIZE_MAX), pieces = whole(1);
  SINTER_CHECK(text.has_value() == pieces.has_value());
  if (!text) {
    SINTER_CHECK(text.error().message == pieces.error().message);
    return text.error();
  }
  SINTER_CHECK(*text == *pieces);
  TRY(const auto again, OpenCsv(TextSource(*text), {.delimiter = ',', .header = true}));
  TRY(const std::string second, Written(*again));
  SINTER_CHECK(second == *text);
  return {};
}

}  // namespace

FuzzTarget CsvTarget() {
  return {&Run,
          {ErrorCode::kInvalidArgument, ErrorCode::kUnsupported, ErrorCode::kResourceExhausted,
           ErrorCode::kCorrupt},
          8192};
}

}  // namespace sinter
