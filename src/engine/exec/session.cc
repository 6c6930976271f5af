#include <algorithm>
#include <cstring>
#include <list>

#include <fmt/format.h>

#include "engine/device/reference/interpreter.h"
#include "engine/exec/memory_plan.h"
#include "engine/exec/program.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

constexpr size_t kMostBindings = 32;  // plans kept for shapes seen
// A smaller arena is taken after this many runs that needed less than half of what is held.
constexpr int kPatience = 256;

// Everything about a program for one set of symbol values: dims, offsets, the tables that kernels are given.
struct Binding {
  std::vector<int64_t> symbols;
  MemoryPlan plan;
  std::vector<Value> values;         // arena values and views; by ValueId
  std::vector<const Tensor*> table;  // by ValueId; what a step reads
  std::vector<std::vector<const Tensor*>> step_inputs;
  std::vector<std::vector<Tensor*>> step_outputs;
  std::vector<Value> results;
  size_t workspace = 0;
  uint64_t arena_version = 0;
  bool complete = false;  // workspaces are known
};

}  // namespace

struct Session::Impl {
  std::shared_ptr<Executable> executable;
  std::shared_ptr<Buffer> arena;
  uint64_t arena_version = 0;
  int light_runs = 0;
  std::map<std::string, std::list<Binding>, std::less<>> bindings;
  std::vector<int64_t> scratch;

  Executable::Impl& shared() const { return *executable->impl_; }

  Status BindSymbols(const Program& program, std::span<const Tensor> inputs);
  Result<Binding*> Bind(const Program& program);
  Status Build(const Program& program, Binding& binding);
  Status EnsureArena(size_t bytes);
  Status Place(const Program& program, Binding& binding);
  Status RunSteps(const Program& program, Binding& binding, const RunOptions& options);
  Status RunDynamic(const Program& program, Binding& binding, const Step& step, const RunOptions& options);
  static Status Give(const Program& program, Binding& binding, size_t i);
  Status CommitCopies(const Program& program, Binding& binding);
};

Session::~Session() = default;
size_t Session::ArenaBytes() const { return impl_->arena == nullptr ? 0 : impl_->arena->size(); }

Result<std::unique_ptr<Session>> Executable::OpenSession() {
  auto session = std::unique_ptr<Session>(new Session);
  session->impl_ = std::make_unique<Session::Impl>();
  session->impl_->executable = shared_from_this();
  return session;
}

