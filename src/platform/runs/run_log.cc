#include "platform/runs/run_log.h"

#include <algorithm>
#include <cmath>
#include <compare>

#include <fmt/format.h>

#include "base/utf8.h"
#include "platform/records/record.h"
#include "platform/records/sqlite.h"
#include "platform/runs/metric_tables.h"

namespace sinter {
namespace {

constexpr size_t kMostPoints = 10'000;
constexpr size_t kMostNotes = 10'000;
constexpr size_t kLongestName = 1'000;
constexpr size_t kLongestNote = size_t{20} << 20;

Status CheckKey(std::string_view what, std::string_view name) {
  if (name.empty()) return InvalidArgument(fmt::format("a {} has no name", what));
  if (name.size() > kLongestName)
    return InvalidArgument(fmt::format("a {}'s name is longer than {} bytes", what, kLongestName));
  if (!IsUtf8(name) || std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return InvalidArgument(fmt::format("a {}'s name is not printable UTF-8", what));
  return {};
}

Status Check(const RunBatch& batch) {
  if (batch.points.size() > kMostPoints || batch.notes.size() > kMostNotes)
    return InvalidArgument(fmt::format("more than {} entries in one batch", kMostPoints));
  for (const MetricPoint& point : batch.points) TRY_STATUS(CheckKey("metric", point.name));
  for (const RunNoteValue& note : batch.notes) {
    TRY_STATUS(CheckKey(note.kind == RunNote::kParameter ? "parameter" : "tag", note.key));
    if (note.value.size() > kLongestNote || !IsUtf8(note.value))
      return InvalidArgument(fmt::format("the value of '{}' is no UTF-8, or too long", note.key));
  }
  return {};
}

struct Point {
  int64_t wall_ms = 0;
  double value = 0;
  bool Same(const Point& other) const {
    return wall_ms == other.wall_ms &&
           (value == other.value || (std::isnan(value) && std::isnan(other.value)));
  }
  // By time, then value; NaN below all numbers.
  bool NewerThan(const Point& other) const {
    if (wall_ms != other.wall_ms) return wall_ms > other.wall_ms;
    if (std::isnan(other.value)) return !std::isnan(value);
    return value > other.value;
  }
};

Result<bool> IsRepeat(SqliteConnection& db, int64_t series, int64_t step, const Point& point) {
  TRY(SqliteQuery query,
      db.Query("SELECT value FROM repeats WHERE series = ?1 AND step = ?2 AND wall_ms = ?3"));
  query.Bind(0, series).Bind(1, step).Bind(2, point.wall_ms);
  while (true) {
    TRY(const bool row, query.Step());
    if (!row) return false;
    if (point.Same({point.wall_ms, query.Real(0)})) return true;
  }
}

Status AddRepeat(SqliteConnection& db, int64_t series, int64_t step, const Point& point) {
  TRY(const bool there, IsRepeat(db, series, step, point));
  if (there) return {};
  TRY(SqliteQuery insert, db.Query("INSERT INTO repeats VALUES (?1, ?2, ?3, ?4)"));
  return insert.Bind(0, series).Bind(1, step).Bind(2, point.wall_ms).Bind(3, point.value).Run();
}

Status AddPoint(SqliteConnection& db, int64_t series, const MetricPoint& added) {
  const Point point{added.wall_ms, added.value};
  {
    TRY(SqliteQuery insert, db.Query("INSERT INTO points VALUES (?1, ?2, ?3, ?4)"
                                     " ON CONFLICT DO NOTHING RETURNING 1"));
    TRY(const bool fresh,
        insert.Bind(0, series).Bind(1, added.step).Bind(2, point.value).Bind(3, point.wall_ms).Step());
    if (fresh) return {};
  }
  Point there;
  {
    TRY(SqliteQuery query, db.Query("SELECT wall_ms, value FROM points WHERE series = ?1 AND step = ?2"));
    TRY_STATUS(query.Bind(0, series).Bind(1, added.step).Step());
    there = {query.Int(0), query.Real(1)};
  }
  if (point.Same(there)) return {};
  if (!point.NewerThan(there)) return AddRepeat(db, series, added.step, point);
  TRY_STATUS(AddRepeat(db, series, added.step, there));
  TRY(SqliteQuery update, db.Query("INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3, ?4)"));
  return update.Bind(0, series).Bind(1, added.step).Bind(2, point.value).Bind(3, point.wall_ms).Run();
}

Status AddNote(SqliteConnection& db, std::string_view run, const RunNoteValue& note) {
  const auto kind = static_cast<int64_t>(note.kind);
  if (note.kind == RunNote::kParameter) {
    TRY(SqliteQuery query, db.Query("SELECT value FROM notes WHERE run = ?1 AND kind = ?2 AND key = ?3"));
    TRY(const bool found, query.Bind(0, run).Bind(1, kind).Bind(2, note.key).Step());
    if (found && query.Text(0) == note.value) return {};
    if (found) {
      return InvalidArgument(
          fmt::format("Changing param values is not allowed. Param with key='{}' was already logged with "
                      "value='{}' for run ID='{}'. Attempted logging new value '{}'.",
                      note.key, query.Text(0), run, note.value));
    }
  }
  TRY(SqliteQuery insert, db.Query("INSERT OR REPLACE INTO notes VALUES (?1, ?2, ?3, ?4)"));
  return insert.Bind(0, run).Bind(1, kind).Bind(2, note.key).Bind(3, note.value).Run();
}

Status ReadSummary(SqliteConnection& db, std::string_view run, RunSummary& summary) {
  {
    TRY(SqliteQuery query,
        db.Query("SELECT s.name, p.step, p.value, p.wall_ms FROM series s JOIN points p ON p.series = s.id"
                 " AND p.step = (SELECT max(step) FROM points WHERE series = s.id)"
                 " WHERE s.run = ?1 ORDER BY s.name"));
    query.Bind(0, run);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) break;
      summary.latest.push_back({query.Text(0), query.Int(1), query.Real(2), query.Int(3)});
    }
  }
  TRY(SqliteQuery query, db.Query("SELECT kind, key, value FROM notes WHERE run = ?1 ORDER BY kind, key"));
  query.Bind(0, run);
  while (true) {
    TRY(const bool row, query.Step());
    if (!row) return {};
    const auto kind = static_cast<RunNote>(query.Int(0));
    if (kind == RunNote::kParameter) {
      summary.parameters.emplace(query.Text(1), query.Text(2));
    } else if (kind == RunNote::kTag) {
      summary.tags.emplace(query.Text(1), query.Text(2));
    } else {
      summary.inputs.push_back({kind, query.Text(1), query.Text(2)});
    }
  }
}

}  // namespace

