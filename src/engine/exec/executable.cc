#include "engine/exec/executable.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "engine/device/cpu/cpu_device.h"
#include "engine/exec/program.h"
#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/graph/verifier.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

bool Serves(const Device& device, std::string_view op) {
  return std::ranges::any_of(device.kernels(), [&](const KernelEntry& entry) {
    return std::ranges::find(entry.ops, op) != entry.ops.end();
  });
}

}  // namespace

Executable::~Executable() = default;
const Module& Executable::module() const { return impl_->module; }
const std::shared_ptr<States>& Executable::states() const { return impl_->states; }

Result<std::shared_ptr<Executable>> Executable::Compile(Module module, const CompileOptions& options,
                                                        std::shared_ptr<States> states) {
  TRY_STATUS(InferModule(module, Operators()));
  TRY_STATUS(VerifyModule(module, Operators()));
  auto executable = std::shared_ptr<Executable>(new Executable);
  executable->impl_ = std::make_unique<Impl>();
  Impl& impl = *executable->impl_;
  impl.module = std::move(module);
  impl.pool = options.pool != nullptr ? options.pool : &ThreadPool::Shared();
  impl.communicator = options.communicator;
  impl.device = options.device != nullptr ? options.device : &CpuDevice();
  if (states == nullptr) {
    TRY(states, States::Create(impl.module));
  }
  for (const State& state : impl.module.states) {
    auto held = states->Get(state.name);
    if (!held || !(held->type() == state.type))
      return InvalidArgument(
          fmt::format("the given states hold no @{} of {}", state.name, state.type.ToString()));
  }
  impl.states = std::move(states);
  std::vector<std::string> names = options.functions;
  if (names.empty()) {
    for (const Function& function : impl.module.functions) names.push_back(function.name);
  }
  if (options.optimise) {
    PassOptions passes = options.passes;
    if (!passes.served && !impl.device->kernels().empty())
      passes.served = [&](std::string_view op) { return Serves(*impl.device, op); };
    TRY(impl.passes, RunPasses(impl.module, names, DefaultPipeline(), Operators(), passes));
  }
  for (const std::string& name : names) {
    TRY(impl.programs[name], CompileFunction(impl.module, name, *impl.device));
  }
  return executable;
}

std::string Executable::Explain() const {
  std::string text;
  for (const auto& [name, program] : impl_->programs) {
    text += fmt::format("@{} on {}: {} steps, {} blocks of the arena\n", name, impl_->device->name(),
                        program->steps.size(), program->storages.size());
    std::vector<PassReport> reports;
    std::ranges::copy_if(impl_->passes, std::back_inserter(reports),
                         [&](const PassReport& report) { return report.function == name; });
    text += PrintPassReports(reports);
    for (const Step& step : program->steps) {
      text += fmt::format("  {:<28} {}\n", step.kernel_name,
                          PrintNode(program->function, *step.node, {.largest_tensor = 8}));
      for (const Node* node : step.fused)
        text += fmt::format("    with {}\n", PrintNode(program->function, *node, {.largest_tensor = 8}));
      for (const auto& [kernel, reason] : step.refusals)
        text += fmt::format("    not {}: {}\n", kernel, reason);
    }
  }
  return text;
}

}  // namespace sinter
