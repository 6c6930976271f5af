#include "engine/graph/state_updates.h"

#include <set>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr int kDeepestCall = 256;

// Each function is looked at once, however often it is called.
class Updates {
 public:
  explicit Updates(const Module& module) : module_(module) {}

  using States = std::set<std::string_view>;
  Result<const States*> Of(const Function& function, int depth) {
    const auto [found, fresh] = states_.try_emplace(function.name);
    States& mine = found->second;  // empty while open: recursion is inference's to refuse
    if (!fresh || depth > kDeepestCall) return &mine;
    States gathered;
    auto add = [&](std::string_view state) -> Status {
      if (gathered.insert(state).second) return {};
      return InvalidArgument(fmt::format("@{}: state @{} is updated twice", function.name, state));
    };
    for (const StateUse& update : function.updates) TRY_STATUS(add(update.state));
    Status status;
    ForEachNode(function.body, [&](const Node& node) {
      if (!status || node.op != kCallOp) return;
      status = AddCall(node, depth, add);
    });
    TRY_STATUS(status);
    mine = std::move(gathered);
    return &mine;
  }

 private:
  template <class Add>
  Status AddCall(const Node& node, int depth, Add add) {
    const auto callee = node.attributes.find("callee");
    const auto* name = callee == node.attributes.end() ? nullptr : std::get_if<std::string>(&callee->second);
    const Function* called = name == nullptr ? nullptr : module_.FindFunction(*name);
    if (called == nullptr) return {};
    TRY(const States* theirs, Of(*called, depth + 1));
    for (const std::string_view state : *theirs) TRY_STATUS(add(state));
    return {};
  }

  const Module& module_;
  std::map<std::string_view, States> states_;
};

}  // namespace

Status CheckUpdatesThroughCalls(const Module& module) {
  Updates updates(module);
  for (const Function& function : module.functions) {
    TRY(const auto* states, updates.Of(function, 0));
    (void)states;
  }
  return {};
}

}  // namespace sinter
