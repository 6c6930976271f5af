#include "platform/runs/metric_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "platform/records/record.h"
#include "platform/records/sqlite.h"
#include "platform/runs/metric_tables.h"

namespace sinter {
namespace {

constexpr const char* kMigrations[] = {R"sql(
  CREATE TABLE series (id INTEGER PRIMARY KEY, run TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (run, name));
  CREATE TABLE points (
    series INTEGER NOT NULL, step INTEGER NOT NULL, value REAL, wall_ms INTEGER NOT NULL,
    PRIMARY KEY (series, step)) WITHOUT ROWID;
)sql",
                                       // Of RunLog. `repeats` holds what was logged at a step besides its
                                       // newest point, which `points` has; most series have none.
                                       R"sql(
  CREATE INDEX series_by_name ON series (name);
  CREATE TABLE repeats (series INTEGER NOT NULL, step INTEGER NOT NULL, wall_ms INTEGER NOT NULL, value REAL);
  CREATE INDEX repeats_by_step ON repeats (series, step, wall_ms);
  CREATE TABLE notes (
    run TEXT NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (run, kind, key));
  CREATE INDEX notes_by_key ON notes (kind, key);
)sql"};

constexpr size_t kMostPoints = 10'000;
constexpr int64_t kMostNames = 1'000;

}  // namespace

Result<int64_t> FindSeries(SqliteConnection& db, std::string_view run, std::string_view name) {
  TRY(SqliteQuery query, db.Query("SELECT id FROM series WHERE run = ?1 AND name = ?2"));
  TRY(const bool found, query.Bind(0, run).Bind(1, name).Step());
  if (!found) return NotFound(fmt::format("run '{}' has no metric '{}'", run, name));
  return query.Int(0);
}

Result<int64_t> FindOrMakeSeries(SqliteConnection& db, std::string_view run, std::string_view name) {
  auto found = FindSeries(db, run, name);
  if (found || found.error().code != ErrorCode::kNotFound) return found;
  {
    TRY(SqliteQuery count, db.Query("SELECT count(*) FROM series WHERE run = ?1"));
    TRY_STATUS(count.Bind(0, run).Step());
    if (count.Int(0) >= kMostNames) {
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("run '{}' has {} metrics already", run, kMostNames),
                   "put what varies into the steps, not into the names"};
    }
  }
  TRY(SqliteQuery insert, db.Query("INSERT INTO series (run, name) VALUES (?1, ?2) RETURNING id"));
  TRY_STATUS(insert.Bind(0, run).Bind(1, name).Step());
  return insert.Int(0);
}

namespace {

Status CheckPoint(const MetricPoint& point) {
  if (point.name.size() > 128) return InvalidArgument("a metric's name is longer than 128 bytes");
  if (Status status = CheckRecordName(point.name); !status) return std::move(status).error().In("metric");
  if (point.step < 0) return InvalidArgument(fmt::format("metric '{}': step {}", point.name, point.step));
  return {};
}

}  // namespace

MetricStore::MetricStore(std::unique_ptr<SqliteDatabase> database) : database_(std::move(database)) {}
MetricStore::~MetricStore() = default;

Result<std::unique_ptr<MetricStore>> MetricStore::Open(const Path& path) {
  TRY(auto database, SqliteDatabase::Open(path, kMigrations));
  return std::unique_ptr<MetricStore>(new MetricStore(std::move(database)));
}

Status MetricStore::Append(std::string_view run, std::span<const MetricPoint> points) {
  TRY_STATUS(CheckRecordName(run));
  if (points.size() > kMostPoints) {
    return InvalidArgument(
        fmt::format("{} points in one batch; {} are the most", points.size(), kMostPoints));
  }
  for (const MetricPoint& point : points) TRY_STATUS(CheckPoint(point));
  return database_->Write([&](SqliteConnection& db) -> Status {
    std::map<std::string_view, int64_t> series;
    for (const MetricPoint& point : points) {
      auto at = series.find(point.name);
      if (at == series.end()) {
        TRY(const int64_t id, FindOrMakeSeries(db, run, point.name));
        at = series.emplace(point.name, id).first;
      }
      TRY(SqliteQuery insert, db.Query("INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3, ?4)"));
      TRY_STATUS(
          insert.Bind(0, at->second).Bind(1, point.step).Bind(2, point.value).Bind(3, point.wall_ms).Run());
    }
    return {};
  });
}

