#include "engine/ops/testing/sample.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/random.h"
#include "engine/graph/literals.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> SplitOutside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      parts.push_back(Trim(text.substr(begin, i - begin)));
      begin = i + 1;
      continue;
    }
    depth += text[i] == '[' || text[i] == '{' || text[i] == '(';
    depth -= text[i] == ']' || text[i] == '}' || text[i] == ')';
  }
  return parts;
}

struct Parts {
  std::vector<std::string_view> inputs;
  std::string_view attributes;
  size_t outputs = 0;  // 0: as many as the page requires
};

Parts SplitLine(std::string_view line) {
  Parts parts;
  if (const size_t arrow = line.rfind("->"); arrow != std::string_view::npos) {
    const std::string_view count = Trim(line.substr(arrow + 2));
    std::from_chars(count.data(), count.data() + count.size(), parts.outputs);
    line = line.substr(0, arrow);
  }
  const auto halves = SplitOutside(line, '|');
  if (!halves[0].empty()) parts.inputs = SplitOutside(halves[0], ',');
  if (halves.size() > 1) parts.attributes = halves[1];
  return parts;
}

const Formal& FormalAt(const Operator& page, size_t i) {
  const auto& formals = page.inputs.value;
  return formals[std::min(i, formals.size() - 1)];
}

std::string_view DTypeWord(std::string_view input) {
  const std::string_view type = Trim(input.substr(input.find(':') + 1));
  return type.substr(0, type.find('['));
}

class Drawer {
 public:
  Drawer(const Operator& page, DType dtype, uint64_t seed, int64_t largest)
      : page_(page), dtype_(dtype), seed_(seed), largest_(largest) {}

  Result<SampleCase> Draw(std::string_view line) {
    SampleCase sample;
    sample.line = line;
    const Parts parts = SplitLine(line);
    for (size_t i = 0; i < parts.inputs.size(); ++i) {
      auto input = parts.inputs[i].empty() ? Result<SampleInput>(SampleInput()) : Input(i, parts.inputs[i]);
      if (!input)
        return std::move(input).error().In(fmt::format("sample \"{}\" of {}", line, page_.name.value));
      sample.inputs.push_back(*std::move(input));
    }
    if (!parts.attributes.empty()) {
      const std::string braced = fmt::format("{{{}}}", parts.attributes);
      Lexer lexer(braced);
      TRY(sample.attributes, ReadAttributes(lexer));
    }
    sample.outputs =
        parts.outputs != 0
            ? parts.outputs
            : static_cast<size_t>(std::ranges::count_if(
                  page_.outputs.value, [](const Formal& f) { return f.arity != Arity::kOptional; }));
    sample.letters.assign(letters_.begin(), letters_.end());
    return sample;
  }

 private:
  uint64_t Bits() { return RandomBits(seed_, 0, count_++); }
  int64_t Between(int64_t lo, int64_t hi) {
    return lo + static_cast<int64_t>(Bits() % static_cast<uint64_t>(hi - lo + 1));
  }

  Result<int64_t> Evaluate(std::string_view text) {
    TRY(const Dim dim, ParseDim(text));
    return dim.Evaluate([&](std::string_view letter) -> std::optional<int64_t> {
      const auto [found, fresh] = letters_.emplace(std::string(letter), 0);
      if (fresh) found->second = Between(1, largest_);
      return found->second;
    });
  }

  Result<DType> DTypeFor(const Formal& formal, std::string_view word) {
    if (const auto named = ParseDType(word)) return *named;
    if (word.size() != 1) return InvalidArgument(fmt::format("'{}' is no dtype", word));
    if (formal.type_letter == FirstLetter() || dtype_ == DType::kUndefined) return dtype_;
    for (DType other : {DType::kI64, DType::kF32, DType::kI8, DType::kU8}) {
      if (formal.dtypes.Has(other)) return other;
    }
    return InvalidArgument("no dtype for a second letter");
  }

  char FirstLetter() const {
    for (const Formal& formal : page_.inputs.value) {
      if (formal.type_letter != '-') return formal.type_letter;
    }
    return '-';
  }

  Result<SampleInput> Input(size_t i, std::string_view text) {
    const std::string_view type = Trim(text.substr(text.find(':') + 1));
    const size_t open = type.find('['), close = type.find(']');
    if (open == std::string_view::npos || close == std::string_view::npos)
      return InvalidArgument(fmt::format("'{}' has no shape", text));
    TRY(const DType dtype, DTypeFor(FormalAt(page_, i), type.substr(0, open)));
    SampleInput input;
    Dims dims;
    const std::string_view shape = type.substr(open + 1, close - open - 1);
    if (!Trim(shape).empty()) {
      for (std::string_view dim : SplitOutside(shape, ',')) {
        TRY(input.symbolic.emplace_back(), ParseDim(dim));
        TRY(dims.emplace_back(), Evaluate(dim));
      }
    }
    const std::string_view how = Trim(type.substr(close + 1));
    if (how.starts_with("=")) {
      input.constant = true;
      TRY(input.tensor,
          ParseTensor(fmt::format("{}{}{}", DTypeName(dtype), DimsToString(dims), Trim(how.substr(1)))));
      return input;
    }
    TRY(input.tensor, Tensor::Create(dtype, dims));
    TRY_STATUS(Fill(input.tensor, how));
    return input;
  }

