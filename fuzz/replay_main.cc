// usage: sinter_fuzz_replay TARGET CORPUS
// Runs every file of the folder through the target; fails where one outcome is reached by none of them.
#include <cstdio>

#include <fmt/format.h>

#include "fuzz/replay.h"

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 3 ? argv[1] : "";
  for (const sinter::NamedFuzzTarget& named : sinter::FuzzTargets()) {
    if (named.name != wanted) continue;
    const auto report = sinter::ReplayCorpus(named.make(), argv[2], /*say=*/true);
    for (const std::string& fault : report.faults) fmt::print("{}\n", fault);
    fmt::print("{}: {} inputs", wanted, report.inputs);
    for (const auto& [name, count] : report.outcomes) fmt::print(", {} {}", count, name);
    fmt::print("\n");
    return report.faults.empty() ? 0 : 1;
  }
  fmt::print(stderr, "usage: sinter_fuzz_replay TARGET CORPUS; targets:");
  for (const sinter::NamedFuzzTarget& named : sinter::FuzzTargets()) fmt::print(stderr, " {}", named.name);
  fmt::print(stderr, "\n");
  return 2;
}
