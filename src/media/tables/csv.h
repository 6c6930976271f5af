// CSV and its kin: RFC 4180 with what the world adds to it.
#pragma once

#include <memory>
#include <optional>

#include "base/stream.h"
#include "media/tables/table.h"

namespace sinter {

struct CsvOptions {
  char delimiter = 0;  // 0: the one of , ; tab | that stands most often in the first row
  std::optional<bool>
      header;  // unset: the first row is one where no cell of it is empty, a number, or twice there
};

// Reads UTF-8, gzipped or plain, with a byte order mark or without; rows end at LF, CRLF or CR. A cell in
// quotes may hold delimiters, line ends and doubled quotes; quotes inside a cell that does not begin with one
// are themselves. A cell that is empty and not in quotes is missing; an empty one in quotes is a text. Blank
// lines are passed over. Without a header the columns are c1, c2 ... Every field is of type text.
//
// Bounded: kCellBytes, kRowBytes, kTableFields. Errors, with line and column (in bytes, from 1):
// kInvalidArgument (a row with more or fewer cells than the first, text after a closing quote, a quote never
// closed, no UTF-8, no rows), kUnsupported (UTF-16), kResourceExhausted (a bound), kCorrupt (gzip damaged).
Result<std::unique_ptr<TableReader>> OpenCsv(std::unique_ptr<ByteSource> source,
                                             const CsvOptions& options = {});

}  // namespace sinter
