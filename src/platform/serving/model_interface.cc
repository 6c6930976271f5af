#include "platform/serving/model_interface.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/signature/signature.h"

namespace sinter {
namespace {

constexpr size_t kMostSymbols = 64;
constexpr int64_t kMostTold = int64_t{1} << 31;  // a bound beyond it is "any"

Result<TensorSpec> SpecOf(const Function& function, ValueId id, std::string_view what) {
  const ValueInfo& value = function.values[static_cast<size_t>(id)];
  if (!value.type.IsTensor() || !value.type.encoding.IsPlain()) {
    return Unsupported(fmt::format("@{}: {} '{}' is {}; a service takes and gives plain tensors",
                                   function.name, what, value.name, value.type.ToString()));
  }
  return TensorSpec{value.name, value.type.dtype, value.type.shape};
}

// The symbol that is the first dimension of all of them and stands nowhere else; empty: there is none.
std::string RowSymbol(const ModelInterface& model) {
  if (model.inputs.empty() || model.inputs[0].shape.empty()) return "";
  const auto symbol = model.inputs[0].shape[0].SymbolName();
  if (!symbol) return "";
  for (const auto* specs : {&model.inputs, &model.outputs}) {
    for (const TensorSpec& spec : *specs) {
      if (spec.shape.empty() || spec.shape[0].SymbolName() != symbol) return "";
      for (size_t d = 1; d < spec.shape.size(); ++d) {
        const auto inside = spec.shape[d].Symbols();
        if (std::ranges::find(inside, *symbol) != inside.end()) return "";
      }
    }
  }
  return *symbol;
}

int Find(const std::vector<TensorSpec>& specs, std::string_view name) {
  const auto found = std::ranges::find(specs, name, &TensorSpec::name);
  return found == specs.end() ? -1 : static_cast<int>(found - specs.begin());
}

}  // namespace

std::string TensorSpec::ToString() const { return Type::Tensor(dtype, shape).ToString(); }

Result<ModelInterface> ModelInterface::Of(const Module& module, std::string_view name) {
  const Function* function = module.FindFunction(name);
  if (function == nullptr) return NotFound(fmt::format("the model has no function @{}", name));
  ModelInterface model;
  for (ValueId id : function->body.params) {
    TRY(TensorSpec spec, SpecOf(*function, id, "input"));
    model.inputs.push_back(std::move(spec));
  }
  for (ValueId id : function->body.results) {
    TRY(TensorSpec spec, SpecOf(*function, id, "output"));
    model.outputs.push_back(std::move(spec));
  }
  if (model.inputs.empty() || model.outputs.empty())
    return Unsupported(fmt::format("@{} has no inputs or no outputs: there is nothing to serve", name));
  for (const TensorSpec& spec : model.inputs) {
    std::vector<Rule>& rules = model.rules_.emplace_back();
    for (const Dim& dim : spec.shape) {
      Rule rule;
      if (const auto constant = dim.Constant()) {
        rule.constant = *constant;
      } else if (const auto symbol = dim.SymbolName()) {
        auto known = std::ranges::find(model.symbols_, *symbol, &Symbol::name);
        if (known == model.symbols_.end()) {
          const auto bound = module.symbols.find(*symbol);
          const SymbolBound limits = bound == module.symbols.end() ? SymbolBound{} : bound->second;
          model.symbols_.push_back(
              {*symbol, limits.lo, limits.hi.Constant().value_or(SymbolBound{}.hi.Constant().value())});
          known = model.symbols_.end() - 1;
        }
        rule.symbol = static_cast<int>(known - model.symbols_.begin());
      }  // else an expression, which the executor checks
      rules.push_back(rule);
    }
  }
  if (model.symbols_.size() > kMostSymbols)
    return Unsupported(fmt::format("@{}: its inputs have more than {} free sizes", name, kMostSymbols));
  if (const std::string symbol = RowSymbol(model); !symbol.empty()) {
    model.rows_first = true;
    model.most_rows = std::ranges::find(model.symbols_, symbol, &Symbol::name)->hi;
  }
  return model;
}

int ModelInterface::FindInput(std::string_view name) const { return Find(inputs, name); }
int ModelInterface::FindOutput(std::string_view name) const { return Find(outputs, name); }

Status ModelInterface::AddCategories(std::string_view signature) {
  if (signature.empty()) return {};
  TRY(Signature parsed, ParseSignature(signature));
  for (SignatureInput& input : parsed.inputs) {
    if (const int at = FindInput(input.name); at >= 0)
      inputs[static_cast<size_t>(at)].categories = std::move(input.preprocess.categories);
  }
  return {};
}

Result<Tensor> ModelInterface::Indexed(size_t input, Tensor given) const {
  const TensorSpec& spec = inputs[input];
  if (spec.categories.empty()) return given;
  const auto classes = static_cast<int64_t>(spec.categories.size());
  if (given.dtype() == DType::kI64) {
    for (const int64_t index : given.data<int64_t>()) {
      if (index < -1 || index >= classes)
        return InvalidArgument(
            fmt::format("input '{}': {} is none of {} classes", spec.name, index, classes),
            fmt::format("0 to {}, -1 where it is missing, or their names as BYTES", classes - 1));
    }
  }
  if (given.dtype() != DType::kString) return given;
  auto indexes = IndexCategories(spec.categories, given);
  if (!indexes) return std::move(indexes).error().In(fmt::format("input '{}'", spec.name));
  return indexes;
}

Status ModelInterface::Check(std::span<const Tensor> given) const {
  if (given.size() != inputs.size())
    return InvalidArgument(
        fmt::format("the model takes {} inputs; {} are given", inputs.size(), given.size()));
  std::array<int64_t, kMostSymbols> sizes;
  std::fill_n(sizes.begin(), symbols_.size(), -1);
  for (size_t i = 0; i < given.size(); ++i) {
    const Tensor& tensor = given[i];
    const TensorSpec& spec = inputs[i];
    if (!tensor.defined())
      return InvalidArgument(
          fmt::format("input '{}' is missing; the model takes {}", spec.name, spec.ToString()));
    if (tensor.dtype() != spec.dtype || tensor.rank() != spec.shape.size()) {
      return InvalidArgument(fmt::format("input '{}' must be {}; {} was given", spec.name, spec.ToString(),
                                         tensor.type().ToString()));
    }
    for (size_t d = 0; d < tensor.rank(); ++d) {
      const Rule& rule = rules_[i][d];
      const int64_t size = tensor.dim(d);
      if (rule.constant >= 0 && size != rule.constant) {
        return InvalidArgument(fmt::format("input '{}' must be {}; dimension {} of {} is {}", spec.name,
                                           spec.ToString(), d, tensor.type().ToString(), size));
      }
      if (rule.symbol < 0) continue;
      const Symbol& symbol = symbols_[static_cast<size_t>(rule.symbol)];
      int64_t& bound = sizes[static_cast<size_t>(rule.symbol)];
      if (bound >= 0 && bound != size) {
        return InvalidArgument(fmt::format("input '{}': {} is {} here and {} in another input", spec.name,
                                           symbol.name, size, bound));
      }
      if (size < symbol.lo || size > symbol.hi) {
        // A bound that no request reaches is none worth telling.
        const std::string range = symbol.hi > kMostTold ? fmt::format("at least {}", symbol.lo)
                                                        : fmt::format("in {}..{}", symbol.lo, symbol.hi);
        return InvalidArgument(fmt::format("input '{}': {} (dimension {}) is {}; it must be {}", spec.name,
                                           symbol.name, d, size, range));
      }
      bound = size;
    }
  }
  return {};
}

Status CheckCompatible(const ModelInterface& before, const ModelInterface& after) {
  auto agree = [](std::string_view what, const std::vector<TensorSpec>& a,
                  const std::vector<TensorSpec>& b) -> Status {
    for (const TensorSpec& old_spec : a) {
      const int at = Find(b, old_spec.name);
      const std::string hint = "deploy it as a service of its own: clients of this one would break";
      if (at < 0)
        return InvalidArgument(fmt::format("the new model has no {} '{}'", what, old_spec.name), hint);
      const TensorSpec& new_spec = b[static_cast<size_t>(at)];
      bool same = old_spec.dtype == new_spec.dtype && old_spec.shape.size() == new_spec.shape.size();
      for (size_t d = 0; same && d < old_spec.shape.size(); ++d) {
        const auto size = new_spec.shape[d].Constant();
        same = !size || old_spec.shape[d].Constant() == size;
      }
      if (!same) {
        return InvalidArgument(fmt::format("{} '{}' is {} in the new model; clients of this service know {}",
                                           what, old_spec.name, new_spec.ToString(), old_spec.ToString()),
                               hint);
      }
    }
    return {};
  };
  TRY_STATUS(agree("input", before.inputs, after.inputs));
  for (const TensorSpec& spec : after.inputs) {
    if (Find(before.inputs, spec.name) < 0)
      return InvalidArgument(fmt::format("the new model asks for one more input, '{}'", spec.name),
                             "deploy it as a service of its own: clients of this one would break");
  }
  return agree("output", before.outputs, after.outputs);
}

}  // namespace sinter
