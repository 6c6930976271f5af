#include "engine/models/activation.h"

#include <cmath>
#include <numbers>

namespace sinter {
namespace {

// x/2 (1 + erf(x / sqrt 2)): D. Hendrycks and K. Gimpel, arXiv:1606.08415.
ValueId Gelu(GraphBuilder& b, ValueId x) {
  const DType dtype = b.TypeOf(x).dtype;
  const ValueId scaled = b.Op("Mul", {x, b.Scalar(dtype, std::numbers::sqrt2 / 2)});
  const ValueId cdf2 = b.Op("Add", {b.Op("Erf", {scaled}), b.Scalar(dtype, 1.0)});
  return b.Op("Mul", {b.Op("Mul", {x, cdf2}), b.Scalar(dtype, 0.5)});
}

}  // namespace

bool IsRectifier(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
    case Activation::kLeakyRelu:
    case Activation::kElu:
    case Activation::kGelu:
    case Activation::kSilu:
    case Activation::kSoftplus:
      return true;
    case Activation::kNone:
    case Activation::kSigmoid:
    case Activation::kTanh:
      return false;
  }
  return false;
}

ValueId AppendActivation(GraphBuilder& b, Activation activation, ValueId x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return b.Op("Relu", {x});
    case Activation::kLeakyRelu:
      return b.Op("LeakyRelu", {x});
    case Activation::kElu:
      return b.Op("Elu", {x});
    case Activation::kGelu:
      return Gelu(b, x);
    case Activation::kSilu:
      return b.Op("Mul", {x, b.Op("Sigmoid", {x})});
    case Activation::kSigmoid:
      return b.Op("Sigmoid", {x});
    case Activation::kTanh:
      return b.Op("Tanh", {x});
    case Activation::kSoftplus:
      return b.Op("Softplus", {x});
  }
  return x;
}

}  // namespace sinter
