// Writes a model of more than 2 GB of weights, as Sinter exports one: three square products.
//
//   usage: write_large FILE SIDE
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "engine/formats/onnx/onnx.h"
#include "engine/graph/builder.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

// Spread like noise over (-1, 1), from the index alone (Knuth's multiplicative hash), scaled so that a
// product keeps the size of its input.
float Weight(uint64_t i, double scale) {
  const auto mixed = static_cast<uint32_t>((i + 1) * 2654435761u);
  return static_cast<float>((static_cast<double>(mixed) / 0x1p31 - 1) * scale);
}

Result<Module> Model(int64_t side) {
  Module module;
  module.name = "large";
  Function& f = module.functions.emplace_back();
  f.name = "forward";
  const Dim batch = module.NewSymbol("n", {1, 64});
  GraphBuilder b(module, f, Operators());
  ValueId x = b.Input("x", Type::Tensor(DType::kF32, {batch, side}));
  for (uint64_t layer = 0; layer < 3; ++layer) {
    TRY(Tensor weight, Tensor::Create(DType::kF32, {side, side}));
    const auto count = static_cast<uint64_t>(weight.elements());
    const auto values = weight.mutable_data<float>();
    const double scale = std::sqrt(3.0 / static_cast<double>(side));
    for (uint64_t i = 0; i < count; ++i) values[i] = Weight(layer * count + i, scale);
    State state{fmt::format("layer{}.weight", layer), weight.type(), StateScope::kShared, true, weight};
    module.states.push_back(std::move(state));
    const ValueId read = b.Read(module.states.back().name);
    x = b.Op("MatMul", {x, read}, {}, layer == 2 ? "y" : "h");
    if (layer < 2) x = b.Op("Tanh", {x});
  }
  b.Return({x});
  TRY_STATUS(b.status());
  return module;
}

Status Write(const Path& file, int64_t side) {
  TRY(const Module module, Model(side));
  return ExportOnnx(module, "forward", file);
}

}  // namespace
}  // namespace sinter

int main(int count, char** words) {
  if (count != 3) {
    fmt::print(stderr, "usage: write_large FILE SIDE\n");
    return 2;
  }
  const sinter::Status written = sinter::Write(words[1], std::atoll(words[2]));
  if (!written) fmt::print(stderr, "{}\n", written.error().ToString());
  return written ? 0 : 1;
}
