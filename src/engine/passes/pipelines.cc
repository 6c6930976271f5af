#include "engine/passes/pipelines.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/graph/verifier.h"

namespace sinter {
namespace {

constexpr const Pass* kDefaultPipeline[] = {
    &kInlineCallsPass,           // one flat function, so that the others see across calls
    &kInferTypesPass,            // every value's type, over symbols
    &kLowerCompositionsPass,     // what no kernel serves becomes what kernels serve
    &kFoldConstantsPass,         // what is known already: shape arithmetic, transposed weights
    &kSimplifyPass,              // nodes that change nothing
    &kCommonSubexpressionsPass,  // the same thing computed once
    &kDeadCodePass,              // and nothing that nobody reads: what follows asks who reads a value
    &kMoveTransposesPass,        // transposes meet, and cancel
    &kFoldBatchNormPass,         // statistics become weights of the convolution before
    &kFoldConstantsPass,         // what the two before made of constants
    &kCommonSubexpressionsPass,  // and of everything else
    &kDeadCodePass,
    &kMarkFusionPass,  // last: groups that one kernel could compute
};

size_t CountNodes(const Function& function) {
  size_t count = 0;
  ForEachNode(function.body, [&](const Node& node) { count += node.op == "Constant" ? 0 : 1; });
  return count;
}

Status KnownNames(std::span<const Pass* const> passes, const PassOptions& options) {
  for (const std::string& name : options.without) {
    if (std::ranges::any_of(passes, [&](const Pass* pass) { return pass->name == name; })) continue;
    std::string known;
    for (const Pass* pass : passes) {
      if (known.find(pass->name) == std::string::npos) known += fmt::format(" {}", pass->name);
    }
    return InvalidArgument(fmt::format("there is no pass '{}'", name), fmt::format("there are:{}", known));
  }
  return {};
}

}  // namespace

std::span<const Pass* const> DefaultPipeline() { return kDefaultPipeline; }

Result<std::vector<PassReport>> RunPasses(Module& module, std::span<const std::string> functions,
                                          std::span<const Pass* const> passes, const OperatorCatalog& catalog,
                                          const PassOptions& options) {
  TRY_STATUS(KnownNames(passes, options));
  std::vector<PassReport> reports;
  for (const std::string& name : functions) {
    Function* function = module.FindFunction(name);
    if (function == nullptr) return NotFound(fmt::format("module {} has no function @{}", module.name, name));
    PassContext context{module, *function, catalog, options.served};
    for (const Pass* pass : passes) {
      if (options.without.contains(pass->name)) continue;
      PassReport& report = reports.emplace_back(PassReport{pass->name, name});
      report.nodes_before = CountNodes(*function);
      const auto begin = std::chrono::steady_clock::now();
      auto changes = pass->run(context);
      if (!changes) return std::move(changes).error().In(fmt::format("pass {}", pass->name));
      report.time = std::chrono::steady_clock::now() - begin;
      report.changes = *changes;
      report.nodes_after = CountNodes(*function);
      if (!options.verify) continue;
      if (auto valid = VerifyModule(module, catalog); !valid)
        return Internal(fmt::format("pass {} left @{} invalid: {}", pass->name, name, valid.error().message));
    }
  }
  return reports;
}

std::string PrintPassReports(std::span<const PassReport> reports) {
  std::string text;
  for (const PassReport& report : reports) {
    const double milliseconds = 1e-6 * static_cast<double>(report.time.count());
    text += fmt::format("  pass {:<24} {:>6} changes {:>6} -> {:<6} nodes {:>9.3f} ms\n", report.pass,
                        report.changes, report.nodes_before, report.nodes_after, milliseconds);
  }
  return text;
}

}  // namespace sinter
