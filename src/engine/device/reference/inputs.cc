#include "engine/device/reference/inputs.h"

#include <map>

#include <fmt/format.h>

namespace sinter {
namespace {

using Symbols = std::map<std::string, int64_t, std::less<>>;

// The symbols' values, from the dimensions that are one bare symbol.
Status BindSymbols(const Type& wanted, const Tensor& given, Symbols& symbols) {
  for (size_t i = 0; i < wanted.Rank(); ++i) {
    const auto name = wanted.shape[i].SymbolName();
    if (!name) continue;
    const auto [bound, fresh] = symbols.emplace(*name, given.dim(i));
    if (!fresh && bound->second != given.dim(i)) {
      return InvalidArgument(fmt::format("dimension {} is {}, but {} is {} in an input before", i,
                                         given.dim(i), *name, bound->second));
    }
  }
  return {};
}

Status CheckBounds(const Module& module, const Symbols& symbols) {
  auto lookup = [&](std::string_view name) -> std::optional<int64_t> {
    const auto found = symbols.find(name);
    return found == symbols.end() ? std::nullopt : std::optional(found->second);
  };
  for (const auto& [name, value] : symbols) {
    const auto bound = module.symbols.find(name);
    if (bound == module.symbols.end()) continue;
    const auto high = bound->second.hi.Evaluate(lookup);  // unknown where it names a symbol born later
    if (value < bound->second.lo || (high && value > *high)) {
      return InvalidArgument(fmt::format("{} = {} is outside {}..{}", name, value, bound->second.lo,
                                         bound->second.hi.ToString()));
    }
  }
  return {};
}

// Dimensions that are numbers or expressions over symbols that the inputs give.
Status CheckDims(const Type& wanted, const Tensor& given, const Symbols& symbols) {
  auto lookup = [&](std::string_view name) -> std::optional<int64_t> {
    const auto found = symbols.find(name);
    return found == symbols.end() ? std::nullopt : std::optional(found->second);
  };
  for (size_t i = 0; i < wanted.Rank(); ++i) {
    const auto value = wanted.shape[i].Evaluate(lookup);
    if (value && *value != given.dim(i))
      return InvalidArgument(fmt::format("dimension {} must be {}, not {}", i, *value, given.dim(i)));
  }
  return {};
}

}  // namespace

Status CheckInputs(const Module& module, const Function& function, std::span<const Value> inputs) {
  if (inputs.size() != function.body.params.size()) {
    return InvalidArgument(fmt::format("@{} takes {} inputs, {} are given", function.name,
                                       function.body.params.size(), inputs.size()));
  }
  Symbols symbols;
  auto each = [&](auto check) -> Status {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const ValueInfo& info = function.values[static_cast<size_t>(function.body.params[i])];
      if (!info.type.IsTensor() || !inputs[i].IsTensor()) continue;
      if (auto status = check(info.type, inputs[i].tensor()); !status)
        return std::move(status).error().In(
            fmt::format("@{}: input %{} ({})", function.name, info.name, info.type.ToString()));
    }
    return {};
  };
  TRY_STATUS(each([&](const Type& wanted, const Tensor& given) -> Status {
    if (given.dtype() != wanted.dtype || given.rank() != wanted.Rank() ||
        !(given.encoding() == wanted.encoding))
      return InvalidArgument(fmt::format("{} is given", given.type().ToString()));
    return BindSymbols(wanted, given, symbols);
  }));
  if (auto status = CheckBounds(module, symbols); !status)
    return std::move(status).error().In("@" + function.name);
  return each([&](const Type& wanted, const Tensor& given) { return CheckDims(wanted, given, symbols); });
}

}  // namespace sinter
