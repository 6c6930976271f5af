#include <charconv>
#include <unordered_map>

#include <fmt/format.h>

#include "engine/graph/literals.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

constexpr int kDeepestRegion = 64;

// One function: resolves names to values as it goes, so that what is not yet defined cannot be named.
class FunctionParser {
 public:
  FunctionParser(Lexer& lexer, Function& function) : lexer_(lexer), function_(function) {}

  Status Parse() {
    function_.position = lexer_.Peek().position;
    TRY(function_.name, lexer_.ExpectName(Token::Kind::kState, "a function's name (@name)"));
    TRY_STATUS(Parameters(function_.body));
    if (lexer_.TakeIf("->")) return lexer_.Unexpected("'{' (results are what `return` names)");
    TRY_STATUS(lexer_.Expect("{"));
    TRY_STATUS(Statements(function_.body, "return", 0));
    return lexer_.Expect("}");
  }

 private:
  Status Parameters(Region& region) {
    TRY_STATUS(lexer_.Expect("("));
    if (lexer_.TakeIf(")")) return {};
    while (true) {
      TRY(region.params.emplace_back(), Define());
      if (lexer_.TakeIf(")")) return {};
      TRY_STATUS(lexer_.Expect(","));
    }
  }

  // "%name" or "%name: type"; the name becomes visible from here on.
  Result<ValueId> Define() {
    const SourcePosition position = lexer_.Peek().position;
    TRY(std::string name, lexer_.ExpectName(Token::Kind::kValue, "a value (%name)"));
    if (function_.names.contains(name)) {
      return InvalidArgument(fmt::format("{}:{}: %{} is defined twice in @{}", position.line, position.column,
                                         name, function_.name));
    }
    Type type;
    if (lexer_.TakeIf(":")) {
      TRY(type, ReadType(lexer_));
    }
    const ValueId id = function_.AddValue(name, std::move(type));
    function_.values.back().position = position;
    return id;
  }

  Result<ValueId> Use() {
    const SourcePosition position = lexer_.Peek().position;
    TRY(const std::string name, lexer_.ExpectName(Token::Kind::kValue, "a value (%name)"));
    const auto found = visible_.find(name);
    if (found == visible_.end()) {
      return InvalidArgument(fmt::format("{}:{}: %{} is not defined before this, or not visible here",
                                         position.line, position.column, name));
    }
    return found->second;
  }

  void Show(ValueId id) {
    const std::string& name = function_.values[static_cast<size_t>(id)].name;
    visible_[name] = id;
    shown_.push_back(name);
  }
  // Forgets what a region defined; names are unique in a function, so nothing was hidden by them.
  void HideFrom(size_t mark) {
    for (; shown_.size() > mark; shown_.pop_back()) visible_.erase(shown_.back());
  }

  // Nodes up to and with `last` ("return" or "yield") and its values.
  Status Statements(Region& region, std::string_view last, int depth) {
    if (depth > kDeepestRegion) return lexer_.Unexpected("regions nested less deep");
    for (ValueId id : region.params) Show(id);
    while (!lexer_.TakeIf(last)) {
      if (depth == 0 && lexer_.TakeIf("update")) {
        TRY_STATUS(Update());
        continue;
      }
      TRY_STATUS(Statement(region, depth));
    }
    while (lexer_.Peek().kind == Token::Kind::kValue) {
      TRY(region.results.emplace_back(), Use());
      if (!lexer_.TakeIf(",")) break;
    }
    return {};
  }

  Status Update() {
    StateUse update;
    TRY(update.state, lexer_.ExpectName(Token::Kind::kState, "a state (@name)"));
    TRY_STATUS(lexer_.Expect("="));
    TRY(update.value, Use());
    function_.updates.push_back(std::move(update));
    return {};
  }