Status RunLog::Write(std::string_view run, const RunBatch& batch) {
  TRY_STATUS(CheckRecordName(run));
  TRY_STATUS(Check(batch));
  if (batch.points.empty() && batch.notes.empty()) return {};
  return database_.Write([&](SqliteConnection& db) -> Status {
    std::map<std::string_view, int64_t> series;
    for (const MetricPoint& point : batch.points) {
      auto at = series.find(point.name);
      if (at == series.end()) {
        TRY(const int64_t id, FindOrMakeSeries(db, run, point.name));
        at = series.emplace(point.name, id).first;
      }
      TRY_STATUS(AddPoint(db, at->second, point));
    }
    for (const RunNoteValue& note : batch.notes) TRY_STATUS(AddNote(db, run, note));
    return {};
  });
}

Status RunLog::DeleteNote(std::string_view run, RunNote kind, std::string_view key) {
  return database_.Write([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery remove,
        db.Query("DELETE FROM notes WHERE run = ?1 AND kind = ?2 AND key = ?3 RETURNING 1"));
    TRY(const bool found, remove.Bind(0, run).Bind(1, static_cast<int64_t>(kind)).Bind(2, key).Step());
    if (!found) return NotFound(fmt::format("No tag with name: {} in run with id {}", key, run));
    return remove.Run();
  });
}

Result<RunSummary> RunLog::Summary(std::string_view run) {
  RunSummary summary;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) { return ReadSummary(db, run, summary); }));
  return summary;
}