// Checks the inputs against the function's types and fills `scratch` with the symbols' values.
Status Session::Impl::BindSymbols(const Program& program, std::span<const Tensor> inputs) {
  const Function& function = program.function;
  const auto& params = function.body.params;
  if (inputs.size() != params.size())
    return InvalidArgument(
        fmt::format("@{} takes {} inputs, {} are given", function.name, params.size(), inputs.size()));
  scratch.assign(program.symbols.size(), -1);
  auto symbol = [&](std::string_view name) {
    return std::ranges::find(program.symbols, name) - program.symbols.begin();
  };
  for (int pass = 0; pass < 2; ++pass) {  // bare symbols bind first, expressions are checked after
    for (size_t i = 0; i < params.size(); ++i) {
      const Type& type = function.TypeOf(params[i]);
      const std::string& name = function.values[static_cast<size_t>(params[i])].name;
      const Tensor& given = inputs[i];
      if (given.dtype() != type.dtype || given.rank() != type.Rank() ||
          !(given.encoding() == type.encoding)) {
        return InvalidArgument(fmt::format("input '{}' must be {}; {} was given", name, type.ToString(),
                                           given.type().ToString()));
      }
      for (size_t d = 0; d < type.Rank(); ++d) {
        const Dim& dim = type.shape[d];
        const int64_t size = given.dim(d);
        if (const auto constant = dim.Constant()) {
          if (*constant == size) continue;
          return InvalidArgument(fmt::format("input '{}' must be {}; dimension {} of {} is {}", name,
                                             type.ToString(), d, given.type().ToString(), size));
        }
        const auto bare = dim.SymbolName();
        if (bare && pass == 0) {
          int64_t& value = scratch[static_cast<size_t>(symbol(*bare))];
          if (value >= 0 && value != size)
            return InvalidArgument(
                fmt::format("input '{}': {} is {} here and {} elsewhere", name, *bare, size, value));
          value = size;
        } else if (!bare && pass == 1) {
          TRY(const int64_t expected, dim.Evaluate([&](std::string_view s) -> std::optional<int64_t> {
            const ptrdiff_t at = symbol(s);
            if (at >= static_cast<ptrdiff_t>(scratch.size()) || scratch[static_cast<size_t>(at)] < 0)
              return std::nullopt;
            return scratch[static_cast<size_t>(at)];
          }));
          if (expected != size)
            return InvalidArgument(fmt::format("input '{}': dimension {} must be {} = {}, it is {}", name, d,
                                               dim.ToString(), expected, size));
        }
      }
    }
  }
  for (size_t s = 0; s < program.symbols.size(); ++s) {
    const auto bound = shared().module.symbols.find(program.symbols[s]);
    if (bound == shared().module.symbols.end()) continue;
    const auto hi = bound->second.hi.Constant();
    if (scratch[s] < bound->second.lo || (hi && scratch[s] > *hi)) {
      return InvalidArgument(fmt::format("{} is {}; it must be in {}..{}", program.symbols[s], scratch[s],
                                         bound->second.lo, bound->second.hi.ToString()));
    }
  }
  return {};
}

// Dims, memory plan and tables; allocates, once for each set of symbol values.
Status Session::Impl::Build(const Program& program, Binding& binding) {
  const Function& function = program.function;
  auto lookup = [&](std::string_view name) -> std::optional<int64_t> {
    const auto found = std::ranges::find(program.symbols, name);
    if (found == program.symbols.end()) return std::nullopt;
    return binding.symbols[static_cast<size_t>(found - program.symbols.begin())];
  };
  std::vector<Lifetime> lifetimes;
  for (const Storage& storage : program.storages) {
    TRY(const int64_t bytes, storage.bytes.Evaluate(lookup));
    lifetimes.push_back({static_cast<size_t>(bytes), storage.first, storage.last});
  }
  binding.plan = PlanMemory(lifetimes);
  binding.values.assign(function.values.size(), Value());
  binding.table.assign(function.values.size(), nullptr);
  // Stand-ins of the right dims; Place() points them at their bytes.
  for (size_t v = 0; v < program.values.size(); ++v) {
    const ValuePlan& plan = program.values[v];
    if (plan.place == Place::kConstant) binding.table[v] = &plan.constant;
    if (plan.place == Place::kState) binding.table[v] = &shared().states->values_.find(plan.state)->second;
    if (plan.place != Place::kArena && plan.place != Place::kView) continue;
    const Type& type = function.values[v].type;
    Dims dims;
    for (const Dim& dim : type.shape) {
      TRY(dims.emplace_back(), dim.Evaluate(lookup));
    }
    TRY(const size_t bytes, EncodedBytes(type.dtype, dims, type.encoding));
    TRY(Tensor tensor,
        Tensor::View(Buffer::Borrow(nullptr, bytes, nullptr), 0, type.dtype, std::move(dims), type.encoding));
    binding.values[v] = std::move(tensor);
    binding.table[v] = &binding.values[v].tensor();
  }
  for (const Step& step : program.steps) {
    binding.step_inputs.emplace_back(step.node->inputs.size(), nullptr);
    std::vector<Tensor*>& outputs = binding.step_outputs.emplace_back();
    for (ValueId id : step.outputs) {
      Tensor* out = id == kNoValue || binding.table[static_cast<size_t>(id)] == nullptr
                        ? nullptr
                        : const_cast<Tensor*>(binding.table[static_cast<size_t>(id)]);
      outputs.push_back(out);
    }
  }
  binding.results.resize(function.body.results.size());
  return {};
}

