#include "platform/labels/labellings.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/agreement.h"
#include "platform/labels/label_json.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr size_t kMostBoards = 64;  // in memory
constexpr int kPage = 1'000;

Error NoItem(std::string_view name, int64_t item, int64_t items) {
  return NotFound(fmt::format("labelling {} has no item {}", name, item), fmt::format("0 to {}", items - 1));
}

}  // namespace

Result<LabellingInfo> Labellings::Create(std::string_view name, LabellingSpec spec, std::string_view who) {
  TRY_STATUS(CheckLabellingName(name));
  if (records_.Get(kLabellingKind, name))
    return Error{ErrorCode::kAlreadyExists, fmt::format("there is a labelling {}", name),
                 "choose another name"};
  TRY(const RepositoryVersion found, datasets_.Find(spec.dataset));
  spec.dataset = found.Ref();
  spec.version = found.id.Hex();
  LabellingInfo info;
  if (spec.prelabels()) {
    TRY(info.model, source_.Resolve(spec));
    TRY_STATUS(source_.Check(info.model, spec));
  }
  TRY(const auto version, DatasetVersion::Open(store_, found.id));
  TRY(LabellingPlan plan, PlanLabelling(std::move(spec), *version, SoundRateOf(found.details)));
  info.items = static_cast<int64_t>(plan.items.size());
  std::vector<RecordWrite> writes = {RecordWrite::Create(std::string(kLabellingKind), std::string(name),
                                                         LabellingSpecJson(plan.spec).dump(),
                                                         LabellingStatusText(info))};
  for (size_t first = 0; first < plan.items.size(); first += kItemsOfPart) {
    const size_t count = std::min<size_t>(kItemsOfPart, plan.items.size() - first);
    writes.push_back(
        RecordWrite::Create(std::string(kLabellingPartKind),
                            LabellingPartName(name, "items", static_cast<int64_t>(first / kItemsOfPart)),
                            ItemsText(std::span(plan.items).subspan(first, count))));
  }
  TRY(const auto made, records_.Apply(writes, who));
  if (plan.spec.prelabels()) Enqueue(std::string(name));
  return ReadLabelling(made[0]);
}

Result<LabellingInfo> Labellings::Get(std::string_view name) {
  const auto record = records_.Get(kLabellingKind, name);
  if (!record && record.error().code == ErrorCode::kNotFound)
    return NotFound(fmt::format("there is no labelling {}", name.substr(0, 128)), "sinter data label list");
  if (!record) return record.error();
  return ReadLabelling(*record);
}

Result<LabellingInfo> Labellings::GetOpen(std::string_view name) {
  TRY(LabellingInfo info, Get(name));
  if (!info.open)
    return Error{ErrorCode::kConflict, fmt::format("labelling {} is closed", name),
                 fmt::format("sinter data label reopen {}", name)};
  return info;
}

Result<LabellingPlan> Labellings::ReadPlan(const LabellingInfo& info) {
  LabellingPlan plan{info.spec, {}};
  for (int64_t part = 0; part * kItemsOfPart < info.items; ++part) {
    TRY(const Record record, records_.Get(kLabellingPartKind, LabellingPartName(info.name, "items", part)));
    TRY(const std::vector<LabelItem> items, ReadItems(record.spec));
    plan.items.insert(plan.items.end(), items.begin(), items.end());
  }
  if (static_cast<int64_t>(plan.items.size()) != info.items)
    return Corrupt(
        fmt::format("labelling {} has {} items, not {}", info.name, plan.items.size(), info.items));
  return plan;
}

Result<std::unique_ptr<Labellings::Entry>> Labellings::Load(const LabellingInfo& info) {
  const auto id = ParseSha256(info.spec.version);
  if (!id) return Corrupt(fmt::format("labelling {} names no version", info.name));
  auto version = DatasetVersion::Open(store_, *id);
  if (!version)
    return std::move(version).error().In(fmt::format("{} of labelling {}", info.spec.dataset, info.name));
  TRY(const size_t split, (*version)->SplitIndex(info.spec.split));
  TRY(LabellingPlan plan, ReadPlan(info));
  std::vector<std::optional<LabelValue>> known;
  known.reserve(plan.items.size());
  for (const LabelItem& item : plan.items) {
    if (item.row >= (*version)->Rows(split))
      return Corrupt(fmt::format("labelling {}: no row {}", info.name, item.row));
    known.push_back(KnownLabel(**version, info.spec, split, item.row));
  }
  auto entry = std::unique_ptr<Entry>(new Entry{
      *std::move(version), split, LabelBoard(std::move(plan), std::move(known)), info.created_ms, 0, 0});
  TRY_STATUS(ReadLabels(info, entry->board));
  return entry;
}

