// A home with a small data set in it, and a model of no network, for tests.
#pragma once

#include <fmt/format.h>

#include "platform/data/import_table.h"
#include "platform/hub/home.h"
#include "platform/labels/labellings.h"

namespace sinter {

// Gives each row the probability that its column "p" names for the class "cat", the rest to "dog".
class ColumnPredictor final : public Predictor {
 public:
  const std::vector<std::string>& classes() const override { return classes_; }
  Result<std::vector<float>> Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                     int64_t count) override {
    TRY(const size_t p, version.ColumnIndex("p"));
    std::vector<float> out;
    for (int64_t row = begin; row < begin + count; ++row) {
      out.push_back(static_cast<float>(version.Number(split, p, row)));
      out.push_back(1 - out.back());
    }
    return out;
  }

 private:
  std::vector<std::string> classes_ = {"cat", "dog"};
};

class ColumnSource final : public PrelabelSource {
 public:
  Result<std::string> Resolve(const LabellingSpec& spec) override {
    if (spec.prelabel_service == "gone") return NotFound("there is no such service");
    return spec.model_name + spec.prelabel_service + "@1";
  }
  Status Check(const std::string& model, const LabellingSpec& spec) override {
    const LabelTask task = spec.rules.task;
    if (task == LabelTask::kClassification || task == LabelTask::kMultilabel) return {};
    return Unsupported(fmt::format("prelabels for {}: {} says classes", LabelTaskName(task), model));
  }
  Result<std::unique_ptr<Prelabeller>> Open(const std::string&, const LabellingSpec& spec) override {
    if (broken) return Corrupt("the model is damaged");
    return PrelabelClasses(std::make_unique<ColumnPredictor>(), spec);
  }
  bool broken = false;
};

// "animals@1": train of `rows` rows: p = 0.00, 0.01, ..., the text "note N", the label cat where p > 0.5,
// missing in every fifth row; test of two rows.
inline Result<RepositoryVersion> AddAnimals(Home& home, int rows) {
  std::string text = "p,note,label\n";
  for (int i = 0; i < rows; ++i) {
    const double p = i % 100 / 100.0;
    text += fmt::format("{:.2f},note {},{}\n", p, i, i % 5 == 4 ? "" : p > 0.5 ? "cat" : "dog");
  }
  const Path train = home.folder() / "train.csv", test = home.folder() / "test.csv";
  TRY_STATUS(WriteFileAtomically(train, text));
  TRY_STATUS(WriteFileAtomically(test, "p,note,label\n0.1,x,cat\n0.9,y,dog\n"));
  TRY(const ImportedDataset imported,
      ImportTables(home.store(), {.splits = {{"train", {train}}, {"test", {test}}},
                                  .label = "label",
                                  .columns = {{"note", {ColumnRequest::Type::kText, {}}}}}));
  return Repositories(RepositoryKind::kDataset, home).Add("animals", imported.manifest, "", "ann");
}

}  // namespace sinter