Result<Binding*> Session::Impl::Bind(const Program& program) {
  std::list<Binding>& known = bindings[program.function.name];
  for (auto it = known.begin(); it != known.end(); ++it) {
    if (it->symbols != scratch) continue;
    if (it != known.begin()) known.splice(known.begin(), known, it);  // most recent first
    return &known.front();
  }
  Binding fresh;
  fresh.symbols = scratch;
  TRY_STATUS(Build(program, fresh));
  if (known.size() >= kMostBindings) known.pop_back();
  known.push_front(std::move(fresh));
  // Values moved with the list node; the table points into the vector's heap block, which did not.
  return &known.front();
}

Status Session::Impl::EnsureArena(size_t bytes) {
  const size_t held = arena == nullptr ? 0 : arena->size();
  light_runs = bytes * 2 < held ? light_runs + 1 : 0;
  if (bytes <= held && light_runs < kPatience) return {};
  light_runs = 0;
  arena.reset();
  TRY(arena, Buffer::Allocate(bytes));
  ++arena_version;
  return {};
}

// Points arena values at the arena, once for each arena; views are rebased at each run, after the inputs.
Status Session::Impl::Place(const Program& program, Binding& binding) {
  TRY_STATUS(EnsureArena(binding.plan.bytes + binding.workspace));
  if (binding.arena_version == arena_version) return {};
  for (size_t v = 0; v < program.values.size(); ++v) {
    if (program.values[v].place != sinter::Place::kArena) continue;
    Tensor& tensor = binding.values[v].tensor();
    const size_t offset = binding.plan.offsets[static_cast<size_t>(program.values[v].storage)];
    TRY(const Tensor here, Tensor::View(arena, offset, tensor.dtype(), tensor.dims(), tensor.encoding()));
    tensor.Rebase(here);
  }
  binding.arena_version = arena_version;
  return {};
}

Status Session::Impl::RunDynamic(const Program& program, Binding& binding, const Step& step,
                                 const RunOptions& options) {
  ReferenceOptions reference{shared().communicator, options.cancel, {}};
  auto lookup = [&](ValueId id) -> Value {
    const size_t v = static_cast<size_t>(id);
    if (binding.table[v] != nullptr) return Value(*binding.table[v]);
    return binding.values[v];
  };
  TRY(std::vector<Value> outputs,
      RunReferenceNodeIn(shared().module, Operators(), program.function, *step.node, lookup, reference));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId id = step.node->outputs[i];
    if (id == kNoValue) continue;
    binding.values[static_cast<size_t>(id)] = std::move(outputs[i]);
    Value& held = binding.values[static_cast<size_t>(id)];
    binding.table[static_cast<size_t>(id)] = held.IsTensor() ? &held.tensor() : nullptr;
  }
  return {};
}

Status Session::Impl::RunSteps(const Program& program, Binding& binding, const RunOptions& options) {
  for (ValueId view : program.views) {
    const size_t v = static_cast<size_t>(view);
    const Tensor* source = binding.table[static_cast<size_t>(program.values[v].source)];
    if (source != nullptr) binding.values[v].tensor().Rebase(*source);
  }
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const Step& step = program.steps[s];
    const bool may_stop = program.first_update_step < 0 || static_cast<int>(s) <= program.first_update_step;
    if (may_stop && options.cancel.Cancelled())
      return Error{ErrorCode::kCancelled, fmt::format("@{} was cancelled", program.function.name), ""};
    if (step.kernel == nullptr) {
      TRY_STATUS(RunDynamic(program, binding, step, options));
      continue;
    }
    auto& inputs = binding.step_inputs[s];
    for (size_t i = 0; i < inputs.size(); ++i) {
      const ValueId id = step.node->inputs[i];
      inputs[i] = id == kNoValue ? nullptr : binding.table[static_cast<size_t>(id)];
    }
    KernelCall call{inputs,        binding.step_outputs[s], {},
                    shared().pool, shared().communicator,   may_stop ? options.cancel : CancelToken()};
    if (const size_t bytes = step.kernel->WorkspaceBytes(inputs, call.outputs); bytes > 0) {
      if (bytes > binding.workspace) return Internal("a kernel asks for more workspace than it said");
      call.workspace = {arena->data() + binding.plan.bytes, bytes};
    }
    if (auto ran = step.kernel->Run(call); !ran)
      return std::move(ran).error().In(fmt::format("@{}", program.function.name));
  }
  return {};
}

