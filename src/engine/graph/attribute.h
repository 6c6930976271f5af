// What a node carries besides its inputs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/tensor/tensor.h"
#include "engine/tensor/type.h"

namespace sinter {

// In the IR's text: 1, 0.5, "same", [1,2], [0.5,1.0], ["a","b"], i64[2]{1,2}, f32[N,2] (a Type), f16 (a
// DType).
using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                               std::vector<std::string>, Tensor, Type, DType>;
// Sorted by name, so that printing is canonical.
using Attributes = std::map<std::string, Attribute, std::less<>>;

bool SameAttribute(const Attribute& a, const Attribute& b);

}  // namespace sinter
