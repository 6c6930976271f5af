// Draws cases from the samples on operators' pages (the grammar stands in graph/operator.h), for the tests of
// pages and the conformance suites of devices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

struct SampleInput {
  Tensor tensor;          // not defined: absent
  Shape symbolic;         // the dims as written, over the sample's letters
  bool constant = false;  // "= {...}": part of the graph
};

struct SampleCase {
  std::string line;                 // as the page writes it
  std::vector<SampleInput> inputs;  // by position
  Attributes attributes;
  size_t outputs = 1;
  std::vector<std::pair<std::string, int64_t>> letters;  // what each dimension's letter was drawn as
  std::string Describe() const;                          // line, letters and dtypes; for messages
};

// The dtypes that the letter `T` (the first letter of the page) can take in this sample; one entry,
// kUndefined, where the line names all dtypes itself.
std::vector<DType> SampleDTypes(const Operator& page, std::string_view line);

// The same arguments draw the same case; letters are drawn from 1 to `largest`. Errors: a line that does not
// parse.
Result<SampleCase> DrawSample(const Operator& page, std::string_view line, DType dtype, uint64_t seed,
                              int64_t largest = 7);

// A module with one function @f that applies the operator to the case: its parameters are the inputs that
// are no constants. With `symbolic`, letters are symbols of the module.
Module SampleModule(const Operator& page, const SampleCase& sample, bool symbolic);
// The values for the parameters of that function.
std::vector<Tensor> SampleArguments(const SampleCase& sample);

}  // namespace sinter
