#include <algorithm>

#include <fmt/format.h>

#include "engine/exec/program.h"

namespace sinter {
namespace {

// Hands the page planned memory, and checks that it fills what inference promised.
class PlannedContext final : public ReferenceContext {
 public:
  PlannedContext(const Node& node, const Operator& page, const KernelCall& call)
      : ReferenceContext(node, page), call_(call), inputs_(call.inputs.size()) {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (call.inputs[i] != nullptr) inputs_[i] = *call.inputs[i];
    }
  }
  size_t InputCount() const override { return inputs_.size(); }
  bool HasInput(size_t i) const override { return i < call_.inputs.size() && call_.inputs[i] != nullptr; }
  const Value& InputValue(size_t i) const override { return inputs_[i]; }
  size_t OutputCount() const override { return call_.outputs.size(); }
  bool WantsOutput(size_t i) const override {
    return i < call_.outputs.size() && call_.outputs[i] != nullptr;
  }
  Result<Tensor> Output(size_t i, DType dtype, Dims dims) override {
    if (!WantsOutput(i)) return Tensor::Create(dtype, std::move(dims));
    const Tensor& planned = *call_.outputs[i];
    if (planned.dtype() != dtype || planned.dims() != dims) {
      return Internal(fmt::format("{}: output {} was planned as {} and is {}{}", Describe(), i,
                                  planned.type().ToString(), DTypeName(dtype), DimsToString(dims)));
    }
    return planned;
  }
  void SetOutput(size_t i, Value value) override {
    if (!WantsOutput(i)) return;
    const Tensor& from = value.tensor();
    if (from.bytes() == call_.outputs[i]->bytes())
      std::copy_n(from.raw(), from.bytes(), call_.outputs[i]->mutable_raw());
  }
  Result<std::vector<Value>> RunRegion(size_t, std::span<const Value>) override {
    return Internal("regions are run by the interpreter");
  }
  Communicator* communicator() const override { return call_.communicator; }
  bool Cancelled() const override { return call_.cancel.Cancelled(); }

 private:
  const KernelCall& call_;
  std::vector<Value> inputs_;
};

class ReferenceKernel final : public Kernel {
 public:
  ReferenceKernel(const Node& node, const Operator& page) : node_(node), page_(page) {}
  Status Run(const KernelCall& call) override {
    PlannedContext context(node_, page_, call);
    return page_.reference.value(context);
  }

 private:
  const Node& node_;
  const Operator& page_;
};

}  // namespace

std::unique_ptr<Kernel> MakeReferenceKernel(const Node& node, const Operator& page) {
  return std::make_unique<ReferenceKernel>(node, page);
}

}  // namespace sinter
