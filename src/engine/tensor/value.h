// A value at run time: a tensor, a sequence, an optional or a map of values.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "engine/tensor/tensor.h"

namespace sinter {

struct Value;
struct SequenceValue {
  std::vector<Value> items;
};
struct OptionalValue {
  std::shared_ptr<const Value> item;
};  // null: empty

struct Value {
  std::variant<Tensor, std::shared_ptr<const SequenceValue>, OptionalValue> held;
  Value() = default;
  Value(Tensor tensor) : held(std::move(tensor)) {}  // NOLINT: a tensor is a value
  bool IsTensor() const { return std::holds_alternative<Tensor>(held); }
  const Tensor& tensor() const { return std::get<Tensor>(held); }
  Tensor& tensor() { return std::get<Tensor>(held); }
};

}  // namespace sinter
