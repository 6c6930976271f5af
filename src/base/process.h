// Processes as no other can be mistaken for: numbers are used again, starts are not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace sinter {

struct ProcessIdentity {
  int64_t pid = 0;          // 0: none
  int64_t start_ticks = 0;  // since the machine came up: field 22 of /proc/PID/stat
  std::string boot;         // which coming up: /proc/sys/kernel/random/boot_id
  bool operator==(const ProcessIdentity&) const = default;
};

// Absent: there is no such process.
std::optional<ProcessIdentity> IdentifyProcess(int64_t pid);
// Whether that very process is there and has not ended (a zombie has).
bool IsAlive(const ProcessIdentity& process);
// A signal to that very process, never to another that got its number. False: it is gone.
bool SignalProcess(const ProcessIdentity& process, int signal);
// A descriptor that is readable once the process has ended; -1: it is gone, or the kernel has none of these.
int OpenProcess(const ProcessIdentity& process);

}  // namespace sinter
