// How much may be kept: by each owner, by the whole home, and how much of the disk stays free.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "platform/hub/repositories.h"

namespace sinter {

inline constexpr std::string_view kStoreQuotaKind = "store_quota";

// The part of a repository's name before '/'; empty where it has none.
std::string_view OwnerOf(std::string_view repository);

struct StoreUse {
  uint64_t used = 0;                // bytes of the versions' files, each blob once
  std::optional<uint64_t> allowed;  // absent: as much as the disk holds
};

// Counted is what versions name: a blob that several versions of one owner share once, one that two owners
// share for each of them. Checkpoints and git's own packs are not, the floor of the disk is for them. Any
// thread.
class StoreQuotas {
 public:
  // The home outlives it. `free_bytes`: of the disk, for tests.
  explicit StoreQuotas(Home& home, std::function<uint64_t()> free_bytes = {});

  // `owner` absent: the whole home. `bytes` absent: no limit any more.
  Status Set(std::optional<std::string_view> owner, std::optional<uint64_t> bytes, std::string_view who);
  // Below so much free space nothing is taken. Absent: the default, a hundredth of the disk, 256 MiB at most.
  Status SetFloor(std::optional<uint64_t> bytes, std::string_view who);
  Result<uint64_t> Floor();
  Result<StoreUse> Use(std::optional<std::string_view> owner);
  // Owners with a limit of their own.
  Result<std::vector<std::string>> Owners();

  // kResourceExhausted, saying what is used, asked and allowed, where the files, or bytes besides all that is
  // there, do not fit. What is refused here would be refused at the end: so it is asked early too.
  Status Admit(std::string_view repository, const Manifest& manifest);
  Status AdmitBytes(std::string_view repository, uint64_t bytes);
  // Whether `bytes` more leave the disk its floor.
  Status AdmitOnDisk(uint64_t bytes);

 private:
  struct Counted {
    std::set<std::string> commits;  // kind and name of the records that are in it
    Sha256Set blobs;
    uint64_t bytes = 0;
  };
  Result<std::optional<uint64_t>> Limit(const std::string& name);
  Status Write(const std::string& name, std::optional<uint64_t> bytes, std::string_view who);
  // With the mutex held.
  Result<const Counted*> Count(std::optional<std::string_view> owner);
  Status CheckOne(std::optional<std::string_view> owner, const Manifest* manifest, uint64_t bytes);
  Home& home_;
  std::function<uint64_t()> free_bytes_;
  std::mutex mutex_;
  std::map<std::string, Counted> counted_;  // by the record's name: owners that have a limit
};

}  // namespace sinter