// Result i, as a view where its bytes stay until the next run.
Status Session::Impl::Give(const Program& program, Binding& binding, size_t i) {
  const size_t v = static_cast<size_t>(program.function.body.results[i]);
  Value& result = binding.results[i];
  const Tensor* from = binding.table[v];
  if (from == nullptr) {
    result = binding.values[v];
  } else if (program.values[v].may_show_state && !program.copies.empty()) {
    TRY(result, from->Clone());
  } else if (result.IsTensor() && result.tensor().defined() && result.tensor().dims() == from->dims() &&
             result.tensor().dtype() == from->dtype()) {
    result.tensor().Rebase(*from);  // allocates nothing
  } else {
    result = *from;
  }
  return {};
}

// Updates that were not done in place. A state that takes another's old value waits until all are read.
Status Session::Impl::CommitCopies(const Program& program, Binding& binding) {
  std::vector<std::pair<const StateUse*, Tensor>> exchanged;
  for (const StateUse& copy : program.copies) {
    const Tensor& value = *binding.table[static_cast<size_t>(copy.value)];
    if (!program.values[static_cast<size_t>(copy.value)].may_show_state) continue;
    TRY(Tensor held, value.Clone());
    exchanged.emplace_back(&copy, std::move(held));
  }
  for (const StateUse& copy : program.copies) {
    if (program.values[static_cast<size_t>(copy.value)].may_show_state) continue;
    TRY_STATUS(shared().states->Set(copy.state, *binding.table[static_cast<size_t>(copy.value)]));
  }
  for (const auto& [copy, held] : exchanged) TRY_STATUS(shared().states->Set(copy->state, held));
  return {};
}

Result<std::span<const Value>> Session::Run(std::string_view function, std::span<const Tensor> inputs,
                                            const RunOptions& options) {
  Impl& impl = *impl_;
  const auto found = impl.shared().programs.find(function);
  if (found == impl.shared().programs.end())
    return NotFound(fmt::format("no function @{} was compiled", function));
  const Program& program = *found->second;
  TRY_STATUS(impl.BindSymbols(program, inputs));
  TRY(Binding * bound, impl.Bind(program));
  Binding& binding = *bound;
  for (size_t i = 0; i < inputs.size(); ++i)
    binding.table[static_cast<size_t>(program.function.body.params[i])] = &inputs[i];
  if (!binding.complete) {
    for (size_t s = 0; s < program.steps.size(); ++s) {
      if (program.steps[s].kernel == nullptr) continue;
      std::vector<const Tensor*> in;
      for (ValueId id : program.steps[s].node->inputs)
        in.push_back(id == kNoValue ? nullptr : binding.table[static_cast<size_t>(id)]);
      binding.workspace =
          std::max(binding.workspace, program.steps[s].kernel->WorkspaceBytes(in, binding.step_outputs[s]));
    }
    binding.complete = true;
  }
  TRY_STATUS(impl.Place(program, binding));
  TRY_STATUS(impl.RunSteps(program, binding, options));
  for (size_t i = 0; i < binding.results.size(); ++i) TRY_STATUS(Impl::Give(program, binding, i));
  TRY_STATUS(impl.CommitCopies(program, binding));
  return std::span<const Value>(binding.results);
}

}  // namespace sinter