Status Labellings::ReadLabels(const LabellingInfo& info, LabelBoard& board) {
  const auto apply = [&](const Record& record) -> Status {
    TRY(const LabelRecordName name, ReadLabelRecordName(record.name));
    return Apply(name, record, board);
  };
  return ForEachRecord(records_, kLabelKind, apply, info.name + "/");
}

Status Labellings::Apply(const LabelRecordName& name, const Record& record, LabelBoard& board) {
  if (name.item >= board.size()) return Corrupt(fmt::format("'{}' labels no item", record.name));
  TRY(const Json json, ParseJson(record.spec, {.bytes = kRecordTextLimit}));
  TRY(LabelAnswer answer, ReadLabelAnswer(json, board.spec().rules, true));
  if (name.labeller.empty())
    board.SetDecision(name.item, {std::move(answer), record.updated_by, record.updated_ms, record.revision});
  else
    board.SetAnswer(name.item, {name.labeller, std::move(answer), record.updated_ms, record.revision});
  return {};
}

Status Labellings::CatchUp() {
  if (seen_ < 0) {  // no board yet: whatever is loaded from now on has what came before
    TRY(seen_, records_.LastSequence());
    return {};
  }
  // Read first: what comes between the two is read again, and changes nothing.
  TRY(const int64_t last, records_.LastSequence());
  while (seen_ < last) {
    TRY(const auto changes,
        records_.History({.after = seen_, .kind = std::string(kLabelKind), .name = {}, .limit = kPage}));
    for (const Change& change : changes) {
      seen_ = change.sequence;
      TRY(const LabelRecordName name, ReadLabelRecordName(change.record.name));
      counts_.erase(name.labelling);
      const auto entry = entries_.find(name.labelling);
      if (entry == entries_.end()) continue;
      if (change.change == ChangeKind::kDelete)
        entries_.erase(entry);  // with its labelling; another of its name is read anew
      else
        TRY_STATUS(Apply(name, change.record, entry->second->board));
    }
    if (changes.empty()) seen_ = last;
  }
  return {};
}

Status Labellings::ReadNewPrelabels(const LabellingInfo& info, Entry& entry) {
  while (entry.prelabels < info.prelabels) {
    const int64_t each = PrelabelsOfPart(info.spec.rules.task);
    const int64_t part = entry.prelabels / each;
    TRY(const Record record,
        records_.Get(kLabellingPartKind, LabellingPartName(info.name, "prelabels", part)));
    TRY(auto prelabels, ReadPrelabels(record.spec, info.spec.rules));
    entry.board.SetPrelabels(part * each, std::move(prelabels));
    entry.prelabels = std::min(info.items, (part + 1) * each);
  }
  return {};
}

Result<Labellings::Entry*> Labellings::Open(const LabellingInfo& info) {
  TRY_STATUS(CatchUp());
  auto found = entries_.find(info.name);
  if (found != entries_.end() && found->second->created_ms != info.created_ms) {
    entries_.erase(found);
    found = entries_.end();
  }
  if (found == entries_.end()) {
    TRY(auto entry, Load(info));
    if (entries_.size() >= kMostBoards) {
      entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& e) { return e.second->used; }));
    }
    found = entries_.emplace(info.name, std::move(entry)).first;
  }
  TRY_STATUS(ReadNewPrelabels(info, *found->second));
  found->second->used = ++uses_;
  return found->second.get();
}

Result<BoardCounts> Labellings::CountsOf(const LabellingInfo& info) {
  TRY_STATUS(CatchUp());
  if (const auto kept = counts_.find(info.name); kept != counts_.end()) return kept->second;
  if (const auto entry = entries_.find(info.name); entry != entries_.end())
    return counts_[info.name] = entry->second->board.Counts();
  // Without the data set, which is not needed to count.
  TRY(LabellingPlan plan, ReadPlan(info));
  LabelBoard board(std::move(plan), {});
  TRY_STATUS(ReadLabels(info, board));
  return counts_[info.name] = board.Counts();
}

Result<Labellings::Entry*> Labellings::OpenItem(const LabellingInfo& info, int64_t item) {
  if (item < 0 || item >= info.items) return NoItem(info.name, item, info.items);
  return Open(info);
}

Result<Json> Labellings::Show(std::string_view name) {
  TRY(const LabellingInfo info, Get(name));
  std::lock_guard lock(mutex_);
  TRY(const Entry* entry, Open(info));
  return Json{{"name", info.name},
              {"spec", LabellingSpecJson(info.spec)},
              {"state", info.open ? "open" : "closed"},
              {"revision", info.revision},
              {"created_ms", info.created_ms},
              {"created_by", info.created_by},
              {"status", LabelStatusJson(entry->board, info)}};
}

