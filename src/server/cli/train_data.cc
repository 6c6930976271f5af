#include "server/cli/train_data.h"

#include <fmt/format.h>

#include "platform/data/features.h"

namespace sinter {
namespace {

SignatureInput InputOf(const FeatureInfo& feature) {
  SignatureInput input;
  input.name = feature.name;
  input.dtype = feature.classes.empty() ? DType::kF64 : DType::kI64;
  Preprocess& p = input.preprocess;
  p.categories = feature.classes;
  p.model_shape = {std::max<int64_t>(1, static_cast<int64_t>(feature.classes.size()))};
  if (!feature.classes.empty()) return input;
  p.mean = {feature.mean};
  p.deviation = {feature.deviation};
  p.fill = feature.mean;  // a missing number says nothing: it is 0 to the model
  return input;
}

Result<TrainData> ReadTable(const DatasetVersion& version, const Recipe& recipe) {
  TRY(FeatureTable read, ReadFeatures(version, recipe.features, recipe.train_split, recipe.test_split));
  const auto table = std::make_shared<const FeatureTable>(std::move(read));
  for (const auto& [split, rows] :
       {std::pair(recipe.train_split, &table->train), {recipe.test_split, &table->test}}) {
    if (rows->left_out > 0)
      fmt::print(stderr, "{} rows of {} have no label, and are left out\n", rows->left_out, split);
  }
  TrainData data;
  const auto split = [](const FeatureRows& rows) {
    return ArraySplit{std::as_bytes(std::span(rows.values)), std::as_bytes(std::span(rows.labels)),
                      static_cast<int64_t>(rows.labels.size())};
  };
  data.arrays.owner = table;
  data.arrays.dtype = DType::kF64;
  data.arrays.shape = {static_cast<int64_t>(table->features.size())};
  data.arrays.label_dtype = DType::kI64;
  data.arrays.train = split(table->train);
  data.arrays.test = split(table->test);
  data.examples = {DType::kF64, data.arrays.shape, table->classes};
  data.examples.columns.reserve(table->features.size());
  for (const FeatureInfo& feature : table->features) data.examples.columns.push_back(InputOf(feature));
  TRY(const size_t label, version.LabelColumn());
  data.predicts = fmt::format("{} from {} column{}", version.info().columns[label].name,
                              table->features.size(), table->features.size() == 1 ? "" : "s");
  return data;
}

}  // namespace

Result<TrainData> ReadTrainData(const std::shared_ptr<const DatasetVersion>& version, const Recipe& recipe) {
  if (!version->LabelColumn()) {
    const std::string name = recipe.dataset.substr(0, recipe.dataset.find('@'));
    return InvalidArgument(fmt::format("data set {} has no label", name),
                           fmt::format("sinter data add {} FILE --label COLUMN", name));
  }
  const auto features = version->FeatureColumn();
  if (!features || !recipe.features.empty()) return ReadTable(*version, recipe);
  TRY(const size_t labels, version->LabelColumn());
  const DatasetColumn& column = version->info().columns[*features];
  const DatasetColumn& label = version->info().columns[labels];
  if (label.missing)
    return Unsupported(
        fmt::format("some rows have no label in '{}'", label.name),
        fmt::format("leave them out: sinter data clean, filter: {} is not missing", label.name));
  TrainData data;
  data.arrays.owner = version;
  data.arrays.dtype = column.dtype;
  data.arrays.shape = column.shape;
  data.arrays.label_dtype = label.dtype;
  const auto split = [&](const std::string& name) -> Result<ArraySplit> {
    TRY(const size_t s, version->SplitIndex(name));
    return ArraySplit{version->Bytes(s, *features), version->Bytes(s, labels), version->Rows(s)};
  };
  TRY(data.arrays.train, split(recipe.train_split));
  TRY(data.arrays.test, split(recipe.test_split));
  data.examples = {column.dtype, column.shape, label.classes};
  data.examples.picture = column.kind == ColumnKind::kPicture;
  return data;
}

}  // namespace sinter
