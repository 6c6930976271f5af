// Gradients against finite differences.
#pragma once

#include <string>

#include "engine/ops/testing/sample.h"

namespace sinter {

// Compares the page's gradient, built into a graph and run by the reference interpreter, with central
// differences of a random linear functional of the outputs, for every floating-point input of an f64 case:
// |a - b| <= 1e-6 max(1, |b|). The error says which input and element differ.
Status CheckGradient(const Operator& page, const OperatorCatalog& catalog, const SampleCase& sample,
                     uint64_t seed);

}  // namespace sinter
