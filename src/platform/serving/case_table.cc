#include "platform/serving/case_table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "platform/data/classes.h"
#include "platform/data/column_writer.h"

namespace sinter {
namespace {

constexpr std::string_view kLabel = "label", kSaid = "said";
constexpr size_t kMostClasses = 65'536;

using CaseRow = std::vector<const CaseInput*>;  // in the order of the model's inputs

// One row's shape, without the rows dimension.
std::vector<int64_t> RowShape(const ModelInterface& model, const Tensor& row) {
  std::vector<int64_t> shape = row.dims();
  if (model.rows_first && !shape.empty()) shape.erase(shape.begin());
  return shape;
}

int64_t IndexOf(const std::vector<std::string>& names, std::string_view name) {
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? -1 : at - names.begin();
}

// What an input is to a data set.
DatasetColumn ColumnOf(const TensorSpec& spec, const ModelInterface& model, const Tensor& first) {
  DatasetColumn column{.name = spec.name, .dtype = first.dtype(), .shape = RowShape(model, first)};
  const size_t rank = column.shape.size();
  if (!spec.categories.empty() && rank == 0) {
    column.kind = ColumnKind::kClass;
    column.classes = spec.categories;
  } else if (rank == 0) {
    column.kind = ColumnKind::kNumber;
    column.dtype = IsFloat(first.dtype()) ? DType::kF64 : DType::kI64;
  } else if (first.dtype() == DType::kU8 && (rank == 2 || (rank == 3 && column.shape[2] <= 4))) {
    column.kind = ColumnKind::kPicture;
  }
  return column;
}

// A service keeps its inputs over rollouts. Rows of other sizes, where sizes are free, cannot share a column.
// One for each case, empty where it cannot stand beside the first that has what the model takes.
std::vector<CaseRow> RowsOf(std::span<const HardCase> cases, const ModelInterface& model) {
  std::vector<CaseRow> rows;
  CaseRow first;
  for (const HardCase& one : cases) {
    CaseRow row;
    for (const TensorSpec& spec : model.inputs) {
      const auto input = std::ranges::find(one.inputs, spec.name, &CaseInput::name);
      if (input == one.inputs.end()) break;
      const Tensor& like = first.empty() ? input->row : first[row.size()]->row;
      if (input->row.dtype() != like.dtype() || input->row.dims() != like.dims()) break;
      row.push_back(&*input);
    }
    if (row.size() < model.inputs.size()) row.clear();
    if (first.empty()) first = row;
    rows.push_back(std::move(row));
  }
  return rows;
}

class CaseWriter {
 public:
  CaseWriter(BlobStore& store, std::vector<DatasetColumn>& columns) : store_(store), columns_(columns) {}

  // NameFiles has been here.
  Status WriteInput(size_t column, std::span<const CaseRow> rows, size_t input) {
    DatasetColumn& info = columns_[column];
    if (info.kind == ColumnKind::kPicture || info.kind == ColumnKind::kVector) {
      std::string bytes;
      for (const CaseRow& row : rows)
        bytes.append(reinterpret_cast<const char*>(row[input]->row.raw()), row[input]->row.bytes());
      TRY(const BlobInfo blob, store_.Put(bytes));
      files_.push_back({ColumnPath(kCaseSplit, info), blob.size, blob.digest});
      return {};
    }
    return WriteValues(column, rows.size(), [&](size_t r) {
      const CaseInput& from = *rows[r][input];
      if (info.kind == ColumnKind::kClass) return ClassValue(IndexOf(info.classes, from.category));
      CellConverter::Value value;
      if (info.dtype == DType::kI64) {
        value.whole = from.row.AsInt(0);
      } else {
        value.number = from.row.AsDouble(0);
        value.missing = std::isnan(value.number);
      }
      return value;
    });
  }
  Status WriteClasses(size_t column, std::span<const int64_t> indexes) {
    return WriteValues(column, indexes.size(), [&](size_t r) { return ClassValue(indexes[r]); });
  }
  std::vector<ManifestFile>& files() { return files_; }

