// Who took how much of the machine, durably: what jobs, trainings and services took, in entries that add up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

class SqliteDatabase;

struct CostEntry {
  std::string id;       // "job ID.2", "run ID.1", "service NAME HOUR": one that is there is replaced
  int64_t at_ms = 0;    // when it ended; of a service the beginning of the hour
  std::string owner;    // who is charged
  std::string run;      // empty: none
  std::string service;  // empty: none
  double core_seconds = 0;
  double gpu_seconds = 0;
};

enum class CostBy { kRun, kOwner, kService };
std::string_view CostByName(CostBy by);  // "run", "owner", "service"
std::optional<CostBy> ParseCostBy(std::string_view name);

struct CostItem {
  std::string name;
  double core_seconds = 0;
  double gpu_seconds = 0;
  int64_t runs = 0;     // different ones
  int64_t entries = 0;  // attempts, or hours of a service
};

struct CostPrice {
  double core_hour = 0;
  double gpu_hour = 0;
  std::string currency;  // empty: no price is set
};

// Any thread. What Put returned survives a crash.
class CostLedger {
 public:
  static Result<std::unique_ptr<CostLedger>> Open(const Path& path);
  ~CostLedger();

  // All of them or none.
  Status Put(std::span<const CostEntry> entries);
  // Those whose id is not there.
  Status PutMissing(std::span<const CostEntry> entries);
  // Adds to the entry of that id, or makes it.
  Status Add(const CostEntry& entry);
  // What ended from `since_ms` on, the dearest first, then by name; at most 1,000. Entries that have no such
  // name (a job that feeds no run, by run) are left out.
  Result<std::vector<CostItem>> Sum(CostBy by, int64_t since_ms);
  // A copy of one moment.
  Status BackupTo(const Path& file);
  Result<CostPrice> Price();
  Status SetPrice(const CostPrice& price);

 private:
  Status PutAll(std::span<const CostEntry> entries, const char* statement);
  explicit CostLedger(std::unique_ptr<SqliteDatabase> database);
  std::unique_ptr<SqliteDatabase> database_;
};

}  // namespace sinter