Result<std::vector<RunSummary>> RunLog::Summaries(std::span<const std::string> runs) {
  std::vector<RunSummary> all(runs.size());
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    for (size_t i = 0; i < runs.size(); ++i) TRY_STATUS(ReadSummary(db, runs[i], all[i]));
    return {};
  }));
  return all;
}

Result<MetricHistory> RunLog::History(std::string_view run, std::string_view name, int64_t skip,
                                      int64_t limit) {
  if (skip < 0 || limit < 1 || limit > 100'000) return InvalidArgument("limit: 1 to 100,000 points");
  MetricHistory history;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    const auto series = FindSeries(db, run, name);
    if (!series) return series.error().code == ErrorCode::kNotFound ? Status() : series.error();
    TRY(SqliteQuery query, db.Query("SELECT step, value, wall_ms FROM points WHERE series = ?1 UNION ALL"
                                    " SELECT step, value, wall_ms FROM repeats WHERE series = ?1"
                                    " ORDER BY 1, 3, 2 LIMIT ?2 OFFSET ?3"));
    query.Bind(0, *series).Bind(1, limit + 1).Bind(2, skip);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      if (std::ssize(history.points) == limit) {
        history.more = true;
        return {};
      }
      history.points.push_back({std::string(name), query.Int(0), query.Real(1), query.Int(2)});
    }
  }));
  return history;
}

Result<std::vector<int64_t>> RunLog::Steps(std::string_view run, std::string_view name, int64_t from,
                                           int64_t to, int64_t limit) {
  std::vector<int64_t> steps;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    const auto series = FindSeries(db, run, name);
    if (!series) return series.error().code == ErrorCode::kNotFound ? Status() : series.error();
    TRY(SqliteQuery query, db.Query("SELECT step FROM points WHERE series = ?1 AND step BETWEEN ?2 AND ?3"
                                    " ORDER BY step LIMIT ?4"));
    query.Bind(0, *series).Bind(1, from).Bind(2, to).Bind(3, limit);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      steps.push_back(query.Int(0));
    }
  }));
  return steps;
}

Result<std::vector<MetricPoint>> RunLog::AtSteps(std::string_view run, std::string_view name,
                                                 std::span<const int64_t> steps) {
  std::vector<MetricPoint> points;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    const auto series = FindSeries(db, run, name);
    if (!series) return series.error().code == ErrorCode::kNotFound ? Status() : series.error();
    for (const int64_t step : steps) {
      TRY(SqliteQuery query, db.Query("SELECT value, wall_ms FROM points WHERE series = ?1 AND step = ?2"));
      TRY(const bool row, query.Bind(0, *series).Bind(1, step).Step());
      if (row) points.push_back({std::string(name), step, query.Real(0), query.Int(1)});
    }
    return {};
  }));
  return points;
}

Result<std::unordered_map<std::string, double>> RunLog::LatestOfAll(std::string_view name) {
  std::unordered_map<std::string, double> values;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query,
        db.Query("SELECT s.run, p.value FROM series s JOIN points p ON p.series = s.id"
                 " AND p.step = (SELECT max(step) FROM points WHERE series = s.id) WHERE s.name = ?1"));
    query.Bind(0, name);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      values.emplace(query.Text(0), query.Real(1));
    }
  }));
  return values;
}

Result<std::unordered_map<std::string, std::string>> RunLog::NotesOfAll(RunNote kind, std::string_view key) {
  std::unordered_map<std::string, std::string> values;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query, db.Query("SELECT run, value FROM notes WHERE kind = ?1 AND key = ?2"));
    query.Bind(0, static_cast<int64_t>(kind)).Bind(1, key);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      values.emplace(query.Text(0), query.Text(1));
    }
  }));
  return values;
}

Result<std::unordered_map<std::string, std::vector<std::string>>> RunLog::NotesOfAll(RunNote kind) {
  std::unordered_map<std::string, std::vector<std::string>> values;
  TRY_STATUS(database_.Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query, db.Query("SELECT run, value FROM notes WHERE kind = ?1 ORDER BY key"));
    query.Bind(0, static_cast<int64_t>(kind));
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      values[query.Text(0)].push_back(query.Text(1));
    }
  }));
  return values;
}

}  // namespace sinter
