#include "engine/graph/module.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace sinter {
namespace {

template <class List>
auto* FindNamed(List& list, std::string_view name) {
  const auto found = std::ranges::find_if(list, [&](const auto& item) { return item.name == name; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

ValueId Function::Find(std::string_view value) const {
  const auto found = std::ranges::find_if(values, [&](const ValueInfo& info) { return info.name == value; });
  return found == values.end() ? kNoValue : static_cast<ValueId>(found - values.begin());
}

ValueId Function::AddValue(std::string base, Type type) {
  if (base.empty()) base = "v";
  std::string unique = base;
  if (names.contains(unique)) {
    size_t& next = counters[base];
    do {
      unique = fmt::format("{}_{}", base, ++next);
    } while (names.contains(unique));
  }
  names.insert(unique);
  values.push_back({std::move(unique), std::move(type), {}});
  return static_cast<ValueId>(values.size() - 1);
}

Function* Module::FindFunction(std::string_view function) { return FindNamed(functions, function); }
const Function* Module::FindFunction(std::string_view function) const {
  return FindNamed(functions, function);
}
State* Module::FindState(std::string_view state) { return FindNamed(states, state); }
const State* Module::FindState(std::string_view state) const { return FindNamed(states, state); }

Dim Module::NewSymbol(std::string_view hint, SymbolBound bound) {
  std::string unique(hint);
  for (int i = 1; symbols.contains(unique); ++i) unique = fmt::format("{}_{}", hint, i);
  symbols.emplace(unique, std::move(bound));
  return Dim::Symbol(unique);
}

bool SameAttribute(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (const Tensor* tensor = std::get_if<Tensor>(&a)) return tensor->SameAs(std::get<Tensor>(b));
  return std::visit(
      [&]<class T>(const T& x) {
        if constexpr (std::is_same_v<T, Tensor>)
          return false;  // compared above
        else
          return x == std::get<T>(b);
      },
      a);
}

}  // namespace sinter
