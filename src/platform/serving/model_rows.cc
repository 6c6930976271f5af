#include "platform/serving/model_rows.h"

#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/serving/input_column.h"

namespace sinter {

Result<Tensor> ModelRows::InputOf(const SignatureInput& input, const DatasetVersion& version, size_t split,
                                  int64_t begin, int64_t count) const {
  const bool only = signature_.inputs.size() == 1;
  auto found = FindInputColumn(version, input.name, input.dtype, input.preprocess.categories, only);
  if (!found) return std::move(found).error().In(fmt::format("model {}", ref_));
  const DatasetColumn& column = version.info().columns[found->column];
  if (column.shape != input.shape) {
    return InvalidArgument(fmt::format("input '{}' of model {} is {}[{}]; column '{}' is a {} of {}[{}]",
                                       input.name, ref_, DTypeName(input.dtype), fmt::join(input.shape, ","),
                                       column.name, ColumnKindName(column.kind), DTypeName(column.dtype),
                                       fmt::join(column.shape, ",")));
  }
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), begin);
  return ReadInput(version, split, *found, rows);
}

Result<std::unique_ptr<ModelRows>> ModelRows::Create(LoadedModel model) {
  if (model.signature.empty())
    return Unsupported(
        fmt::format("model {} has no signature: nothing says what it takes and gives", model.ref));
  std::unique_ptr<ModelRows> made(new ModelRows);
  TRY(made->signature_, ParseSignature(model.signature));
  made->ref_ = model.ref;
  made->function_ = model.function;
  TRY(made->executable_, Executable::Compile(std::move(model.module), {.functions = {made->function_}}));
  TRY(made->session_, made->executable_->OpenSession());
  return made;
}

Result<std::vector<Tensor>> ModelRows::Run(const DatasetVersion& version, size_t split, int64_t begin,
                                           int64_t count) {
  std::vector<Tensor> inputs;
  for (const SignatureInput& input : signature_.inputs) {
    TRY(inputs.emplace_back(), InputOf(input, version, split, begin, count));
  }
  TRY(const auto results, session_->Run(function_, inputs));
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor& output = outputs.emplace_back(results[i].tensor());
    Dims wanted = signature_.outputs[i].shape;
    wanted.insert(wanted.begin(), count);
    if (output.dims() != wanted)
      return InvalidArgument(fmt::format("model {} gave {} as '{}'; its signature says {}", ref_,
                                         DimsToString(output.dims()), signature_.outputs[i].name,
                                         DimsToString(wanted)));
  }
  return outputs;
}

}  // namespace sinter
