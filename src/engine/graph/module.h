// The IR: a module is a set of named functions over shared state. Plain data; one thread at a time
// changes it. Everything that happens to a model is a function from module to module.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/graph/attribute.h"
#include "engine/tensor/tensor.h"
#include "engine/tensor/type.h"

namespace sinter {

// Where something stands in a text or file; line 0: nowhere.
struct SourcePosition {
  int line = 0;
  int column = 0;
};

// Index into Function::values.
using ValueId = int32_t;
inline constexpr ValueId kNoValue = -1;  // an optional input that is not given, an output not wanted

struct ValueInfo {
  std::string name;  // unique in its function, without the %
  Type type;         // Unknown until inference has run
  SourcePosition position;
};

struct Node;
struct NamedRegion;

// A list of nodes in order, with parameters and results: a function's body, or a branch or loop body of a
// node. A region inside a node also sees the values defined before that node.
struct Region {
  std::vector<ValueId> params;
  std::vector<Node> nodes;
  std::vector<ValueId> results;
};

// One operation. `op` is ONNX's name ("MatMul"), or "domain.Name" outside ONNX's own domain
// ("sinter.AllReduce"). The op "call" calls the function named by attribute `callee`.
struct Node {
  std::string op;
  std::string name;  // of the layer, as the model's author wrote it; may be empty; for messages
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;
  std::vector<NamedRegion> regions;  // "then_branch", "else_branch", "body"
  SourcePosition position;
  int32_t fusion = 0;  // which fusable group of its function it belongs to (passes mark it); 0: none
};

// A struct of its own: a pair would need the region, and so the node, to be complete inside the node.
struct NamedRegion {
  std::string first;  // the name
  Region second;
};
inline constexpr std::string_view kCallOp = "call";

// State lives as long as its scope: the weights of a model, a session of one caller, one sequence of a batch.
enum class StateScope : uint8_t { kShared, kSession, kSequence };

struct State {
  std::string name;  // without the @
  Type type;
  StateScope scope = StateScope::kShared;
  bool trainable = false;         // what autodiff differentiates for, when not told otherwise
  std::optional<Tensor> initial;  // zeros when absent
  SourcePosition position;
};

// State is SSA: a function reads a state's version at entry and may give a new one at its end. A call sees
// the versions at the entry of the outermost function; what it updates is committed when that returns. Two
// updates of one state in one function, calls included, are refused.
struct StateUse {
  std::string state;
  ValueId value = kNoValue;
};

struct Function {
  std::string name;  // without the @
  std::vector<ValueInfo> values;
  Region body;                    // params: the inputs; results: the outputs
  std::vector<StateUse> reads;    // defines `value` at entry
  std::vector<StateUse> updates;  // `value` becomes the state at return
  SourcePosition position;

  ValueId AddValue(std::string base, Type type = {});  // the name is made unique
  const Type& TypeOf(ValueId id) const { return values[static_cast<size_t>(id)].type; }
  ValueId Find(std::string_view value) const;  // kNoValue when there is none

  // For AddValue alone: names in use, and the last number tried after each.
  std::unordered_set<std::string> names = {};
  std::unordered_map<std::string, size_t> counters = {};
};

struct Module {
  std::string name = "module";
  std::map<std::string, SymbolBound, std::less<>> symbols;
  std::vector<State> states;
  std::vector<Function> functions;
  std::map<std::string, std::string, std::less<>> metadata;

  Function* FindFunction(std::string_view name);
  const Function* FindFunction(std::string_view name) const;
  State* FindState(std::string_view name);
  const State* FindState(std::string_view name) const;
  // A symbol that no one uses yet, "hint", "hint_1", ..., declared with its bound.
  Dim NewSymbol(std::string_view hint, SymbolBound bound);
};

// Calls visit(node) for each node of the region and of the regions inside, outer before inner, in order.
template <class RegionType, class F>
void ForEachNode(RegionType& region, F&& visit) {
  for (auto& node : region.nodes) {
    visit(node);
    for (auto& [name, inner] : node.regions) ForEachNode(inner, visit);
  }
}

}  // namespace sinter
