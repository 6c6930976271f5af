#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "engine/exec/program.h"
#include "engine/graph/clone.h"
#include "engine/graph/infer.h"
#include "engine/ops/catalog.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

constexpr size_t kMostFollowers = 8;  // that a kernel is told of: more than any computes

class Compiler {
 public:
  Compiler(Module& module, Program& program, const Device& device)
      : module_(module),
        program_(program),
        device_(device),
        function_(program.function),
        uses_(program.function) {}

  Status Compile() {
    TRY_STATUS(InlineCalls(module_, function_));
    uses_ = UseCounts(function_);
    TRY(facts_, InferFunctionTypes(module_, function_, Operators()));
    program_.values.resize(function_.values.size());
    for (ValueId id : function_.body.params) Plan(id).place = Place::kInput;
    for (const StateUse& read : function_.reads) {
      Plan(read.value).place = Place::kState;
      Plan(read.value).state = read.state;
    }
    for (const Node& node : function_.body.nodes) PlaceConstant(node);
    CollectSymbols();
    FindLastUses();
    for (size_t i = 0; i < function_.body.nodes.size(); ++i) {
      if (!fused_.contains(&function_.body.nodes[i])) TRY_STATUS(AddStep(static_cast<int>(i)));
    }
    for (const StateUse& update : function_.updates) {
      if (!in_place_.contains(update.state)) program_.copies.push_back(update);
    }
    return {};
  }

 private:
  ValuePlan& Plan(ValueId id) { return program_.values[static_cast<size_t>(id)]; }

  // Symbols that stand alone in the dims of an input are bound by it.
  void CollectSymbols() {
    for (ValueId id : function_.body.params) {
      for (const Dim& dim : function_.TypeOf(id).shape) {
        const auto name = dim.SymbolName();
        if (name && std::ranges::find(program_.symbols, *name) == program_.symbols.end())
          program_.symbols.push_back(*name);
      }
    }
  }

  // The value whose bytes this one shows.
  ValueId Root(ValueId id) {
    while (Plan(id).place == Place::kView) id = Plan(id).source;
    return id;
  }

  void FindLastUses() {
    last_use_.assign(function_.values.size(), -1);
    const int end = static_cast<int>(function_.body.nodes.size());
    for (int i = 0; i < end; ++i) {
      const Node& node = function_.body.nodes[static_cast<size_t>(i)];
      auto use = [&](ValueId id) {
        if (id != kNoValue) last_use_[static_cast<size_t>(id)] = i;
      };
      std::ranges::for_each(node.inputs, use);
      for (const auto& [name, region] : node.regions) {
        ForEachNode(region, [&](const Node& inner) { std::ranges::for_each(inner.inputs, use); });
        std::ranges::for_each(region.results, use);
      }
    }
    for (ValueId id : function_.body.results) last_use_[static_cast<size_t>(id)] = end;
    for (const StateUse& update : function_.updates) last_use_[static_cast<size_t>(update.value)] = end;
  }

  bool IsStatic(const Type& type) const {
    if (!type.IsTensor() || type.dtype == DType::kString) return false;
    for (const Dim& dim : type.shape) {
      for (const std::string& symbol : dim.Symbols()) {
        if (std::ranges::find(program_.symbols, symbol) == program_.symbols.end()) return false;
      }
    }
    return true;
  }

  void PlaceConstant(const Node& node) {
    if (node.op != "Constant") return;
    Plan(node.outputs[0]).place = Place::kConstant;
    Plan(node.outputs[0]).constant = std::get<Tensor>(node.attributes.at("value"));
  }

  Status AddStep(int index) {
    Node& node = function_.body.nodes[static_cast<size_t>(index)];
    const Operator* page = Operators().Find(node.op);
    if (page == nullptr) return Internal(fmt::format("{}: no such operator", node.op));
    if (node.op == "Constant") return {};  // placed before
    if (page->view && IsStatic(function_.TypeOf(node.outputs[0])) &&
        Plan(node.inputs[0]).place != Place::kDynamic) {
      AddView(node);
      return {};
    }
    Step step{.node = &node, .page = page, .outputs = node.outputs};
    const bool all_static =
        node.regions.empty() &&
        std::ranges::all_of(node.outputs,
                            [&](ValueId id) { return id == kNoValue || IsStatic(function_.TypeOf(id)); }) &&
        std::ranges::all_of(node.inputs,
                            [&](ValueId id) { return id == kNoValue || Plan(id).place != Place::kDynamic; });
    if (all_static)
      ChooseKernel(step, index);
    else
      step.kernel_name = "reference (sizes known only at run time)";
    const int at = static_cast<int>(program_.steps.size());
    if (!all_static) KeepWhatItSees(node);
    for (size_t o = 0; o < step.outputs.size(); ++o) {
      if (step.outputs[o] == kNoValue) continue;
      if (!all_static)
        Plan(step.outputs[o]).place = Place::kDynamic;
      else if (!UpdateInPlace(step, o, index, at))
        PlaceInArena(step, o, index, at);
    }
    Touch(node, at);
    program_.steps.push_back(std::move(step));
    return {};
  }