Result<Json> Labellings::List(std::string_view after, int limit) {
  TRY(const RecordPage page,
      records_.List(
          {.kind = std::string(kLabellingKind), .prefix = {}, .after = std::string(after), .limit = limit}));
  Json items = Json::array();
  for (const Record& record : page.records) {
    TRY(const LabellingInfo info, ReadLabelling(record));
    Json item = {{"name", info.name},
                 {"dataset", info.spec.dataset},
                 {"task", LabelTaskName(info.spec.rules.task)},
                 {"items", info.items},
                 {"labellers", info.spec.labellers},
                 {"state", info.open ? "open" : "closed"},
                 {"created_ms", info.created_ms},
                 {"done", nullptr},
                 {"in_review", nullptr},
                 {"committed", info.committed ? CommittedJson(*info.committed) : Json(nullptr)}};
    std::lock_guard lock(mutex_);
    // One that was half deleted is listed too.
    if (const auto counts = CountsOf(info)) {
      item["done"] = counts->done;
      item["in_review"] = counts->in_review;
    }
    items.push_back(std::move(item));
  }
  return Json{{"items", std::move(items)}, {"next", page.next}};
}

Result<Json> Labellings::Next(std::string_view name, std::string_view labeller, size_t count) {
  TRY_STATUS(CheckLabeller(labeller));
  TRY(const LabellingInfo info, GetOpen(name));
  std::lock_guard lock(mutex_);
  TRY(Entry * entry, Open(info));
  Json items = Json::array();
  for (const int64_t index : entry->board.HandOut(labeller, count, clock_.Now()))
    items.push_back(LabelItemJson(entry->board, index, labeller, *entry->version, entry->split));
  return Json{{"items", std::move(items)}, {"left", entry->board.Left(labeller)}};
}

Status Labellings::Write(const LabelRecordName& name, LabelAnswer answer, const LabelRules& rules,
                         std::string_view who) {
  const std::string text = name.ToString();
  const auto made =
      records_.Create(std::string(kLabelKind), text, LabelAnswerJson(rules.task, answer).dump(), "{}", who);
  if (made) return {};
  if (made.error().code != ErrorCode::kAlreadyExists) return made.error();
  TRY_STATUS(records_.Update(kLabelKind, text, who, [&](Record& record) -> Status {
    TRY(const Json json, ParseJson(record.spec, {.bytes = kRecordTextLimit}));
    TRY(const LabelAnswer before, ReadLabelAnswer(json, rules, true));
    // A gold question judges the first answer; whoever then knows better shows nothing by it.
    if (before.gold_right) answer.gold_right = before.gold_right;
    record.spec = LabelAnswerJson(rules.task, answer).dump();
    return {};
  }));
  return {};
}

Result<Json> Labellings::Answer(std::string_view name, int64_t item, std::string_view labeller,
                                const Json& answer, std::string_view who) {
  TRY_STATUS(CheckLabeller(labeller));
  TRY(const LabellingInfo info, GetOpen(name));
  const LabelRules& rules = info.spec.rules;
  TRY(LabelAnswer read, ReadLabelAnswer(answer, rules, false));
  Json gold = nullptr;
  {
    std::lock_guard lock(mutex_);
    TRY(Entry * entry, OpenItem(info, item));
    const LabelBoard::Item& of = entry->board.item(item);
    if (rules.task == LabelTask::kSpans) {
      TRY(const size_t c, entry->version->ColumnIndex(info.spec.content));
      TRY_STATUS(
          CheckSpansWithin(read.value, CodePoints(entry->version->Text(entry->split, c, of.what.row))));
    }
    TRY_STATUS(entry->board.Reserve(item, labeller, clock_.Now()));
    if (of.what.gold && of.known) {
      read.gold_right = !read.skip && SameLabel(rules.task, read.value, *of.known);
      gold = {{"right", *read.gold_right}, {"value", LabelValueJson(rules.task, *of.known)}};
    }
  }
  // Not under the mutex: those who write at once share the disk's sync.
  TRY_STATUS(Write({std::string(name), item, std::string(labeller)}, std::move(read), rules, who));
  std::lock_guard lock(mutex_);
  TRY(const Entry* entry, Open(info));
  return Json{
      {"item", item}, {"gold", std::move(gold)}, {"done", entry->board.Counts().done}, {"items", info.items}};
}

