// The IR as text, both ways. docs/ir.md gives the grammar with examples.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

struct PrintOptions {
  // Tensors of more elements print as "f32[784,128]{...}" (which does not parse back); -1: print all.
  int64_t largest_tensor = -1;
};

// Canonical: ParseModule(PrintModule(m)) prints the same text again.
//
//   module mlp {
//     meta producer = "sinter"
//     symbol N in 1..4096
//     symbol found in 0..N*10
//     state shared trainable @w: f32[784,10] = f32[784,10]{...}
//     state session @seen: i64[]
//     func @forward(%x: f32[N,784]) {
//       %w: f32[784,10] = read @w
//       %h: f32[N,10] = MatMul "layer1" (%x, %w)
//       %i: i64[2,found] = NonZero(%h)
//       %p, %q = Split(%h) {axis = 1, num_outputs = 2}
//       %z: f32[N,10] = If(%c) then_branch() { yield %h } else_branch() { %r = Relu(%h) yield %r }
//       %k = Loop(%n, , %v) body(%it: i64[], %go: bool[], %vv: f32[N,10]) { ... yield %go, %vv }
//       %e = call @encode(%x)
//       %l = Constant() {value = f32[2]{1.0, 2.5}}
//       update @w = %w2
//       return %y
//     }
//   }
//
// An absent optional input is an empty place between commas (trailing ones are left out); an output that is
// not wanted is `_`. Types after `:` may be left out of results; inference fills them. `//` starts a comment.
std::string PrintModule(const Module& module, const PrintOptions& options = {});
std::string PrintNode(const Function& function, const Node& node, const PrintOptions& options = {});

// Errors: "LINE:COLUMN: what was expected, what stands there". Bounded: nesting 64, names 256 bytes, tensors
// as large as the text that spells them.
Result<Module> ParseModule(std::string_view text);

// One type, one tensor, one attribute in the same spelling; for recipes, tests and pages' defaults.
Result<Type> ParseType(std::string_view text);
Result<Tensor> ParseTensor(std::string_view text);
Result<Attribute> ParseAttribute(std::string_view text);
std::string PrintTensor(const Tensor& tensor, int64_t largest = -1);
std::string PrintAttribute(const Attribute& attribute, int64_t largest = -1);

}  // namespace sinter