  void AddView(const Node& node) {
    ValuePlan& plan = Plan(node.outputs[0]);
    plan.place = Place::kView;
    plan.source = node.inputs[0];
    program_.views.push_back(node.outputs[0]);
    views_of_[Root(node.inputs[0])].push_back(node.outputs[0]);
  }

  // What a dynamic step gives may share the bytes of what it was given (a branch that yields an outer value,
  // a loop that runs no iteration), so these stay as they are to the end of the run.
  void KeepWhatItSees(const Node& node) {
    auto keep = [&](ValueId id) {
      if (id == kNoValue) return;
      last_use_[static_cast<size_t>(id)] = static_cast<int>(function_.body.nodes.size());
      const ValuePlan& plan = Plan(Root(id));
      if (plan.place == Place::kArena) program_.storages[static_cast<size_t>(plan.storage)].last = kForever;
    };
    std::ranges::for_each(node.inputs, keep);
    for (const auto& [name, region] : node.regions) {
      ForEachNode(region, [&](const Node& inner) { std::ranges::for_each(inner.inputs, keep); });
      std::ranges::for_each(region.results, keep);
    }
  }

  // Storages that a step reads stay until it has run.
  void Touch(const Node& node, int at) {
    auto touch = [&](ValueId id) {
      if (id == kNoValue) return;
      const ValuePlan& plan = Plan(Root(id));
      if (plan.place == Place::kArena) {
        Storage& storage = program_.storages[static_cast<size_t>(plan.storage)];
        storage.last = std::max(storage.last, at);
      }
    };
    std::ranges::for_each(node.inputs, touch);
    for (const auto& [name, region] : node.regions) {
      ForEachNode(region, [&](const Node& inner) { std::ranges::for_each(inner.inputs, touch); });
      std::ranges::for_each(region.results, touch);
    }
  }

  void ChooseKernel(Step& step, int index) {
    KernelQuery query{NodeView(*step.node, *step.page), {}, {}, {}, &module_, Followers(index)};
    for (ValueId id : step.node->inputs) {
      query.inputs.push_back(id == kNoValue ? nullptr : &function_.TypeOf(id));
      const ValueId root = id == kNoValue ? kNoValue : Root(id);
      query.constants.push_back(root != kNoValue && Plan(root).place == Place::kConstant && root == id
                                    ? &Plan(root).constant
                                    : nullptr);
    }
    for (ValueId id : step.node->outputs)
      query.outputs.push_back(id == kNoValue ? nullptr : &function_.TypeOf(id));
    for (const KernelEntry& entry : device_.kernels()) {
      if (std::ranges::find(entry.ops, std::string_view(step.node->op)) == entry.ops.end()) continue;
      KernelChoice choice = entry.make(query);
      if (auto* refusal = std::get_if<Refusal>(&choice)) {
        step.refusals.emplace_back(entry.name, std::move(refusal->reason));
        continue;
      }
      step.kernel = std::get<std::unique_ptr<Kernel>>(std::move(choice));
      step.kernel_name = entry.name;
      for (size_t i = 0; i < step.kernel->followers(); ++i) {
        step.fused.push_back(&query.followers[i].node.node());
        step.outputs = step.fused.back()->outputs;
        fused_.insert(step.fused.back());
      }
      return;
    }
    step.kernel = MakeReferenceKernel(*step.node, *step.page);
    step.kernel_name = "reference";
  }

  // The chain of nodes after node `index`, each the only reader of what the one before gives, with constants
  // beside it.
  std::vector<Follower> Followers(int index) {
    std::vector<Follower> followers;
    const auto& nodes = function_.body.nodes;
    const Node* last = &nodes[static_cast<size_t>(index)];
    while (followers.size() < kMostFollowers && last->outputs.size() == 1 &&
           uses_.of(last->outputs[0]) == 1) {
      const ValueId value = last->outputs[0];
      const int reader = last_use_[static_cast<size_t>(value)];
      if (reader < 0 || reader >= static_cast<int>(nodes.size())) break;
      const Node& node = nodes[static_cast<size_t>(reader)];
      const Operator* page = Operators().Find(node.op);
      const auto at = std::ranges::find(node.inputs, value);
      if (page == nullptr || page->effect != Effect::kPure || !node.regions.empty() ||
          node.outputs.size() != 1 || at == node.inputs.end() || !IsStatic(function_.TypeOf(node.outputs[0])))
        break;
      Follower follower{NodeView(node, *page),
                        static_cast<size_t>(at - node.inputs.begin()),
                        {},
                        &function_.TypeOf(node.outputs[0])};
      bool known = true;
      for (ValueId id : node.inputs) {
        const bool constant = id != kNoValue && id != value && Plan(id).place == Place::kConstant;
        known = known && (constant || id == value || id == kNoValue);
        follower.constants.push_back(constant ? &Plan(id).constant : nullptr);
      }
      if (!known) break;
      followers.push_back(std::move(follower));
      last = &node;
    }
    return followers;
  }

