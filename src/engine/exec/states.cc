#include <cstring>

#include <fmt/format.h>

#include "engine/exec/executable.h"

namespace sinter {

Result<std::shared_ptr<States>> States::Create(const Module& module) {
  auto states = std::make_shared<States>();
  for (const State& state : module.states) {
    Dims dims;
    for (const Dim& dim : state.type.shape) {
      if (!dim.IsConstant())
        return InvalidArgument(
            fmt::format("state @{} has a symbolic shape {}", state.name, state.type.ToString()));
      dims.push_back(*dim.Constant());
    }
    // A copy: initial values may stand in a mapped file, and are never written.
    TRY(Tensor value, state.initial
                          ? state.initial->Clone()
                          : Tensor::Create(state.type.dtype, std::move(dims), true, state.type.encoding));
    states->values_.emplace(state.name, std::move(value));
  }
  return states;
}

Result<Tensor> States::Get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return NotFound(fmt::format("there is no state @{}", name));
  return found->second;
}

Status States::Set(std::string_view name, const Tensor& value) {
  const auto found = values_.find(name);
  if (found == values_.end()) return NotFound(fmt::format("there is no state @{}", name));
  const Tensor& state = found->second;  // no copy: this stands on the warm path
  if (state.dtype() != value.dtype() || state.dims() != value.dims() ||
      !(state.encoding() == value.encoding())) {
    return InvalidArgument(
        fmt::format("state @{} is {}; {} was given", name, state.type().ToString(), value.type().ToString()));
  }
  if (value.bytes() > 0) std::memcpy(state.mutable_raw(), value.raw(), value.bytes());
  return {};
}

std::vector<std::string> States::Names() const {
  std::vector<std::string> names;
  names.reserve(values_.size());
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

Status States::StoreInto(Module& module) const {
  for (State& state : module.states) {
    TRY(const Tensor value, Get(state.name));
    TRY(state.initial, value.Clone());
  }
  return {};
}

}  // namespace sinter