  Status Statement(Region& region, int depth) {
    Node node;
    node.position = lexer_.Peek().position;
    if (lexer_.Peek().kind == Token::Kind::kValue || lexer_.Peek().text == "_") {
      do {
        if (lexer_.TakeIf("_"))
          node.outputs.push_back(kNoValue);
        else {
          TRY(node.outputs.emplace_back(), Define());
        }
      } while (lexer_.TakeIf(","));
      TRY_STATUS(lexer_.Expect("="));
    }
    if (depth == 0 && lexer_.TakeIf("read")) {
      if (node.outputs.size() != 1) return lexer_.Unexpected("one value for one state read before this");
      TRY(std::string state, lexer_.ExpectName(Token::Kind::kState, "a state (@name)"));
      function_.reads.push_back({std::move(state), node.outputs[0]});
      Show(node.outputs[0]);
      return {};
    }
    TRY(node.op, lexer_.ExpectName(Token::Kind::kWord, "an operator"));
    if (node.op == kCallOp) {
      TRY(node.attributes["callee"], lexer_.ExpectName(Token::Kind::kState, "a function (@name)"));
    }
    if (lexer_.Peek().kind == Token::Kind::kString) {
      TRY(node.name, lexer_.ExpectString());
    }
    TRY_STATUS(Inputs(node));
    if (lexer_.Peek().text == "{" && lexer_.Peek().kind == Token::Kind::kPunctuation) {
      const SourcePosition position = lexer_.Peek().position;
      TRY(Attributes attributes, ReadAttributes(lexer_));
      if (node.op == kCallOp && attributes.contains("callee")) {
        return InvalidArgument(fmt::format("{}:{}: the callee stands before the arguments, not as attribute",
                                           position.line, position.column));
      }
      attributes.merge(node.attributes);
      node.attributes = std::move(attributes);
    }
    TRY_STATUS(Fusion(node));
    TRY_STATUS(Regions(node, depth));
    for (ValueId id : node.outputs) {
      if (id != kNoValue) Show(id);
    }
    region.nodes.push_back(std::move(node));
    return {};
  }

  Status Inputs(Node& node) {
    TRY_STATUS(lexer_.Expect("("));
    if (lexer_.TakeIf(")")) return {};
    while (true) {
      if (lexer_.Peek().text == "," || lexer_.Peek().text == ")") {
        node.inputs.push_back(kNoValue);
      } else {
        TRY(node.inputs.emplace_back(), Use());
      }
      if (lexer_.TakeIf(")")) break;
      TRY_STATUS(lexer_.Expect(","));
    }
    while (!node.inputs.empty() && node.inputs.back() == kNoValue) node.inputs.pop_back();
    return {};
  }

  // "fuse 3", after which another statement may begin with a word.
  Status Fusion(Node& node) {
    Lexer ahead = lexer_;
    if (!ahead.TakeIf("fuse") || ahead.Peek().kind != Token::Kind::kNumber) return {};
    lexer_.Take();
    const std::string_view digits = lexer_.Peek().text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), node.fusion);
    if (error != std::errc() || end != digits.data() + digits.size() || node.fusion < 1)
      return lexer_.Unexpected("the number of a fusable group, from 1");
    lexer_.Take();
    return {};
  }

  // "name(params) { ... yield ... }": a word, then "(" — another statement never begins so.
  Status Regions(Node& node, int depth) {
    while (lexer_.Peek().kind == Token::Kind::kWord) {
      Lexer ahead = lexer_;
      ahead.Take();
      if (ahead.Peek().text != "(" || !node.outputs.size()) break;
      if (lexer_.Peek().text != "body" && lexer_.Peek().text != "then_branch" &&
          lexer_.Peek().text != "else_branch")
        break;
      std::string name(lexer_.Take().text);
      Region region;
      const size_t mark = shown_.size();
      TRY_STATUS(Parameters(region));
      TRY_STATUS(lexer_.Expect("{"));
      TRY_STATUS(Statements(region, "yield", depth + 1));
      TRY_STATUS(lexer_.Expect("}"));
      HideFrom(mark);
      node.regions.emplace_back(std::move(name), std::move(region));
    }
    return {};
  }

  Lexer& lexer_;
  Function& function_;
  std::unordered_map<std::string, ValueId> visible_;
  std::vector<std::string> shown_;  // in the order of their definitions
};

