// Kept cases as the rows of a data set.
#pragma once

#include <span>
#include <string_view>

#include "platform/data/dataset.h"
#include "platform/hub/manifest.h"
#include "platform/serving/answer_reader.h"
#include "platform/serving/cases.h"
#include "platform/serving/model_interface.h"

namespace sinter {

inline constexpr std::string_view kCaseSplit = "cases";

struct CaseTable {
  DatasetInfo info;
  Manifest manifest;
  int64_t rows = 0;  // 0: none of the cases is one, and nothing was written
};

// A split of them, a column for each input of the model: one number a row is a number, a class by its name
// one of `categories`, others pictures or vectors. Then, of a classifier, the label to be corrected, which is
// what was said; or, `to_label`, that as a remark ("said"), and no label yet. Left out: a case that another
// model kept, or that is of another size than the first, and of a classifier one without a class.
Result<CaseTable> MakeCaseTable(BlobStore& store, const ModelInterface& model, const AnswerReader& answers,
                                std::span<const HardCase> cases, bool to_label);

}  // namespace sinter
