#include "engine/ops/support/extreme.h"

namespace sinter {

Status DifferentiateExtreme(GradientContext& c) {
  for (size_t i = 0; i < c.node().inputs.size(); ++i) {
    if (!c.Needs(i)) continue;
    const ValueId here = c.b.Op("Equal", {c.Input(i), c.Output(0)});
    SetBroadcastGradient(c, i,
                         c.b.Op("Where", {here, c.OutputGradient(0), c.b.Scalar(c.OutputType(0).dtype, 0)}));
  }
  return {};
}

Status InferArg(InferContext& c) {
  Shape out = c.InputShape(0);
  TRY(const int64_t axis, c.Axis("axis", out.size()));
  if (c.Int("keepdims") != 0)
    out[static_cast<size_t>(axis)] = 1;
  else
    out.erase(out.begin() + axis);
  c.SetOutput(0, DType::kI64, std::move(out));
  return {};
}

}  // namespace sinter
