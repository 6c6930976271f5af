// Labels as the next version of a data set.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/data/classes.h"
#include "platform/data/frame.h"
#include "platform/data/import_details.h"
#include "platform/labels/label_json.h"
#include "platform/labels/labellings.h"

namespace sinter {
namespace {

struct FinalLabel {
  int64_t row = 0;
  bool keep = false;  // what the row has stays: a gold question, whose label is known
  std::optional<LabelValue> label;
};

// A class by its name, a transcript as it is, other values as JSON.
std::string CellTextOf(LabelTask task, const LabelValue& value) {
  if (task == LabelTask::kClassification) return value.classes[0];
  if (task == LabelTask::kTranscript) return value.text;
  return LabelValueJson(task, value).dump();
}

// The column that takes the labels: made where there is none, with the labelling's classes behind its own.
Result<size_t> LabelColumnOf(Frame& frame, const LabellingSpec& spec) {
  const bool classes = spec.rules.task == LabelTask::kClassification;
  const auto found = frame.Find(spec.column);
  DatasetColumn info = found ? frame.column(*found) : DatasetColumn{.name = spec.column};
  if (!found) info.kind = classes ? ColumnKind::kClass : ColumnKind::kText;
  if (info.kind == ColumnKind::kClass) {
    for (const std::string& name : spec.rules.classes) {
      if (std::ranges::find(info.classes, name) == info.classes.end()) info.classes.push_back(name);
    }
    info.dtype = ClassDType(info.classes.size());
  }
  if (!found) return frame.Add(std::move(info));
  frame.SetColumn(*found, std::move(info));
  return *found;
}

Status SetLabels(Frame& frame, const LabellingSpec& spec, size_t split, const std::vector<FinalLabel>& labels,
                 bool only_labelled) {
  TRY(const size_t column, LabelColumnOf(frame, spec));
  // A table without a label has one from here on.
  if (frame.Label() == frame.columns() && frame.column(column).kind == ColumnKind::kClass)
    frame.SetLabel(column);
  size_t begin = 0;  // of the split's rows
  while (begin < frame.rows().size() && frame.rows()[begin].split != split) ++begin;
  std::vector<bool> kept(frame.rows().size(), !only_labelled);
  for (const FinalLabel& one : labels) {
    const size_t index = begin + static_cast<size_t>(one.row);
    if (one.label && !one.keep) frame.Set(column, index, Cell::Text(CellTextOf(spec.rules.task, *one.label)));
    if (one.label || one.keep) kept[index] = true;
  }
  if (!only_labelled) return {};
  // The other splits are no part of the work: they stay as they are.
  for (size_t i = 0; i < kept.size(); ++i) {
    if (frame.rows()[i].split != split) kept[i] = true;
  }
  frame.Keep(kept);
  return {};
}

}  // namespace

Result<CommittedLabels> Labellings::Commit(std::string_view name, const CommitRequest& request,
                                           std::string_view who) {
  TRY(const LabellingInfo info, Get(name));
  TRY(const RepositoryVersion base, datasets_.Find(info.spec.dataset));
  const std::string target = request.dataset.empty() ? base.repository : request.dataset;
  TRY_STATUS(CheckRepositoryName(target));
  std::vector<FinalLabel> labels;
  std::string sidecar;
  CommittedLabels committed;
  std::shared_ptr<const DatasetVersion> version;
  size_t split = 0;
  {
    std::lock_guard lock(mutex_);
    TRY(const Entry* entry, Open(info));
    version = entry->version;
    split = entry->split;
    for (int64_t i = 0; i < entry->board.size(); ++i) {
      const LabelBoard::Item& item = entry->board.item(i);
      labels.push_back({item.what.row, item.what.gold, entry->board.outcome(i).label});
      if (!item.what.gold) ++(labels.back().label ? committed.labels : committed.left_out);
      sidecar += SidecarJson(entry->board, i).dump() + "\n";
    }
  }
  if (committed.labels == 0)
    return Error{ErrorCode::kConflict, fmt::format("labelling {} has no final label yet", name),
                 fmt::format("sinter data label show {}", name)};
  Frame frame(version);
  TRY_STATUS(SetLabels(frame, info.spec, split, labels, request.only_labelled));
  TRY(const Manifest manifest, datasets_.ManifestOf(base));
  TRY(ImportedDataset made, frame.Write(store_, manifest));
  TRY(const BlobInfo answers, store_.Put(sidecar));
  made.manifest.files.push_back({std::string(kSidecar), answers.size, answers.digest});
  NewVersion next;
  TRY(next.manifest, Manifest::Make(std::move(made.manifest.files)));
  Json details = {{"from", base.Ref()},         {"labelling", info.name},
                  {"column", info.spec.column}, {"task", LabelTaskName(info.spec.rules.task)},
                  {"labels", committed.labels}, {"left_out", committed.left_out}};
  KeepImport(base, details);
  next.details = details.dump();
  next.message = request.message.empty() ? fmt::format("Labels of {}", info.name) : request.message;
  TRY(const RepositoryVersion added, datasets_.Commit(target, next, who));
  committed.ref = added.Ref();
  committed.version = added.id.Hex();
  TRY_STATUS(records_.Update(kLabellingKind, name, who, [&](Record& record) -> Status {
    TRY(LabellingInfo now, ReadLabelling(record));
    now.committed = committed;
    record.status = LabellingStatusText(now);
    return {};
  }));
  return committed;
}

}  // namespace sinter