class ModuleParser {
 public:
  explicit ModuleParser(std::string_view text) : lexer_(text) {}

  Result<Module> Parse() {
    Module module;
    TRY_STATUS(lexer_.Expect("module"));
    TRY(module.name, lexer_.ExpectName(Token::Kind::kWord, "a module's name"));
    TRY_STATUS(lexer_.Expect("{"));
    while (!lexer_.TakeIf("}")) {
      if (lexer_.TakeIf("meta"))
        TRY_STATUS(Meta(module));
      else if (lexer_.TakeIf("symbol"))
        TRY_STATUS(Symbol(module));
      else if (lexer_.TakeIf("state"))
        TRY_STATUS(ReadState(module));
      else if (lexer_.TakeIf("func")) {
        TRY_STATUS(FunctionParser(lexer_, module.functions.emplace_back()).Parse());
      } else {
        return lexer_.Unexpected("meta, symbol, state, func or '}'");
      }
    }
    if (lexer_.Peek().kind != Token::Kind::kEnd) return lexer_.Unexpected("the end");
    return module;
  }

 private:
  Status Meta(Module& module) {
    TRY(std::string key, lexer_.Peek().kind == Token::Kind::kString
                             ? lexer_.ExpectString()
                             : lexer_.ExpectName(Token::Kind::kWord, "a key"));
    TRY_STATUS(lexer_.Expect("="));
    TRY(module.metadata[key], lexer_.ExpectString());
    return {};
  }

  Status Symbol(Module& module) {
    TRY(std::string name, lexer_.ExpectName(Token::Kind::kWord, "a symbol's name"));
    if (module.symbols.contains(name))
      return lexer_.Unexpected(fmt::format("another symbol than {} (declared twice)", name));
    SymbolBound bound;
    TRY_STATUS(lexer_.Expect("in"));
    const Token low = lexer_.Peek();
    const auto [end, error] = std::from_chars(low.text.data(), low.text.data() + low.text.size(), bound.lo);
    if (low.kind != Token::Kind::kNumber || error != std::errc() || end != low.text.data() + low.text.size())
      return lexer_.Unexpected("the least value");
    lexer_.Take();
    TRY_STATUS(lexer_.Expect(".."));
    TRY(bound.hi, UpperBound());
    module.symbols.emplace(std::move(name), std::move(bound));
    return {};
  }

  // A dimension, up to the end of its line.
  Result<Dim> UpperBound() {
    std::string text;
    const int line = lexer_.Peek().position.line;
    while (lexer_.Peek().kind != Token::Kind::kEnd && lexer_.Peek().position.line == line &&
           lexer_.Peek().text != "}") {
      text += lexer_.Take().text;
      if (text.size() > 4096) break;
    }
    auto dim = ParseDim(text);
    if (!dim) return std::move(dim).error().In(fmt::format("line {}", line));
    return dim;
  }

  Status ReadState(Module& module) {
    State state;
    state.position = lexer_.Peek().position;
    if (lexer_.TakeIf("session"))
      state.scope = StateScope::kSession;
    else if (lexer_.TakeIf("sequence"))
      state.scope = StateScope::kSequence;
    else
      TRY_STATUS(lexer_.Expect("shared"));
    state.trainable = lexer_.TakeIf("trainable");
    TRY(state.name, lexer_.ExpectName(Token::Kind::kState, "a state (@name)"));
    TRY_STATUS(lexer_.Expect(":"));
    TRY(state.type, ReadType(lexer_));
    if (lexer_.TakeIf("=")) {
      TRY(const Type type, ReadType(lexer_));
      TRY(state.initial, ReadTensorElements(lexer_, type));
    }
    module.states.push_back(std::move(state));
    return {};
  }

  Lexer lexer_;
};

}  // namespace

Result<Module> ParseModule(std::string_view text) { return ModuleParser(text).Parse(); }

}  // namespace sinter