 private:
  static CellConverter::Value ClassValue(int64_t index) {
    return {.missing = index < 0, .whole = std::max<int64_t>(0, index)};
  }
  template <class F>
  Status WriteValues(size_t column, size_t rows, F value) {
    DatasetColumn& info = columns_[column];
    TRY(ColumnWriter writer, ColumnWriter::Open(store_, info, true));
    for (size_t r = 0; r < rows; ++r) TRY_STATUS(writer.Add(value(r)));
    info.missing = writer.any_missing();
    return writer.Finish(kCaseSplit, info, files_);
  }

  BlobStore& store_;
  std::vector<DatasetColumn>& columns_;
  std::vector<ManifestFile> files_;
};

// A name that no input has.
std::string FreeName(const ModelInterface& model, std::string_view name) {
  std::string free(name);
  for (int n = 2; model.FindInput(free) >= 0; ++n) free = fmt::format("{}_{}", name, n);
  return free;
}

}  // namespace

Result<CaseTable> MakeCaseTable(BlobStore& store, const ModelInterface& model, const AnswerReader& answers,
                                std::span<const HardCase> cases, bool to_label) {
  const bool with_labels = answers.classifies() && answers.classes.size() <= kMostClasses;
  std::vector<CaseRow> rows;
  std::vector<int64_t> said;
  const std::vector<CaseRow> all = RowsOf(cases, model);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].empty() || (with_labels && cases[i].index < 0)) continue;
    rows.push_back(all[i]);
    said.push_back(IndexOf(answers.classes, cases[i].class_name));
  }
  CaseTable table;
  table.rows = static_cast<int64_t>(rows.size());
  if (rows.empty()) return table;
  table.info.splits = {{std::string(kCaseSplit), table.rows}};
  std::vector<DatasetColumn>& columns = table.info.columns;
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    DatasetColumn& column = columns.emplace_back(ColumnOf(model.inputs[i], model, rows.front()[i]->row));
    if (column.kind != ColumnKind::kClass) continue;
    // Revisions before this one may have known more.
    for (const CaseRow& row : rows) {
      const std::string& category = row[i]->category;
      if (!category.empty() && IndexOf(column.classes, category) < 0) column.classes.push_back(category);
    }
    column.dtype = ClassDType(column.classes.size());
  }
  if (with_labels) {
    DatasetColumn label{.name = FreeName(model, kLabel),
                        .kind = ColumnKind::kClass,
                        .dtype = ClassDType(answers.classes.size()),
                        .classes = answers.classes};
    DatasetColumn remark = label;
    remark.name = FreeName(model, kSaid);
    remark.remark = true;
    // Of pictures and vectors the column "label" is the label anyway, and versions are written as ever.
    const bool plain = columns.size() == 1 && columns[0].kind != ColumnKind::kClass &&
                       columns[0].kind != ColumnKind::kNumber && label.name == kLabel;
    if (to_label || !plain) table.info.label = label.name;
    columns.push_back(std::move(label));
    if (to_label) columns.push_back(std::move(remark));
  }
  NameFiles(columns);
  CaseWriter writer(store, columns);
  for (size_t i = 0; i < model.inputs.size(); ++i) TRY_STATUS(writer.WriteInput(i, rows, i));
  if (with_labels) {
    const std::vector<int64_t> nothing(rows.size(), -1);
    TRY_STATUS(writer.WriteClasses(model.inputs.size(), to_label ? nothing : said));
    if (to_label) TRY_STATUS(writer.WriteClasses(model.inputs.size() + 1, said));
  }
  TRY(const BlobInfo blob, store.Put(DatasetText(table.info)));
  writer.files().push_back({std::string(kDatasetFile), blob.size, blob.digest});
  TRY(table.manifest, Manifest::Make(std::move(writer.files())));
  return table;
}

}  // namespace sinter
