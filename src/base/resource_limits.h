// How much of the machine a command may take: by cgroups where this process may make some, else by what the
// kernel grants every process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

enum class LimitMethod {
  kCgroup2,
  kCgroup1,
  kRlimits,  // memory: RLIMIT_DATA of each process; cores: affinity
};
std::string_view LimitMethodName(LimitMethod method);  // "cgroup v2", "cgroup v1", "rlimits and affinity"

struct ResourceAmount {
  int64_t cpus = 0;          // 0: not limited
  int64_t memory_bytes = 0;  // 0: not limited
};

// The limits of one command and all that it starts. One thread; a cgroup goes with the object, once it is
// empty.
class ResourceLimits {
 public:
  // The best method that works here, tried, in that order. `name`: of the cgroup, unique on this machine.
  static Result<std::unique_ptr<ResourceLimits>> Create(const std::string& name,
                                                        const ResourceAmount& amount);
  // One method alone; kUnsupported, with the reason, where it does not work here.
  static Result<std::unique_ptr<ResourceLimits>> CreateWith(LimitMethod method, const std::string& name,
                                                            const ResourceAmount& amount);
  virtual ~ResourceLimits() = default;
  virtual LimitMethod method() const = 0;
  // In the child, between fork and exec: async-signal-safe. False: errno says why.
  virtual bool EnterInChild() const = 0;
  // Whether the kernel ended something for want of memory; not known without cgroups.
  virtual std::optional<bool> RanOutOfMemory() const = 0;
  // The core time that was taken, by all and in all; not known without cgroups.
  virtual std::optional<double> CpuSeconds() const = 0;
};

}  // namespace sinter
