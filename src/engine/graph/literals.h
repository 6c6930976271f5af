// Types, tensors and attributes of the IR's text, read from a lexer. For graph's own files; text.h is for
// all.
#pragma once

#include "engine/graph/attribute.h"
#include "engine/graph/lexer.h"

namespace sinter {

// depth bounds nested types and lists.
Result<Type> ReadType(Lexer& lexer, int depth = 0);
Result<Attribute> ReadAttribute(Lexer& lexer);
// After a tensor type: "{1, 2, 3}".
Result<Tensor> ReadTensorElements(Lexer& lexer, const Type& type);
Result<Attributes> ReadAttributes(Lexer& lexer);  // "{a = 1, b = ...}"

std::string PrintNumber(double value);  // always with '.', 'e', "inf" or "nan": never read back as an integer
std::string PrintAttributes(const Attributes& attributes, int64_t largest);  // " {a = 1}" or ""

}  // namespace sinter
