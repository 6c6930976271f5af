// The suite that every device passes: its kernels against the reference, on cases drawn from the pages. It
// names no operator and no kernel; a new page or kernel is covered by standing in its list. For tests alone.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/device/device.h"
#include "engine/graph/operator.h"

namespace sinter {

struct ConformanceOptions {
  uint64_t seed = 0;
  int rounds = 4;   // cases drawn for each sample and dtype; later ones are larger
  int threads = 3;  // of the pool that kernels run on
};

struct OperatorAnswers {
  std::map<std::string, int> by_kernel;  // cases that this kernel would answer; "reference" among them
  std::set<std::string> refusals;        // "kernel: reason"
};

struct ConformanceReport {
  std::vector<std::string> failures;        // what differs: kernel, case, seed, figures
  std::map<std::string, int> runs;          // of each kernel of the device, chosen or not
  std::vector<std::string> never_ran;       // registered kernels that no case reached
  std::vector<std::string> reference_only;  // operators whose every case is left to the reference
  std::map<std::string, OperatorAnswers> operators;
  // A line for each operator: who answered how often, and why others refused.
  std::string ToString() const;
};

// For every case each kernel that accepts it runs, not the first alone, with inputs' types symbolic and
// constant: results agree with the reference (floats within a tolerance of the dtype, the rest exactly),
// every output byte is written, inputs are left alone, and a second run gives the same bits; element-wise
// operators do so in place of each input, too.
ConformanceReport CheckConformance(const Device& device, const OperatorCatalog& catalog,
                                   const ConformanceOptions& options);

}  // namespace sinter
