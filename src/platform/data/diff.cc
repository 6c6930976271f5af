#include "platform/data/diff.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr size_t kExamples = 50;

struct DigestHash {
  size_t operator()(const Sha256Digest& digest) const {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(digest.bytes.data()), sizeof(size_t)});
  }
};
struct Place {
  size_t split = 0;
  int64_t row = 0;
};

std::string TypeText(const DatasetColumn& c) {
  std::string text = fmt::format("{} {}", ColumnKindName(c.kind), DTypeName(c.dtype));
  if (!c.shape.empty()) text += Json(c.shape).dump();
  if (c.kind == ColumnKind::kClass) text += fmt::format(" of {} classes", c.classes.size());
  return text;
}

// One side: its columns in the common order.
class Side {
 public:
  Side(const DatasetVersion& version, const std::vector<std::string>& common)
      : version_(version), hasher_(common) {
    columns_.reserve(common.size());
    for (const std::string& name : common) columns_.push_back(*version.ColumnIndex(name));
  }
  const std::string& SplitName(size_t split) const { return version_.info().splits[split].name; }
  Sha256Digest Hash(const Place& place) {
    hasher_.Begin();
    for (size_t i = 0; i < columns_.size(); ++i)
      hasher_.Add(i, version_.CellAt(place.split, columns_[i], place.row));
    return hasher_.Finish();
  }
  Sha256Digest HashOf(const Place& place, size_t column) {
    RowHasher one({""});
    one.Begin();
    one.Add(0, version_.CellAt(place.split, columns_[column], place.row));
    return one.Finish();
  }
  Result<std::string> Key(const Place& place, size_t column) const {
    const Cell cell = version_.CellAt(place.split, column, place.row);
    if (cell.kind == Cell::Kind::kMissing)
      return InvalidArgument(
          fmt::format("the key of row {} of split {} is missing", place.row, SplitName(place.split)));
    return CellText(cell);
  }
  template <class Visit>
  Status ForEach(const CancelToken& cancel, Visit visit) const {
    for (size_t s = 0; s < version_.info().splits.size(); ++s) {
      for (int64_t row = 0; row < version_.Rows(s); ++row) {
        if (row % 4096 == 0 && cancel.Cancelled())
          return Error{ErrorCode::kCancelled, "the comparison was stopped", ""};
        TRY_STATUS(visit(Place{s, row}));
      }
    }
    return {};
  }

 private:
  const DatasetVersion& version_;
  std::vector<size_t> columns_;
  RowHasher hasher_;
};

class Differ {
 public:
  Differ(const DatasetVersion& before, const DatasetVersion& after, const CancelToken& cancel)
      : before_(before), after_(after), cancel_(cancel) {}

  Result<DatasetDiff> Run(std::string_view key) {
    Schema();
    Counts();
    if (common_.empty()) return InvalidArgument("the versions have no column in common");
    Side a(before_, common_), b(after_, common_);
    TRY_STATUS(key.empty() ? ByContent(a, b) : ByKey(a, b, key));
    return std::move(diff_);
  }

 private:
  void Schema() {
    for (const DatasetColumn& column : before_.info().columns) {
      const auto found = std::ranges::find(after_.info().columns, column.name, &DatasetColumn::name);
      if (found == after_.info().columns.end()) {
        diff_.removed_columns.push_back(column.name);
        continue;
      }
      common_.push_back(column.name);
      if (column.kind != found->kind || column.dtype != found->dtype || column.shape != found->shape ||
          column.classes != found->classes)
        diff_.changed_columns.push_back(
            fmt::format("{}: {} -> {}", column.name, TypeText(column), TypeText(*found)));
    }
    for (const DatasetColumn& column : after_.info().columns) {
      if (std::ranges::find(before_.info().columns, column.name, &DatasetColumn::name) ==
          before_.info().columns.end())
        diff_.added_columns.push_back(column.name);
    }
  }

  void Counts() {
    std::vector<std::string> names;
    for (const DatasetVersion* version : {&before_, &after_}) {
      for (const DatasetSplit& split : version->info().splits) {
        if (std::ranges::find(names, split.name) == names.end()) names.push_back(split.name);
      }
    }
    for (const std::string& name : names) {
      DatasetDiff::SplitCount count{name};
      std::map<std::string, std::pair<int64_t, int64_t>> classes;
      for (const bool later : {false, true}) {
        const DatasetVersion& version = later ? after_ : before_;
        const auto split = version.SplitIndex(name);
        if (!split) continue;
        (later ? count.after : count.before) = version.Rows(*split);
        const auto label = version.LabelColumn();
        for (int64_t row = 0; label && row < version.Rows(*split); ++row) {
          const int64_t c = version.Class(*split, *label, row);
          auto& pair = classes[c < 0 ? "" : version.info().columns[*label].classes[static_cast<size_t>(c)]];
          ++(later ? pair.second : pair.first);
        }
      }
      count.classes.assign(classes.begin(), classes.end());
      diff_.splits.push_back(std::move(count));
    }
  }

  void Example(RowChange change) {
    if (diff_.examples.size() < kExamples) diff_.examples.push_back(std::move(change));
  }
  RowChange Of(std::string what, std::string key, const Side& a, std::optional<Place> from, const Side& b,
               std::optional<Place> to) const {
    RowChange change{std::move(what), std::move(key)};
    if (from) {
      change.before_split = a.SplitName(from->split);
      change.before_row = from->row;
    }
    if (to) {
      change.split = b.SplitName(to->split);
      change.row = to->row;
    }
    return change;
  }