Result<Json> Labellings::Undo(std::string_view name, std::string_view labeller, std::string_view who) {
  TRY_STATUS(CheckLabeller(labeller));
  TRY(const LabellingInfo info, GetOpen(name));
  const Error nothing{ErrorCode::kConflict, fmt::format("{} has given no answer to take back", labeller), ""};
  int64_t item = 0;
  {
    std::lock_guard lock(mutex_);
    TRY(const Entry* entry, Open(info));
    const auto last = entry->board.LastOf(labeller);
    if (!last) return nothing;
    item = *last;
  }
  const LabelRules& rules = info.spec.rules;
  const LabelRecordName record_name{std::string(name), item, std::string(labeller)};
  TRY_STATUS(records_.Update(kLabelKind, record_name.ToString(), who, [&](Record& record) -> Status {
    TRY(const Json json, ParseJson(record.spec, {.bytes = kRecordTextLimit}));
    TRY(LabelAnswer answer, ReadLabelAnswer(json, rules, true));
    if (answer.withdrawn) return nothing;
    answer.withdrawn = true;
    record.spec = LabelAnswerJson(rules.task, answer).dump();
    return {};
  }));
  std::lock_guard lock(mutex_);
  TRY(Entry * entry, Open(info));
  entry->board.PutInHand(item, labeller, clock_.Now());
  return Json{{"item", LabelItemJson(entry->board, item, labeller, *entry->version, entry->split)}};
}

Result<Json> Labellings::Review(std::string_view name, int64_t from, size_t limit) {
  TRY(const LabellingInfo info, Get(name));
  std::lock_guard lock(mutex_);
  TRY(const Entry* entry, Open(info));
  const std::vector<int64_t> found = entry->board.ForReview(from, limit + 1);
  Json items = Json::array();
  for (size_t i = 0; i < std::min(limit, found.size()); ++i)
    items.push_back(ReviewItemJson(entry->board, found[i], *entry->version, entry->split));
  return Json{{"items", std::move(items)}, {"next", found.size() > limit ? found[limit] : -1}};
}

Result<Json> Labellings::Decide(std::string_view name, int64_t item, const Json& decision,
                                std::string_view who) {
  TRY(const LabellingInfo info, GetOpen(name));
  Json text = decision;
  if (text.is_object() && text.contains("reason")) {
    text["comment"] = text["reason"];
    text.erase("reason");
  }
  TRY(LabelAnswer read, ReadLabelAnswer(text, info.spec.rules, false));
  {
    std::lock_guard lock(mutex_);
    TRY(const Entry* entry, OpenItem(info, item));
    if (info.spec.rules.task == LabelTask::kSpans) {
      TRY(const size_t c, entry->version->ColumnIndex(info.spec.content));
      const int64_t row = entry->board.item(item).what.row;
      TRY_STATUS(CheckSpansWithin(read.value, CodePoints(entry->version->Text(entry->split, c, row))));
    }
  }
  TRY_STATUS(Write({std::string(name), item, ""}, std::move(read), info.spec.rules, who));
  std::lock_guard lock(mutex_);
  TRY(const Entry* entry, Open(info));
  return ReviewItemJson(entry->board, item, *entry->version, entry->split);
}

Result<LabellingInfo> Labellings::SetOpen(std::string_view name, bool open, std::string_view who) {
  TRY_STATUS(Get(name));
  TRY(const Record changed, records_.Update(kLabellingKind, name, who, [&](Record& record) -> Status {
    TRY(LabellingInfo info, ReadLabelling(record));
    info.open = open;
    record.status = LabellingStatusText(info);
    return {};
  }));
  if (open) Enqueue(std::string(name));
  return ReadLabelling(changed);
}

Status Labellings::RemoveUnder(std::string_view name, std::string_view who) {
  for (const std::string_view kind : {kLabelKind, kLabellingPartKind}) {
    while (true) {
      TRY(const RecordPage page,
          records_.List(
              {.kind = std::string(kind), .prefix = std::string(name) + "/", .after = {}, .limit = kPage}));
      if (page.records.empty()) break;
      std::vector<RecordWrite> writes;
      writes.reserve(page.records.size());
      for (const Record& record : page.records) writes.push_back(RecordWrite::Delete(record));
      TRY_STATUS(records_.Apply(writes, who));
    }
  }
  return {};
}

Status Labellings::Delete(std::string_view name, std::string_view who) {
  // Closed, so that nothing is added meanwhile; itself last, so that one that was cut off half way is still
  // there to be deleted.
  TRY_STATUS(SetOpen(name, false, who));
  TRY_STATUS(RemoveUnder(name, who));
  TRY(const Record labelling, records_.Get(kLabellingKind, name));
  TRY_STATUS(records_.Delete(labelling, who));
  // An answer that was on its way.
  TRY_STATUS(RemoveUnder(name, who));
  std::lock_guard lock(mutex_);
  entries_.erase(std::string(name));
  counts_.erase(std::string(name));
  return {};
}

}  // namespace sinter
