// JSON Lines (ndjson): one object a line, a row each.
#pragma once

#include <memory>

#include "base/stream.h"
#include "media/tables/table.h"

namespace sinter {

struct JsonLinesOptions {
  // Objects and lists inside a row: refused, or their members columns of their own, named by their path
  // ("address.city", "scores.0").
  bool flatten = false;
};

// A first pass over the whole source: which columns there are, in the order in which they are met, and what
// they hold. i64 where every value is a whole number that fits, f64 where all are numbers, bool where all are
// true or false, else text. A column that is null throughout is text.
Result<std::vector<TableField>> ScanJsonLines(std::unique_ptr<ByteSource> source,
                                              const JsonLinesOptions& options = {});

// The rows, of the columns that a scan gave. A column that a row does not name, or names null, is missing
// there; values of mixed kinds become text as they are written. Gzipped or plain, with a byte order mark or
// without; blank lines are passed over.
//
// Bounded: a line kRowBytes, kTableFields, JSON's depth 64. Errors, with the line: kInvalidArgument (no
// object, broken JSON, a name twice, nested without `flatten`, a column that `fields` lacks, a value that
// does not fit it), kResourceExhausted (a bound), kCorrupt (gzip damaged).
Result<std::unique_ptr<TableReader>> OpenJsonLines(std::unique_ptr<ByteSource> source,
                                                   std::vector<TableField> fields,
                                                   const JsonLinesOptions& options = {});

}  // namespace sinter
