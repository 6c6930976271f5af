// The steps that clean a data set, as their author writes them: a YAML file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "platform/data/column_types.h"
#include "platform/data/filter.h"

namespace sinter {

// steps:
//   - drop: [id, remark]                      columns
//   - fill: {column: age, with: median}       mean, median, mode: of the training split (else the first)
//   - fill: {column: colour, value: unknown}
//   - cast: {column: zip, to: text}           as --column has it; otherwise: missing, where a value does not
//   fit
//   - filter: age >= 18 and not colour == 'red'    the rows that are kept
//   - deduplicate: {by: [name, age]}          the first stays, of all splits in order; without `by` all
//                                             columns but the label
//   - relabel: {column: species, from: {setosa: Iris setosa}}
//   - relabel: {column: species, where: petal < 2, to: Iris setosa}
//   - mask: {column: note, where: note contains '@'}    the values become missing; without `where` all of
//   them
//   - mask: {column: note, what: [mail, phone, card, identity, name]}   of a text, what FindPersonal finds;
//   or all
//   - forget: {columns: [name, age], records: ["2c9f...", ...]}    leaves out rows by the SHA-256 of what
//   they
//                                             say in these columns (RowHasher): records that are given up, of
//                                             any later version too, and nowhere what they say
struct CleanStep {
  enum class Kind : uint8_t { kDrop, kFill, kCast, kFilter, kDeduplicate, kRelabel, kMask, kForget };
  Kind kind = Kind::kDrop;
  std::vector<std::string> columns;                        // of most steps the one column
  std::string with;                                        // of fill: mean, median, mode; empty: `value`
  std::optional<std::string> value;                        // of fill and relabel
  std::string type;                                        // of cast, as written
  bool or_missing = false;                                 // of cast
  std::vector<std::pair<std::string, std::string>> names;  // of relabel, in the file's order
  std::vector<std::string> what;                           // of mask: kinds of personal data
  std::vector<Sha256Digest> records;                       // of forget: in order, each once
  std::optional<Filter> where;                             // of filter, relabel, mask
  int line = 0;
};

// Errors begin with "line L, column C: ".
Result<std::vector<CleanStep>> ParseCleanSteps(std::string_view yaml);
// Of the columns, the records' digests in order: a step, and the same as a file that ParseCleanSteps reads.
CleanStep ForgetStep(std::vector<std::string> columns, std::vector<Sha256Digest> records);
std::string ForgetStepText(const CleanStep& step);
// What is recorded; the same steps, however they are written, are the same JSON.
Json CleanStepJson(const CleanStep& step);

}  // namespace sinter