  // A row that moved is taken for one that stayed only where none stayed: those of the same split go first.
  Status ByContent(Side& a, Side& b) {
    std::unordered_map<Sha256Digest, std::vector<Place>, DigestHash> left;
    TRY_STATUS(a.ForEach(cancel_, [&](const Place& place) -> Status {
      left[a.Hash(place)].push_back(place);
      return {};
    }));
    std::vector<std::pair<Sha256Digest, Place>> waiting;
    TRY_STATUS(b.ForEach(cancel_, [&](const Place& place) -> Status {
      const Sha256Digest hash = b.Hash(place);
      const auto found = left.find(hash);
      if (found != left.end()) {
        const auto same = std::ranges::find_if(
            found->second, [&](const Place& p) { return a.SplitName(p.split) == b.SplitName(place.split); });
        if (same != found->second.end()) {
          found->second.erase(same);
          ++diff_.same;
          return {};
        }
      }
      waiting.emplace_back(hash, place);
      return {};
    }));
    for (const auto& [hash, place] : waiting) {
      const auto found = left.find(hash);
      if (found != left.end() && !found->second.empty()) {
        ++diff_.same;
        ++diff_.moved;
        Example(Of("moved", "", a, found->second.front(), b, place));
        found->second.erase(found->second.begin());
        continue;
      }
      ++diff_.added;
      Example(Of("added", "", a, std::nullopt, b, place));
    }
    std::vector<Place> gone;
    for (const auto& [hash, places] : left) gone.insert(gone.end(), places.begin(), places.end());
    std::ranges::sort(gone, {}, [](const Place& p) { return std::pair(p.split, p.row); });
    diff_.removed = static_cast<int64_t>(gone.size());
    for (const Place& place : gone) Example(Of("removed", "", a, place, b, std::nullopt));
    return {};
  }

  Status ByKey(Side& a, Side& b, std::string_view key) {
    TRY(const size_t a_key, before_.ColumnIndex(key));
    TRY(const size_t b_key, after_.ColumnIndex(key));
    std::map<std::string, Place> left, seen;
    TRY_STATUS(a.ForEach(cancel_, [&](const Place& place) -> Status {
      TRY(std::string text, a.Key(place, a_key));
      if (!left.emplace(text, place).second)
        return InvalidArgument(fmt::format("the key '{}' stands twice in the version before", text));
      return {};
    }));
    TRY_STATUS(b.ForEach(cancel_, [&](const Place& place) -> Status {
      TRY(std::string text, b.Key(place, b_key));
      if (!seen.emplace(text, place).second)
        return InvalidArgument(fmt::format("the key '{}' stands twice in the version after", text));
      const auto found = left.find(text);
      if (found == left.end()) {
        ++diff_.added;
        Example(Of("added", text, a, std::nullopt, b, place));
        return {};
      }
      const Place from = found->second;
      left.erase(found);
      const bool moved = a.SplitName(from.split) != b.SplitName(place.split);
      diff_.moved += moved;
      if (a.Hash(from) == b.Hash(place)) {
        ++diff_.same;
        if (moved) Example(Of("moved", text, a, from, b, place));
        return {};
      }
      ++diff_.changed;
      RowChange change = Of("changed", text, a, from, b, place);
      for (size_t c = 0; c < common_.size(); ++c) {
        if (a.HashOf(from, c) != b.HashOf(place, c)) change.columns.push_back(common_[c]);
      }
      Example(std::move(change));
      return {};
    }));
    diff_.removed = static_cast<int64_t>(left.size());
    for (const auto& [text, place] : left) Example(Of("removed", text, a, place, b, std::nullopt));
    return {};
  }

  const DatasetVersion& before_;
  const DatasetVersion& after_;
  const CancelToken& cancel_;
  std::vector<std::string> common_;
  DatasetDiff diff_;
};

}  // namespace

Result<DatasetDiff> DiffDatasets(const DatasetVersion& before, const DatasetVersion& after,
                                 std::string_view key, const CancelToken& cancel) {
  return Differ(before, after, cancel).Run(key);
}

Json DiffJson(const DatasetDiff& diff) {
  Json splits = Json::array(), examples = Json::array();
  for (const auto& s : diff.splits) {
    Json classes = Json::array();
    for (const auto& [name, counts] : s.classes)
      classes.push_back({{"name", name}, {"before", counts.first}, {"after", counts.second}});
    splits.push_back(
        {{"name", s.name}, {"before", s.before}, {"after", s.after}, {"classes", std::move(classes)}});
  }
  for (const RowChange& r : diff.examples) {
    Json json = {{"what", r.what}};
    if (!r.key.empty()) json["key"] = r.key;
    if (r.before_row >= 0) json["before"] = {{"split", r.before_split}, {"row", r.before_row}};
    if (r.row >= 0) json["after"] = {{"split", r.split}, {"row", r.row}};
    if (!r.columns.empty()) json["columns"] = r.columns;
    examples.push_back(std::move(json));
  }
  return {{"added_columns", diff.added_columns},
          {"removed_columns", diff.removed_columns},
          {"changed_columns", diff.changed_columns},
          {"splits", std::move(splits)},
          {"rows",
           {{"same", diff.same},
            {"added", diff.added},
            {"removed", diff.removed},
            {"changed", diff.changed},
            {"moved", diff.moved}}},
          {"examples", std::move(examples)}};
}

}  // namespace sinter
