#include "platform/data/clean.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/data/column_writer.h"
#include "platform/data/features.h"
#include "platform/data/name_columns.h"
#include "platform/data/personal.h"

namespace sinter {
namespace {

using Kind = CleanStep::Kind;

constexpr size_t kExamples = 5;

std::string Shown(const Cell& cell) {
  if (cell.kind == Cell::Kind::kMissing) return "(missing)";
  std::string text = CellText(cell);
  if (text.size() > 80) {
    size_t end = 77;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end) + "...";
  }
  return text;
}

class Cleaner {
 public:
  Cleaner(Frame& frame, const CleanStep& step, const CancelToken& cancel, StepReport& report)
      : frame_(frame), step_(step), cancel_(cancel), report_(report) {}

  Status Run() {
    switch (step_.kind) {
      case Kind::kDrop:
        return Drop();
      case Kind::kFill:
        return Fill();
      case Kind::kCast:
        return Cast();
      case Kind::kFilter:
        return KeepWhere();
      case Kind::kDeduplicate:
        return Deduplicate();
      case Kind::kRelabel:
        return Relabel();
      case Kind::kMask:
        return Mask();
      case Kind::kForget:
        return Forget();
    }
    return {};
  }

 private:
  Status Stopped(size_t index) const {
    if (index % 4096 != 0 || !cancel_.Cancelled()) return {};
    return Error{ErrorCode::kCancelled, "the cleaning was stopped", ""};
  }
  void Touch(size_t index, std::string before, std::string after) {
    ++report_.touched;
    if (report_.examples.size() == kExamples) return;
    const Frame::Row& row = frame_.rows()[index];
    report_.examples.push_back({frame_.SplitName(row), row.row, std::move(before), std::move(after)});
  }
  // Sets a cell, where it differs.
  void Change(size_t c, size_t index, const Cell& cell) {
    const Cell old = frame_.At(c, index);
    if (old.kind == cell.kind && CellText(old) == CellText(cell)) return;
    Touch(index, Shown(old), Shown(cell));
    frame_.Set(c, index, cell);
  }
  std::string RowText(size_t index) const {
    std::string text;
    for (size_t c = 0; c < std::min<size_t>(frame_.columns(), 8); ++c)
      text += (c == 0 ? "" : ", ") + Shown(frame_.At(c, index));
    return text;
  }

  Status Drop() {
    for (const std::string& name : step_.columns) {
      TRY(const size_t c, frame_.Find(name));
      frame_.Drop(c);
    }
    report_.touched = report_.rows;
    return {};
  }

