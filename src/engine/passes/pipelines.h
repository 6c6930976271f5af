// The order of the passes, and how it is run.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"
#include "engine/passes/pass.h"

namespace sinter {

// What happens to a function before it is compiled, in order.
std::span<const Pass* const> DefaultPipeline();

struct PassOptions {
  std::set<std::string, std::less<>> without;            // names of passes that are switched off
  std::function<bool(std::string_view op)> served = {};  // as in PassContext
#ifdef NDEBUG
  bool verify = false;
#else
  bool verify = true;  // the verifier runs after each pass, and a fault names the pass
#endif
};

// What one pass did to one function.
struct PassReport {
  std::string_view pass;
  std::string function;
  int changes = 0;
  size_t nodes_before = 0;  // regions' nodes included, constants not
  size_t nodes_after = 0;
  std::chrono::nanoseconds time{};  // without the verifier's
};

// Runs `passes` over the named functions of the module (which leave functions that they call as they are).
// Errors: no such function; `without` names no pass; a pass that fails or leaves an invalid module, by name.
Result<std::vector<PassReport>> RunPasses(Module& module, std::span<const std::string> functions,
                                          std::span<const Pass* const> passes, const OperatorCatalog& catalog,
                                          const PassOptions& options = {});

// A line a pass: what it changed, nodes before and after, time.
std::string PrintPassReports(std::span<const PassReport> reports);

}  // namespace sinter
