#include <cstring>

#include <fmt/format.h>

#include "engine/graph/operator.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Type& in = c.InputType(0);
  const bool known = in.encoding.kind == Encoding::Kind::kInt8Channel ? in.dtype == DType::kF32
                     : in.encoding.kind == Encoding::Kind::kInt4
                         ? in.dtype == DType::kI8 || in.dtype == DType::kU8
                         : in.encoding.IsPlain();
  if (!known) return c.Invalid(fmt::format("{} cannot be decoded here", in.ToString()));
  if (in.encoding.kind == Encoding::Kind::kInt8Channel && static_cast<size_t>(in.encoding.axis) >= in.Rank())
    return c.Invalid(fmt::format("{} has no such axis", in.ToString()));
  c.SetOutput(0, in.dtype, in.shape);
  return {};
}

// int8 numbers, row-major, then one f32 scale for each index of the axis.
void DecodeChannels(const Tensor& in, size_t axis, Tensor& out) {
  const int64_t inner = Product(in.dims(), axis + 1, in.rank()), length = in.dim(axis);
  const auto* numbers = reinterpret_cast<const int8_t*>(in.raw());
  auto y = out.mutable_data<float>();
  for (int64_t i = 0; i < in.elements(); ++i) {
    float scale = 0;  // not aligned: the numbers before may be any count
    std::memcpy(&scale, in.raw() + in.elements() + 4 * (i / inner % length), sizeof(scale));
    y[static_cast<size_t>(i)] = static_cast<float>(numbers[i]) * scale;
  }
}

// Two values a byte, low nibble first; each row starts on a byte.
template <class T>
void DecodeNibbles(const Tensor& in, Tensor& out) {
  const size_t row = in.rank() == 0 ? 1 : static_cast<size_t>(in.dims().back());
  auto y = out.mutable_data<T>();
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t along = i % row;
    const auto byte = std::to_integer<unsigned>(in.raw()[i / row * ((row + 1) / 2) + along / 2]);
    const unsigned nibble = along % 2 == 0 ? byte & 15u : byte >> 4;
    y[i] = static_cast<T>(std::is_signed_v<T> && nibble > 7 ? static_cast<int>(nibble) - 16
                                                            : static_cast<int>(nibble));
  }
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  if (in.encoding().IsPlain()) return CopyAs(c, in.dims());
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  if (in.encoding().kind == Encoding::Kind::kInt8Channel)
    DecodeChannels(in, static_cast<size_t>(in.encoding().axis), out);
  else if (in.dtype() == DType::kI8)
    DecodeNibbles<int8_t>(in, out);
  else
    DecodeNibbles<uint8_t>(in, out);
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kAllPlain, Arity::kRequired, true}};
constexpr Formal kOutputs[] = {{"Y", 'T', kAllPlain}};

}  // namespace

const Operator& DecodeOperator() {
  static const Operator page{
      .name = "sinter.Decode",
      .summary = "The plain numbers of an encoded tensor (int8 with per-channel scales, packed int4).",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"encoded numbers are not trained"}),
      .index = IndexExpression(Elementwise{.positional = true}),
      .structure = Primitive{},
      .samples = NoSamples{"tests/ir/int8.sinter"},
  };
  return page;
}

}  // namespace sinter