  // Whether nothing reads the bytes that `id` shows after node `index`: neither it nor another view of them.
  bool Dies(ValueId id, int index) {
    const ValueId root = Root(id);
    auto read_later = [&](ValueId v) { return last_use_[static_cast<size_t>(v)] > index; };
    const auto views = views_of_.find(root);
    return !read_later(root) && (views == views_of_.end() || std::ranges::none_of(views->second, read_later));
  }

  bool SameBytes(ValueId a, ValueId b) {
    const Type& x = function_.TypeOf(a);
    const Type& y = function_.TypeOf(b);
    return x.shape == y.shape && x.encoding.IsPlain() && y.encoding.IsPlain() &&
           DTypeSize(x.dtype) == DTypeSize(y.dtype);
  }

  bool IsElementwise(const Operator& page) const {
    return std::holds_alternative<Elementwise>(page.index.value);
  }

  // The update of a state whose old value the same element-wise node reads last: written where it stands.
  bool UpdateInPlace(Step& step, size_t output, int index, int at) {
    const ValueId id = step.outputs[output];
    if (!IsElementwise(*step.page)) return false;
    for (const StateUse& update : function_.updates) {
      if (update.value != id || in_place_.contains(update.state)) continue;
      for (ValueId in : step.node->inputs) {
        if (in == kNoValue || Plan(in).place != Place::kState || Plan(in).state != update.state) continue;
        if (!SameBytes(in, id) || !Dies(in, index)) return false;
        Plan(id).place = Place::kState;
        Plan(id).state = update.state;
        in_place_.insert(update.state);
        step.updates_state = true;
        if (program_.first_update_step < 0) program_.first_update_step = at;
        return true;
      }
    }
    return false;
  }

  void PlaceInArena(Step& step, size_t output, int index, int at) {
    const ValueId id = step.outputs[output];
    ValuePlan& plan = Plan(id);
    plan.place = Place::kArena;
    // Element-wise results go where an input dies.
    if (output == 0 && IsElementwise(*step.page)) {
      for (ValueId in : step.node->inputs) {
        if (in == kNoValue || Plan(Root(in)).place != Place::kArena) continue;
        if (!SameBytes(in, id) || !Dies(in, index)) continue;
        plan.storage = Plan(Root(in)).storage;
        Extend(plan.storage, id, at);
        return;
      }
    }
    plan.storage = static_cast<int>(program_.storages.size());
    program_.storages.push_back({function_.TypeOf(id).ByteSize(), at, at});
    Extend(plan.storage, id, at);
  }

  void Extend(int storage, ValueId id, int at) {
    Storage& s = program_.storages[static_cast<size_t>(storage)];
    s.last = std::max(s.last, at);
    // Results and copied updates live to the end; other uses are recorded when their steps are added.
    if (last_use_[static_cast<size_t>(id)] == static_cast<int>(function_.body.nodes.size()))
      s.last = kForever;
  }

 public:
  static constexpr int kForever = 1 << 30;

  // Views of a storage may be results, and so may views of a state.
  void ExtendViews() {
    auto keep = [&](ValueId id) {
      const ValuePlan& plan = Plan(Root(id));
      if (plan.place == Place::kArena) program_.storages[static_cast<size_t>(plan.storage)].last = kForever;
    };
    std::ranges::for_each(function_.body.results, keep);
    for (const StateUse& update : function_.updates) keep(update.value);
    for (size_t v = 0; v < program_.values.size(); ++v) {
      const Place place = Plan(Root(static_cast<ValueId>(v))).place;
      program_.values[v].may_show_state = place == Place::kState || place == Place::kDynamic;
    }
  }

 private:
  Module& module_;
  Program& program_;
  const Device& device_;
  Function& function_;
  InferenceState facts_;
  std::vector<int> last_use_;
  std::unordered_map<ValueId, std::vector<ValueId>> views_of_;  // by the value whose bytes they show
  UseCounts uses_;
  std::set<const Node*> fused_;  // computed by the step of a node before
  std::set<std::string> in_place_;
};

}  // namespace

Result<std::unique_ptr<Program>> CompileFunction(Module& module, std::string_view function,
                                                 const Device& device) {
  const Function* found = module.FindFunction(function);
  if (found == nullptr) return NotFound(fmt::format("module {} has no function @{}", module.name, function));
  auto program = std::make_unique<Program>();
  program->function = *found;
  Compiler compiler(module, *program, device);
  TRY_STATUS(compiler.Compile());
  compiler.ExtendViews();
  return program;
}

}  // namespace sinter