  Status Fill(Tensor& tensor, std::string_view how) {
    const size_t count = static_cast<size_t>(tensor.elements());
    std::vector<double> values(count);
    if (how == "distinct") {
      const double unit = IsFloat(tensor.dtype()) ? 0.1 : 1.0;
      const auto order = RandomPermutation(seed_, 1 + count_++, static_cast<int64_t>(count));
      for (size_t i = 0; i < count; ++i) {
        // Never a multiple of 0.1, where clips have their kinks.
        const double size = unit * (static_cast<double>(order[i]) + (IsFloat(tensor.dtype()) ? 1.3 : 1.0));
        values[i] = IsSigned(tensor.dtype()) && Bits() % 2 == 0 ? -size : size;
      }
    } else {
      double lo = IsSigned(tensor.dtype()) ? -2 : 0, hi = 2;
      if (how.starts_with("in ")) {
        const std::string_view range = how.substr(3);
        const size_t dots = range.find("..");
        if (dots == std::string_view::npos) return InvalidArgument(fmt::format("'{}' is no range", how));
        TRY(lo, End(tensor.dtype(), range.substr(0, dots)));
        TRY(hi, End(tensor.dtype(), range.substr(dots + 2)));
      } else if (!how.empty()) {
        return InvalidArgument(fmt::format("'{}' is not understood", how));
      }
      for (double& value : values) {
        if (IsFloat(tensor.dtype()))
          value = lo + (hi - lo) * RandomUniform(seed_, 2, count_++);
        else
          value = static_cast<double>(Between(static_cast<int64_t>(lo),
                                              std::max(static_cast<int64_t>(lo), static_cast<int64_t>(hi))));
      }
    }
    DispatchDType(tensor.dtype(), [&]<class T>() {
      auto out = tensor.mutable_data<T>();
      for (size_t i = 0; i < count; ++i) {
        if constexpr (std::is_same_v<T, bool>)
          out[i] = values[i] > 0;
        else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
          out[i] = T(static_cast<float>(values[i]));
        else
          out[i] = static_cast<T>(values[i]);
      }
    });
    return {};
  }

  Result<double> End(DType dtype, std::string_view text) {
    if (!IsFloat(dtype)) {
      TRY(const int64_t value, Evaluate(text));
      return static_cast<double>(value);
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return InvalidArgument(fmt::format("'{}' is no number", text));
    return value;
  }

  const Operator& page_;
  DType dtype_;
  uint64_t seed_;
  int64_t largest_;
  uint64_t count_ = 0;
  std::map<std::string, int64_t> letters_;
};

}  // namespace

std::string SampleCase::Describe() const {
  std::string text = line;
  for (const auto& [letter, value] : letters) text += fmt::format(" {}={}", letter, value);
  for (const SampleInput& input : inputs) {
    if (input.tensor.defined()) text += fmt::format(" {}", input.tensor.type().ToString());
  }
  return text;
}

std::vector<DType> SampleDTypes(const Operator& page, std::string_view line) {
  const Parts parts = SplitLine(line);
  for (size_t i = 0; i < parts.inputs.size(); ++i) {
    if (parts.inputs[i].empty() || ParseDType(DTypeWord(parts.inputs[i]))) continue;
    std::vector<DType> dtypes;
    for (int d = 1; d < kDTypeCount; ++d) {
      if (FormalAt(page, i).dtypes.Has(static_cast<DType>(d)) && static_cast<DType>(d) != DType::kString)
        dtypes.push_back(static_cast<DType>(d));
    }
    return dtypes;
  }
  return {DType::kUndefined};
}

Result<SampleCase> DrawSample(const Operator& page, std::string_view line, DType dtype, uint64_t seed,
                              int64_t largest) {
  return Drawer(page, dtype, seed, largest).Draw(line);
}

Module SampleModule(const Operator& page, const SampleCase& sample, bool symbolic) {
  Module module;
  module.name = "sample";
  if (symbolic) {
    for (const auto& [letter, value] : sample.letters)
      module.symbols[letter] = {1, std::max<int64_t>(7, value)};
  }
  Function& function = module.functions.emplace_back();
  function.name = "f";
  Node node{std::string(page.name.value), {}, {}, {}, sample.attributes, {}, {}};
  for (const SampleInput& input : sample.inputs) {
    if (!input.tensor.defined()) {
      node.inputs.push_back(kNoValue);
      continue;
    }
    const Type type = symbolic && !input.constant ? Type::Tensor(input.tensor.dtype(), input.symbolic)
                                                  : input.tensor.type();
    const ValueId id = function.AddValue("in", type);
    node.inputs.push_back(id);
    if (input.constant)
      function.body.nodes.push_back({"Constant", {}, {}, {id}, {{"value", input.tensor}}, {}, {}});
    else
      function.body.params.push_back(id);
  }
  for (size_t i = 0; i < sample.outputs; ++i) node.outputs.push_back(function.AddValue("out"));
  function.body.results = node.outputs;
  function.body.nodes.push_back(std::move(node));
  return module;
}

std::vector<Tensor> SampleArguments(const SampleCase& sample) {
  std::vector<Tensor> arguments;
  for (const SampleInput& input : sample.inputs) {
    if (input.tensor.defined() && !input.constant) arguments.push_back(input.tensor);
  }
  return arguments;
}

}  // namespace sinter
