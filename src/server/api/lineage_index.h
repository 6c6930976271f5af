// The lineage of a whole home, in memory, brought up to date by the history of its records.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/hub/lineage.h"
#include "platform/hub/repositories.h"
#include "platform/runs/run.h"
#include "platform/serving/service_record.h"

namespace sinter {

// What the records say led to what. Each is a pure function of one record.
std::vector<LineageEdge> EdgesOfVersion(RepositoryKind kind, const RepositoryVersion& version);
std::vector<LineageEdge> EdgesOfRun(const RunInfo& run);
std::vector<LineageEdge> EdgesOfService(const ServiceInfo& service);

// Any thread. Nothing is read before the first use, whose cost is one reading of all versions, runs and
// services. What it is made from outlives it.
class LineageIndex {
 public:
  LineageIndex(Records& records, Repositories& datasets, Repositories& models);
  ~LineageIndex();
  // `use` sees all as it is now. Others wait meanwhile; it must not come back here.
  Status Look(const std::function<void(const LineageGraph&)>& use);

 private:
  class Follower;
  std::mutex mutex_;
  LineageGraph graph_;
  std::vector<std::unique_ptr<Follower>> followers_;  // of each kind of record
};

}  // namespace sinter