  // A class that is named the first time comes after the others.
  Status AddClass(size_t c, const std::string& name) {
    DatasetColumn info = frame_.column(c);
    if (info.kind != ColumnKind::kClass || std::ranges::find(info.classes, name) != info.classes.end())
      return {};
    info.classes.push_back(name);
    return SetClasses(c, std::move(info));
  }
  Status SetClasses(size_t c, DatasetColumn info) {
    if (info.classes.size() > 65'536) return InvalidArgument("more than 65,536 classes");
    info.dtype = info.classes.size() > 256 ? DType::kU16 : DType::kU8;
    frame_.SetColumn(c, std::move(info));
    return {};
  }

  // What a fill, from the split "train" or else the first, puts in.
  Result<std::string> Filling(size_t c) {
    if (step_.value) return *step_.value;
    const DatasetColumn& info = frame_.column(c);
    std::string from;
    for (const Frame::Row& row : frame_.rows()) {
      if (from.empty() || frame_.SplitName(row) == "train") from = frame_.SplitName(row);
      if (from == "train") break;
    }
    std::vector<double> numbers;
    std::map<std::string, int64_t> counts;
    for (size_t i = 0; i < frame_.rows().size(); ++i) {
      TRY_STATUS(Stopped(i));
      if (frame_.SplitName(frame_.rows()[i]) != from) continue;
      const Cell cell = frame_.At(c, i);
      if (cell.kind == Cell::Kind::kMissing) continue;
      if (step_.with == "mode")
        ++counts[CellText(cell)];
      else
        numbers.push_back(cell.kind == Cell::Kind::kWhole ? static_cast<double>(cell.whole) : cell.number);
    }
    if (step_.with != "mode" && info.kind != ColumnKind::kNumber)
      return InvalidArgument(
          fmt::format("column '{}' is a {}: it has no {}", info.name, ColumnKindName(info.kind), step_.with),
          "use mode, or a value");
    if (numbers.empty() && counts.empty())
      return InvalidArgument(fmt::format("column '{}' has no value in the split {}", info.name, from));
    if (step_.with == "mode")  // of equals the first in the order of their texts
      return std::ranges::max_element(counts, {}, [](const auto& c2) { return c2.second; })->first;
    double value = 0;
    if (step_.with == "mean") {
      for (const double n : numbers) value += n;
      value /= static_cast<double>(numbers.size());
    } else {
      std::ranges::sort(numbers);
      const size_t half = numbers.size() / 2;
      value = numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
    }
    if (info.dtype == DType::kI64) value = std::round(value);
    return CellText(Cell::Number(value));
  }

  Status Fill() {
    TRY(const size_t c, frame_.Find(step_.columns[0]));
    TRY(const std::string filling, Filling(c));
    TRY_STATUS(AddClass(c, filling));
    const DatasetColumn info = frame_.column(c);
    CellConverter converter(info);
    TRY(const auto value, converter.Convert(Cell::Text(filling)));
    if (value.missing) return InvalidArgument(fmt::format("'{}' is no value", filling));
    Cell cell = Cell::Text(filling);
    if (info.kind == ColumnKind::kNumber)
      cell = info.dtype == DType::kI64 ? Cell::Whole(value.whole) : Cell::Number(value.number);
    report_.note = fmt::format("filled with {}", Shown(cell));
    for (size_t i = 0; i < frame_.rows().size(); ++i) {
      TRY_STATUS(Stopped(i));
      if (frame_.At(c, i).kind == Cell::Kind::kMissing) Change(c, i, cell);
    }
    return {};
  }

  Status Cast() {
    TRY(const size_t c, frame_.Find(step_.columns[0]));
    const ColumnKind kind = frame_.column(c).kind;
    if (kind == ColumnKind::kPicture || kind == ColumnKind::kVector)
      return Unsupported(fmt::format("column '{}' holds {}s", frame_.column(c).name, ColumnKindName(kind)));
    TRY(const ColumnRequest request, ParseColumnRequest(step_.type));
    ColumnGuess guess;
    for (size_t i = 0; i < frame_.rows().size(); ++i) guess.Add(frame_.At(c, i));
    TRY(DatasetColumn info, guess.Column(frame_.column(c).name, request, false, nullptr));
    info.remark = frame_.column(c).remark;
    CellConverter converter(info);
    for (size_t i = 0; i < frame_.rows().size(); ++i) {
      TRY_STATUS(Stopped(i));
      const auto value = converter.Convert(frame_.At(c, i));
      if (value) continue;
      if (step_.or_missing) {
        Change(c, i, Cell());
        continue;
      }
      const Frame::Row& row = frame_.rows()[i];
      Error error = value.error();
      error.hint = "'otherwise: missing' makes such values missing";
      return std::move(error).In(
          fmt::format("split {}, row {}, column '{}'", frame_.SplitName(row), row.row, info.name));
    }
    const bool same =
        info.kind == kind && info.dtype == frame_.column(c).dtype && info.classes == frame_.column(c).classes;
    if (!same) {
      report_.touched = report_.rows;
      frame_.SetColumn(c, info);
    }
    return {};
  }

  Status KeepWhere() {
    TRY(const Filter::Predicate keep, step_.where->Bind(frame_.ColumnInfos()));
    std::vector<bool> kept(frame_.rows().size());
    for (size_t i = 0; i < kept.size(); ++i) {
      TRY_STATUS(Stopped(i));
      kept[i] = keep(frame_.CellsOf(i));
      if (!kept[i]) Touch(i, RowText(i), "(left out)");
    }
    frame_.Keep(kept);
    return {};
  }

  Status Deduplicate() {
    std::vector<size_t> columns;
    for (const std::string& name : step_.columns) {
      TRY(columns.emplace_back(), frame_.Find(name));
    }
    if (step_.columns.empty()) columns = FeatureColumns(frame_.ColumnInfos(), frame_.Label());
    std::set<Sha256Digest> seen;
    return KeepByDigest(columns, [&](const Sha256Digest& digest) { return seen.insert(digest).second; });
  }

  Status Forget() {
    std::vector<size_t> columns;
    for (const std::string& name : step_.columns) {
      TRY(columns.emplace_back(), frame_.Find(name));
    }
    return KeepByDigest(columns, [&](const Sha256Digest& digest) {
      return !std::ranges::binary_search(step_.records, digest);
    });
  }

  // The rows that are kept by what they say in some columns.
  Status KeepByDigest(const std::vector<size_t>& columns,
                      const std::function<bool(const Sha256Digest&)>& keep) {
    std::vector<std::string> names;
    names.reserve(columns.size());
    for (const size_t c : columns) names.push_back(frame_.column(c).name);
    RowHasher hasher(names);
    std::vector<bool> kept(frame_.rows().size());
    for (size_t i = 0; i < kept.size(); ++i) {
      TRY_STATUS(Stopped(i));
      hasher.Begin();
      for (size_t k = 0; k < columns.size(); ++k) hasher.Add(k, frame_.At(columns[k], i));
      kept[i] = keep(hasher.Finish());
      if (!kept[i]) Touch(i, RowText(i), "(left out)");
    }
    frame_.Keep(kept);
    return {};
  }

  Status Relabel() {
    TRY(const size_t c, frame_.Find(step_.columns[0]));
    const ColumnKind kind = frame_.column(c).kind;
    if (kind != ColumnKind::kClass && kind != ColumnKind::kText)
      return Unsupported(fmt::format("column '{}' holds {}s, which have no names", frame_.column(c).name,
                                     ColumnKindName(kind)));
    if (step_.where) {
      TRY(const Filter::Predicate chosen, step_.where->Bind(frame_.ColumnInfos()));
      TRY_STATUS(AddClass(c, *step_.value));
      for (size_t i = 0; i < frame_.rows().size(); ++i) {
        TRY_STATUS(Stopped(i));
        if (chosen(frame_.CellsOf(i))) Change(c, i, Cell::Text(*step_.value));
      }
      return {};
    }
    std::map<std::string, std::string, std::less<>> names(step_.names.begin(), step_.names.end());
    DatasetColumn info = frame_.column(c);
    if (kind == ColumnKind::kClass) {
      // A new name stands where the old one stood; where it is one of the others, they become one.
      std::vector<std::string> classes;
      for (const auto& [from, to] : names) {
        if (std::ranges::find(info.classes, from) == info.classes.end())
          return NotFound(fmt::format("column '{}' has no class '{}'", info.name, from));
      }
      for (const std::string& name : info.classes) {
        const auto found = names.find(name);
        const std::string& now = found == names.end() ? name : found->second;
        if (std::ranges::find(classes, now) == classes.end()) classes.push_back(now);
      }
      info.classes = std::move(classes);
    }
    for (size_t i = 0; i < frame_.rows().size(); ++i) {
      TRY_STATUS(Stopped(i));
      const Cell cell = frame_.At(c, i);
      if (cell.kind != Cell::Kind::kText) continue;
      if (const auto found = names.find(cell.text); found != names.end())
        Change(c, i, Cell::Text(found->second));
    }
    return kind == ColumnKind::kClass ? SetClasses(c, std::move(info)) : Status();
  }

  Status Mask() {
    TRY(const size_t c, frame_.Find(step_.columns[0]));
    const ColumnKind kind = frame_.column(c).kind;
    if (kind == ColumnKind::kPicture || kind == ColumnKind::kVector)
      return Unsupported(fmt::format("column '{}' holds {}s, which are not masked", frame_.column(c).name,
                                     ColumnKindName(kind)));
    Filter::Predicate chosen = [](const Filter::CellOfColumn&) { return true; };
    if (step_.where) {
      TRY(chosen, step_.where->Bind(frame_.ColumnInfos()));
    }
    std::array<bool, kPersonalKinds> kinds{};
    for (const std::string& name : step_.what) kinds[static_cast<size_t>(*PersonalKindOf(name))] = true;
    if (!step_.what.empty() && kind != ColumnKind::kText)
      return Unsupported(fmt::format("column '{}' is a {}: personal data are masked in texts",
                                     frame_.column(c).name, ColumnKindName(kind)),
                         "without 'what' its values become missing");
    // In a column of names, a value that is written as one is one.
    NameColumn names(frame_.column(c).name);
    for (size_t i = 0; kinds[static_cast<size_t>(PersonalKind::kName)] && i < frame_.rows().size(); ++i) {
      TRY_STATUS(Stopped(i));
      if (const Cell cell = frame_.At(c, i); cell.kind == Cell::Kind::kText) names.Add(cell.text);
    }
    for (size_t i = 0; i < frame_.rows().size(); ++i) {
      TRY_STATUS(Stopped(i));
      if (!chosen(frame_.CellsOf(i))) continue;
      const Cell cell = frame_.At(c, i);
      if (step_.what.empty()) {
        Change(c, i, Cell());
      } else if (cell.kind == Cell::Kind::kText) {
        const bool name = names.IsName(cell.text);
        const std::string masked = name ? "[name]" : MaskPersonal(cell.text, kinds);
        Change(c, i, Cell::Text(masked));
      }
    }
    return {};
  }

  Frame& frame_;
  const CleanStep& step_;
  const CancelToken& cancel_;
  StepReport& report_;
};

}  // namespace

Result<std::vector<StepReport>> ApplySteps(Frame& frame, const std::vector<CleanStep>& steps,
                                           const CancelToken& cancel) {
  std::vector<StepReport> reports;
  for (const CleanStep& step : steps) {
    StepReport& report = reports.emplace_back();
    report.step = step;
    report.rows = static_cast<int64_t>(frame.rows().size());
    if (Status status = Cleaner(frame, step, cancel, report).Run(); !status)
      return std::move(status).error().In(fmt::format("step {} (line {})", reports.size(), step.line));
    report.left = static_cast<int64_t>(frame.rows().size());
  }
  return reports;
}

Json StepReportsJson(const std::vector<StepReport>& reports) {
  Json list = Json::array();
  for (const StepReport& r : reports) {
    Json examples = Json::array();
    for (const CleanExample& e : r.examples)
      examples.push_back({{"split", e.split}, {"row", e.row}, {"before", e.before}, {"after", e.after}});
    list.push_back({{"step", CleanStepJson(r.step)},
                    {"rows", r.rows},
                    {"touched", r.touched},
                    {"left", r.left},
                    {"note", r.note},
                    {"examples", std::move(examples)}});
  }
  return list;
}

}  // namespace sinter
