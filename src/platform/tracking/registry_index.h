// What searches of the registry look at, in memory, brought up to date by the history of the records.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/records/record_index.h"
#include "platform/tracking/registry_entries.h"

namespace sinter {

// Any thread. Nothing is read before the first use.
class ModelRegistry::Index {
 public:
  using ReadVersions = std::function<Result<std::vector<ModelVersion>>(const std::string& repository)>;
  Index(Records& records, ReadVersions read);
  ~Index();

  // All, by name, without their records; what is registered goes before a repository of its name.
  Result<std::vector<Entry>> Entries();

  // The versions of a repository; read when they are asked for first, and again once a record of it changed.
  using Of = std::function<Result<const std::vector<ModelVersion>*>(const std::string& repository)>;
  // `use` may keep what `Of` gave it until it returns. Others wait meanwhile; it must not come back here.
  Status LookAtVersions(const std::function<Status(const Of&)>& use);

 private:
  class Follower;
  using Versions = std::map<std::string, std::vector<ModelVersion>, std::less<>>;  // by repository
  RecordIndex<Entry> registered_, repositories_;
  const ReadVersions read_;
  std::mutex mutex_;
  Versions versions_;
  std::vector<std::unique_ptr<Follower>> followers_;  // of each kind of record that versions follow from
};

}  // namespace sinter
