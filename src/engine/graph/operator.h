// The page of an operator: all that there is to know about it, in one place (ops/<name>.cc). Passes, the
// cost model, sharding, autodiff, the tests and the documentation ask these facts and name no operators
// themselves. Every field must be given: types without a default make an incomplete page a compile error.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "engine/graph/contexts.h"
#include "engine/tensor/dtype.h"

namespace sinter {

// A field that must be given.
template <class T>
struct Required {
  T value;
  template <class U>
    requires std::is_constructible_v<T, U>
  constexpr Required(U&& given)
      : value(std::forward<U>(given)) {}                 // NOLINT: implicit, for designated initialisers
  constexpr operator const T&() const { return value; }  // NOLINT
};

// The last two stand last in their list: one or more, none or more.
enum class Arity : uint8_t { kRequired, kOptional, kVariadic, kAnyNumber };

// An input or output. Formals with the same `type_letter` have the same dtype; '-' binds nothing.
struct Formal {
  std::string_view name;
  char type_letter;
  DTypeSet dtypes;
  Arity arity = Arity::kRequired;
  bool encoded = false;  // takes tensors whose encoding is not plain as well
};

// An attribute: its kind is that of `fallback` unless required. Kinds: the alternatives of Attribute.
enum class AttributeKind : uint8_t {
  kInt,
  kFloat,
  kString,
  kInts,
  kFloats,
  kStrings,
  kTensor,
  kType,
  kDType
};
struct FormalAttribute {
  std::string_view name;
  AttributeKind kind;
  bool required = false;
  std::string_view fallback = {};  // the default as the IR's text writes it ("0", "[1,1]", "\"constant\"");
                                   // documentation and code read it through NodeView
  std::string_view help = {};
};

// A region that the node carries ("body").
struct FormalRegion {
  std::string_view name;
};

// --- types --------------------------------------------------------------------------------------------
// Sets the type of each output (and, where it can, the contents of small integer tensors) from the inputs.
using InferFunction = Status (*)(InferContext&);

// --- value --------------------------------------------------------------------------------------------
// Computes outputs from inputs, plainly and exactly; the judge of every other kernel.
using ReferenceFunction = Status (*)(ReferenceContext&);

// --- gradient -----------------------------------------------------------------------------------------
using GradientFunction = Status (*)(GradientContext&);
struct NoGradient {
  std::string_view reason;
};  // "the output is integer", "piecewise constant: zero almost everywhere"
using Gradient = std::variant<GradientFunction, NoGradient>;

// --- index expression ---------------------------------------------------------------------------------
// How output elements depend on input elements. From it follow flops, bytes, what may be fused, and how a
// split of the inputs splits the output or leaves a partial sum.
// out[i] = f(in0[i], in1[i], ...), broadcast.
struct Elementwise {
  bool positional = false;  // f also depends on where i stands: a seeded mask, a scale by axis
};
struct Contraction {
  std::string_view expression;
};  // "mk,kn->mn"; labels not in the output are summed; leading batch dims as "..."
struct Reduction {
  std::string_view combine;
};  // "sum", "max", "mean": over the axes the node names
struct Movement {};     // each output element is one input element, moved
struct WindowedSum {};  // convolutions and pools: a contraction over sliding windows
struct RowWise {};      // each row along the last (or `axis`) dims on its own: softmax, layer norm
struct Opaque {
  std::string_view reason;
};  // nothing can be said
using IndexExpression =
    std::variant<Elementwise, Contraction, Reduction, Movement, WindowedSum, RowWise, Opaque>;

// --- composition --------------------------------------------------------------------------------------
// Builds the same outputs from simpler operators.
using LoweringFunction = Status (*)(LoweringContext&);
// `variants`: function texts in which exporters write this operator; recognising it is matching them.
struct Composition {
  LoweringFunction lower;
  std::span<const std::string_view> variants;
};
struct Primitive {};
using Structure = std::variant<Primitive, Composition>;

// --- algebra ------------------------------------------------------------------------------------------
// Facts that the simplifier and CSE use.
struct Algebra {
  bool commutative = false;
  bool idempotent = false;     // f(f(x)) == f(x): Relu, Abs, Ceil
  bool involution = false;     // f(f(x)) == x: Neg, Not
  double identity = kNone;     // binary: f(x, identity) == x: 0 for Add, 1 for Mul
  bool left_identity = false;  // f(identity, x) == x as well
  static constexpr double kNone = -1e308;
};
// Whether output 0 is input 0 as it is: a cast to the same dtype, a Pad by nothing. `inputs`: what is known
// of them (null: absent).
using PassesThroughFunction = bool (*)(const NodeView& node, std::span<const ValueFacts* const> inputs,
                                       const Type& output);
enum class Effect : uint8_t { kPure, kCollective };  // a collective runs on every rank, in order, or on none

// --- samples ------------------------------------------------------------------------------------------
// Cases from which the tests draw: the operator is checked against finite differences (f64), and each device
// against the reference, over random shapes and every dtype that the letters allow. One line a case:
//   "A: T[M,K], B: T[K,N] | alpha=0.5, transA=1"
// Types: a dtype, or the letter of a formal (every dtype of its set is tried; f64 for gradients). Dims: a
// number, or a letter (drawn from 1 to 7, the same within a case), or sums and products of these. Values:
// "in lo..hi" after a type (default -2..2; for integers lo and hi are included and may name dims:
// "I: i64[K] in 0..N-1"), "distinct" (no two equal, none within 0.05 of another or of zero: for kinks of max
// and abs), "= {...}" for constants. An optional input that is left out is simply absent.
using Samples = std::span<const std::string_view>;
// Why there are none (control flow and collectives have tests of their own, which name them).
struct NoSamples {
  std::string_view tested_by;
};
using Sampling = std::variant<Samples, NoSamples>;

struct Operator {
  Required<std::string_view> name;     // "MatMul", "sinter.AllReduce"
  Required<std::string_view> summary;  // one sentence for docs/operators.md
  Required<std::span<const Formal>> inputs;
  Required<std::span<const Formal>> outputs;
  Required<std::span<const FormalAttribute>> attributes;
  std::span<const FormalRegion> regions = {};
  Required<InferFunction> infer;
  Required<ReferenceFunction> reference;
  Required<Gradient> gradient;
  Required<IndexExpression> index;
  Required<Structure> structure;
  Algebra algebra = {};
  bool view = false;  // output 0 is input 0's elements in the same order: no bytes need move
  PassesThroughFunction passes_through = nullptr;  // null: only a view whose type stays does
  Effect effect = Effect::kPure;
  Required<Sampling> samples;
};

// Finds pages by name. ops/ implements it (Operators()); graph/ knows the interface alone.
class OperatorCatalog {
 public:
  virtual ~OperatorCatalog() = default;
  virtual const Operator* Find(std::string_view name) const = 0;  // null when unknown
  virtual std::span<const Operator* const> All() const = 0;       // sorted by name
};

}  // namespace sinter
