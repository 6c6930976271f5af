// Which rows: a small language of comparisons.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/data/cell.h"
#include "platform/data/dataset.h"

namespace sinter {

// EXPR:  EXPR or EXPR | EXPR and EXPR | not EXPR | ( EXPR )
//        COLUMN == VALUE | != | < | <= | > | >=
//        COLUMN in (VALUE, ...) | COLUMN contains TEXT | COLUMN is missing | COLUMN is not missing
// `not` binds before `and`, `and` before `or`. COLUMN is a name of letters, digits, '_' and '.', or any other
// in `backquotes`; VALUE is a number or a text in '' or "" (a quote inside is doubled). A comparison with a
// missing value is false, whichever it is. `split` is the row's split where no column is called so.
struct FilterNode;

class Filter {
 public:
  // Bounded: 64 KB, nested at most 64 deep. Errors say at which character.
  static Result<Filter> Parse(std::string_view text);
  // The same without needless blanks and brackets; it parses again, to the same.
  std::string ToString() const;

  // The row's cell of a column; of column `columns.size()`, the name of its split.
  using CellOfColumn = std::function<Cell(size_t column)>;
  using Predicate = std::function<bool(const CellOfColumn&)>;
  // Errors: no such column; a number compared with a text; what only numbers have (<, >) asked of another
  // column; pictures and vectors.
  Result<Predicate> Bind(const std::vector<DatasetColumn>& columns) const;

 private:
  std::shared_ptr<const FilterNode> root_;
};

}  // namespace sinter
