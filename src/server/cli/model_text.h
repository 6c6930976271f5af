// A model's version as people read it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace sinter {

// `version` as GET /models/REF gives it; `classes`: the signature's, for the confusion matrix (may be empty).
std::string ModelText(const Json& version, const std::vector<std::string>& classes);
// Rows are what it was, columns what the model said. Up to 20 classes in full; of more, the ten commonest
// mistakes. Empty for what is no square matrix of counts.
std::string ConfusionText(const Json& matrix, const std::vector<std::string>& classes);

}  // namespace sinter
