// What runs measured, step by step: apart from the resources, in a database of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

class SqliteDatabase;

struct MetricPoint {
  std::string name;     // "train/loss": printable, at most 128 bytes
  int64_t step = 0;     // from 0
  double value = 0;     // NaN and infinities are kept
  int64_t wall_ms = 0;  // Unix time
};

// Columns of equal length. Where points were many, each entry stands for a bucket of neighbours: its last
// step and time, and the mean, least and most of its values (NaN where any of them is: a NaN is never
// averaged away).
struct MetricSeries {
  int64_t points = 0;  // as many were in the range, before downsampling
  std::vector<int64_t> steps;
  std::vector<double> mean, least, most;
  std::vector<int64_t> wall_ms;
};

struct MetricQuery {
  std::string run;
  std::string name;
  int64_t from_step = 0;        // inclusive
  int64_t to_step = INT64_MAX;  // inclusive
  int64_t at_most = 1000;       // entries given back: 1 to 100,000
};

// Any thread. What Append returned survives a crash and a power failure.
class MetricStore {
 public:
  static Result<std::unique_ptr<MetricStore>> Open(const Path& path);
  ~MetricStore();

  // All of the points or none. A point of a name and step that is there replaces it, so that a batch may be
  // sent again, and a resumed attempt goes over its steps again. At most 10,000 points; 1,000 names a run.
  Status Append(std::string_view run, std::span<const MetricPoint> points);
  Result<std::vector<std::string>> Names(std::string_view run);  // sorted
  // The point of the highest step of each, by name.
  Result<std::vector<MetricPoint>> Last(std::string_view run);
  Result<MetricSeries> Read(const MetricQuery& query);
  Status Delete(std::string_view run);
  Status CheckIntegrity();            // kCorrupt
  Status BackupTo(const Path& file);  // as of one moment, while others write; not synced

  // For RunLog, whose tables lie beside these: what is logged at once is one transaction.
  SqliteDatabase& database() { return *database_; }

 private:
  explicit MetricStore(std::unique_ptr<SqliteDatabase> database);
  std::unique_ptr<SqliteDatabase> database_;
};

}  // namespace sinter
