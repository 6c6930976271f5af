// An operator that is made of simpler ones, and that no kernel of the device serves, becomes those: they have
// kernels, and fuse.
#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "engine/graph/builder.h"
#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

class Lowerer {
 public:
  explicit Lowerer(PassContext& context) : context_(context) {}

  // The body is built again, node by node, so that what is known of shapes reaches what is put in.
  Result<int> Run() {
    Function& function = context_.function;
    std::vector<Node> nodes = std::move(function.body.nodes);
    function.body.nodes.clear();
    GraphBuilder builder(context_.module, function, context_.catalog);
    int lowered = 0;
    for (Node& node : nodes) {
      Rename(node);
      const Composition* composition = Unserved(node);
      if (composition == nullptr) {
        builder.Append(std::move(node));
        continue;
      }
      LoweringContext lowering(node, *context_.catalog.Find(node.op), builder);
      TRY_STATUS(composition->lower(lowering));
      for (size_t i = 0; i < node.outputs.size() && builder.ok(); ++i) {
        if (node.outputs[i] == kNoValue) continue;
        if (lowering.results[i] == kNoValue ||
            !(builder.TypeOf(lowering.results[i]) == builder.TypeOf(node.outputs[i])))
          return Internal(fmt::format("{}: its lowering gives another type", lowering.Describe()));
        replaced_.Add(node.outputs[i], lowering.results[i]);
      }
      ++lowered;
    }
    TRY_STATUS(builder.status());
    replaced_.Apply(function);
    return lowered;
  }

 private:
  const Composition* Unserved(const Node& node) const {
    const Operator* page = context_.catalog.Find(node.op);
    if (page == nullptr || context_.served(node.op)) return nullptr;
    return std::get_if<Composition>(&page->structure.value);
  }

  void Rename(Node& node) const {
    auto rename = [&](ValueId& id) { id = id == kNoValue ? id : replaced_.Of(id); };
    std::ranges::for_each(node.inputs, rename);
    for (auto& [name, region] : node.regions) {
      ForEachNode(region, [&](Node& inner) { std::ranges::for_each(inner.inputs, rename); });
      std::ranges::for_each(region.results, rename);
    }
  }

  PassContext& context_;
  Replacements replaced_;
};

Result<int> Run(PassContext& context) {
  if (!context.served) return 0;
  return Lowerer(context).Run();
}

}  // namespace

const Pass kLowerCompositionsPass{
    "lower_compositions", "Operators that no kernel serves become the simpler ones they are made of.", &Run};

}  // namespace sinter