Result<std::vector<std::string>> MetricStore::Names(std::string_view run) {
  std::vector<std::string> names;
  TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query, db.Query("SELECT name FROM series WHERE run = ?1 ORDER BY name"));
    query.Bind(0, run);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      names.push_back(query.Text(0));
    }
  }));
  return names;
}

Result<std::vector<MetricPoint>> MetricStore::Last(std::string_view run) {
  std::vector<MetricPoint> last;
  TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
    TRY(SqliteQuery query,
        db.Query("SELECT s.name, p.step, p.value, p.wall_ms FROM series s JOIN points p ON p.series = s.id "
                 "AND p.step = (SELECT max(step) FROM points WHERE series = s.id) "
                 "WHERE s.run = ?1 ORDER BY s.name"));
    query.Bind(0, run);
    while (true) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      last.push_back({query.Text(0), query.Int(1), query.Real(2), query.Int(3)});
    }
  }));
  return last;
}

Result<MetricSeries> MetricStore::Read(const MetricQuery& q) {
  if (q.at_most < 1 || q.at_most > 100'000) return InvalidArgument("at_most: 1 to 100,000 entries");
  MetricSeries result;
  TRY_STATUS(database_->Read([&](SqliteConnection& db) -> Status {
    TRY(const int64_t series, FindSeries(db, q.run, q.name));
    {
      TRY(SqliteQuery count,
          db.Query("SELECT count(*) FROM points WHERE series = ?1 AND step BETWEEN ?2 AND ?3"));
      TRY_STATUS(count.Bind(0, series).Bind(1, q.from_step).Bind(2, q.to_step).Step());
      result.points = count.Int(0);
    }
    // Bucket b holds the points i with b <= i * buckets / points < b + 1: as even as whole numbers allow.
    const int64_t buckets = std::min(result.points, q.at_most);
    TRY(SqliteQuery query,
        db.Query("SELECT step, value, wall_ms FROM points WHERE series = ?1 AND step BETWEEN ?2 AND ?3"
                 " ORDER BY step"));
    query.Bind(0, series).Bind(1, q.from_step).Bind(2, q.to_step);
    int64_t in_bucket = 0;
    for (int64_t i = 0;; ++i) {
      TRY(const bool row, query.Step());
      if (!row) return {};
      const auto bucket = static_cast<size_t>(i * buckets / result.points);
      const double value = query.Real(1);
      if (bucket == result.steps.size()) {
        result.steps.push_back(0);
        result.wall_ms.push_back(0);
        result.mean.push_back(0);
        result.least.push_back(value);
        result.most.push_back(value);
        in_bucket = 0;
      }
      ++in_bucket;
      result.steps.back() = query.Int(0);
      result.wall_ms.back() = query.Int(2);
      double& mean = result.mean.back();
      // Infinities of one sign stay what they are; in steps, inf - inf would be NaN.
      mean = in_bucket == 1 || mean == value ? value : mean + (value - mean) / static_cast<double>(in_bucket);
      auto worse = [&](double kept, bool better) {
        return std::isnan(kept) || std::isnan(value) ? std::numeric_limits<double>::quiet_NaN()
               : better                              ? value
                                                     : kept;
      };
      result.least.back() = worse(result.least.back(), value < result.least.back());
      result.most.back() = worse(result.most.back(), value > result.most.back());
    }
  }));
  return result;
}

Status MetricStore::Delete(std::string_view run) {
  return database_->Write([&](SqliteConnection& db) -> Status {
    for (const char* sql : {"DELETE FROM points WHERE series IN (SELECT id FROM series WHERE run = ?1)",
                            "DELETE FROM repeats WHERE series IN (SELECT id FROM series WHERE run = ?1)",
                            "DELETE FROM notes WHERE run = ?1"}) {
      TRY(SqliteQuery remove, db.Query(sql));
      TRY_STATUS(remove.Bind(0, run).Run());
    }
    TRY(SqliteQuery series, db.Query("DELETE FROM series WHERE run = ?1"));
    return series.Bind(0, run).Run();
  });
}

Status MetricStore::CheckIntegrity() { return database_->CheckIntegrity(); }
Status MetricStore::BackupTo(const Path& file) { return database_->BackupTo(file); }

}  // namespace sinter
