// Random modules, printed and read again; and texts made to hurt a parser.
#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <random>

#include <fmt/format.h>

#include "engine/graph/text.h"

namespace sinter {
namespace {

class RandomModule {
 public:
  explicit RandomModule(uint32_t seed) : random_(seed) {}

  Module Make() {
    Module module;
    for (const char* name : {"N", "found", "k.len"})
      module.symbols[name] = {Below(3), Dim::Symbol("N") * Dim(Below(9) + 1) + Dim(Below(100))};
    module.metadata["key \"quoted\""] = Text();
    for (int64_t i = 0; i < 3; ++i) {
      State state{fmt::format("s{}", i),
                  Type::Tensor(DType::kF32, {2, 3}),
                  static_cast<StateScope>(Below(3)),
                  Below(2) == 1,
                  std::nullopt,
                  {}};
      if (Below(2) == 1) state.initial = AnyTensor();
      if (state.initial) state.type = state.initial->type();
      module.states.push_back(std::move(state));
    }
    for (int64_t i = 0; i < 2; ++i) {
      Function& function = module.functions.emplace_back();
      function.name = fmt::format("f{}", i);
      function.body.params.push_back(function.AddValue("x", AnyType(0)));
      function.reads.push_back({"s0", function.AddValue("s", AnyType(0))});
      std::vector<ValueId> visible{function.body.params[0], function.reads[0].value};
      Fill(function, function.body, visible, 0);
      function.updates.push_back({"s1", visible.back()});
    }
    return module;
  }

 private:
  int64_t Below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  ValueId Pick(const std::vector<ValueId>& from) {
    return from[static_cast<size_t>(Below(static_cast<int64_t>(from.size())))];
  }

  std::string Text() {
    std::string text;
    for (int64_t i = Below(12); i > 0; --i) text += static_cast<char>(Below(256));
    return text;
  }

  Dim AnyDim(int depth) {
    Dim leaf = Below(2) == 0 ? Dim(Below(2000) - 3) : Dim::Symbol(Below(2) == 0 ? "N" : "k.len");
    if (depth > 3) return leaf;
    switch (Below(7)) {
      case 0:
        return AnyDim(depth + 1) + AnyDim(depth + 1);
      case 1:
        return AnyDim(depth + 1) * AnyDim(depth + 1);
      case 2:
        return FloorDiv(AnyDim(depth + 1), Below(4) + 1);
      case 3:
        return Max(AnyDim(depth + 1), Mod(AnyDim(depth + 1), 7));
      default:
        return leaf;
    }
  }

  Type AnyType(int depth) {
    switch (depth > 3 ? 9 : Below(10)) {
      case 0:
        return Type::Sequence(AnyType(depth + 1));
      case 1:
        return Type::Optional(AnyType(depth + 1));
      case 2:
        return Type::Map(DType::kString, AnyType(depth + 1));
      case 3:
        return Type::Tensor(DType::kF32, {AnyDim(0), 4}, {Encoding::Kind::kInt8Channel, 1, {}});
      case 4:
        return Type::Tensor(DType::kF32, {32}, {Encoding::Kind::kGguf, 0, "q4_0"});
      default:
        break;
    }
    Shape shape;
    for (int64_t i = Below(4); i > 0; --i) shape.push_back(AnyDim(0));
    return Type::Tensor(static_cast<DType>(1 + Below(kDTypeCount - 1)), std::move(shape));
  }

  Tensor AnyTensor() {
    const auto dtype = static_cast<DType>(1 + Below(kDTypeCount - 1));
    const Dims dims{Below(3), Below(4)};
    if (dtype == DType::kString) {
      std::vector<std::string> items;
      for (int64_t i = dims[0] * dims[1]; i > 0; --i) items.push_back(Text());
      return Tensor::Strings(dims, std::move(items));
    }
    Encoding encoding;
    if (dtype == DType::kF32 && Below(3) == 0) encoding = {Encoding::Kind::kInt8Channel, 1, {}};
    if (dtype == DType::kU8 && Below(2) == 0) encoding = {Encoding::Kind::kInt4, 0, {}};
    Tensor tensor = *Tensor::Create(dtype, dims, true, encoding);
    for (size_t i = 0; i < tensor.bytes(); ++i)
      tensor.mutable_raw()[i] = std::byte(dtype == DType::kBool ? Below(2) : Below(256));
    return tensor;
  }

  Attribute AnyAttribute() {
    const double numbers[] = {0.1, -0.0, 1e300, 5e-324, 3.0, std::bit_cast<double>(random_())};
    switch (Below(9)) {
      case 0:
        return static_cast<int64_t>(random_());
      case 1:
        return numbers[Below(6)];
      case 2:
        return Text();
      case 3:
        return std::vector<int64_t>{Below(5), INT64_MIN, INT64_MAX};
      case 4:
        return std::vector<double>{numbers[Below(6)], numbers[Below(6)]};
      case 5:
        return std::vector<std::string>{Text(), Text()};
      case 6:
        return AnyTensor();
      case 7:
        return AnyType(0);
      default:
        return static_cast<DType>(1 + Below(kDTypeCount - 1));
    }
  }

  void Fill(Function& function, Region& region, std::vector<ValueId>& visible, int depth) {
    for (int64_t i = Below(5) + 1; i > 0; --i) {
      Node node;
      node.op = Below(5) == 0 ? "sinter.AllReduce" : "Relu";
      if (Below(3) == 0) node.name = "layer/" + Text();
      for (int64_t k = Below(4); k > 0; --k) node.inputs.push_back(Below(4) == 0 ? kNoValue : Pick(visible));
      while (!node.inputs.empty() && node.inputs.back() == kNoValue) node.inputs.pop_back();
      for (int64_t k = Below(4); k > 0; --k) node.attributes[fmt::format("a{}", k)] = AnyAttribute();
      if (Below(5) == 0) {
        node.op = "call";
        node.attributes["callee"] = "f0";
      }
      if (Below(4) == 0) node.fusion = static_cast<int32_t>(Below(9) + 1);
      const bool nested = depth < 4 && Below(4) == 0;
      if (nested) {
        std::vector<ValueId> inside = visible;
        Region body;
        body.params.push_back(function.AddValue("p", AnyType(0)));
        inside.push_back(body.params[0]);
        Fill(function, body, inside, depth + 1);
        node.regions.emplace_back("body", std::move(body));
      }
      node.outputs.push_back(function.AddValue("v", Below(2) == 0 ? AnyType(0) : Type{}));
      if (Below(4) == 0) node.outputs.push_back(kNoValue);
      visible.push_back(node.outputs[0]);
      region.nodes.push_back(std::move(node));
    }
    for (int64_t i = Below(3); i > 0; --i) region.results.push_back(Pick(visible));
  }

  std::mt19937_64 random_;
};

TEST(TextRandom, WhatIsPrintedReadsBackTheSame) {
  const auto first = static_cast<uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  for (uint32_t seed = first; seed != first + 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Module module = RandomModule(seed).Make();
    const std::string text = PrintModule(module);
    const auto read = ParseModule(text);
    ASSERT_TRUE(read) << read.error().ToString() << "\n" << text;
    ASSERT_EQ(PrintModule(*read), text);
    for (size_t i = 0; i < module.states.size(); ++i) {
      const State &a = module.states[i], &b = read->states[i];
      ASSERT_TRUE(a.type == b.type && a.scope == b.scope && a.trainable == b.trainable);
      ASSERT_EQ(a.initial.has_value(), b.initial.has_value());
    }
    ASSERT_EQ(read->metadata, module.metadata);
    ASSERT_EQ(read->symbols, module.symbols);
    for (size_t f = 0; f < module.functions.size(); ++f) {
      std::vector<const Node*> theirs;
      ForEachNode(read->functions[f].body, [&](const Node& node) { theirs.push_back(&node); });
      size_t i = 0;
      ForEachNode(module.functions[f].body, [&](const Node& node) {
        ASSERT_LT(i, theirs.size());
        ASSERT_EQ(node.name, theirs[i]->name);
        ASSERT_EQ(node.fusion, theirs[i]->fusion);
        ASSERT_EQ(node.attributes.size(), theirs[i]->attributes.size());
        for (const auto& [name, attribute] : node.attributes)
          ASSERT_EQ(PrintAttribute(attribute), PrintAttribute(theirs[i]->attributes.at(name)));
        ++i;
      });
      ASSERT_EQ(i, theirs.size());
    }
  }
}

// Bytes at random out of the text's own words: neither crash nor hang; what parses, prints and parses again.
TEST(TextRandom, WordsInAnyOrderAreReadOrRefused) {
  constexpr std::string_view kWords[] = {
      "module", "m",      "{",     "}",           "func",   "@f", "(",      ")",      "%x",    ":",
      "f32",    "[",      "]",     "N",           "+",      "*",  "1",      "-3",     "\"s\"", "=",
      "Relu",   "If",     "call",  "yield",       "return", "_",  ",",      "symbol", "in",    "..",
      "state",  "shared", "@w",    "seq",         "<",      ">",  "update", "read",   "body",  "meta",
      "-inf",   "nan",    "1e9",   ".",           "\\",     "\"", "//",     "\n",     "gguf",  "int4",
      "bf16",   "str",    "0.0.0", "then_branch", "%",      "@",  "{...}"};
  const auto seed = static_cast<uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view kStarts[] = {"module m { func @f(%x: f32[N]) { ", "module m { ", "",
                                          "module m { func @f(%x: f32[N]) { %y = Relu(%x) {a = "};
  for (int round = 0; round < 20000; ++round) {
    std::string text(kStarts[random() % std::size(kStarts)]);
    for (size_t i = random() % 30; i > 0; --i)
      text += fmt::format("{} ", kWords[random() % std::size(kWords)]);
    if (random() % 2 == 0) text += " return } }";
    if (const auto module = ParseModule(text)) {
      const std::string printed = PrintModule(*module);
      const auto again = ParseModule(printed);
      ASSERT_TRUE(again) << again.error().ToString() << "\n" << text << "\n" << printed;
      ASSERT_EQ(PrintModule(*again), printed);
    }
  }
}

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(TextRandom, HostileTextsCostNoMoreThanTheirLength) {
  std::string calls;
  for (int i = 0; i < 4000; ++i) calls += fmt::format("func @f{}() {{ call @f{}() return }}\n", i, i + 1);
  const std::string deep_if = "%c = If(%x) then_branch() { ";
  std::string product = "A";
  for (int i = 0; i < 60; ++i) product = fmt::format("floordiv({},2)*(S{}+1)*(T{}+1)", product, i, i);
  const std::string texts[] = {
      "module m { func @f(%x: bool[]) { " + Repeat(deep_if, 100'000),
      "module m { func @f(%x: " + Repeat("seq<", 100'000),
      "module m { func @f(%x: f32[" + Repeat("(", 100'000),
      "module m { func @f(%x: f32[" + Repeat("-", 100'000),
      "module m { func @f(%x: f32[" + Repeat("(A+B+C+D)*", 400) + "1]) { return } }",
      "module m { func @f(%x: f32[" + product + "]) { return } }",
      "module m { func @f(%x: f32[" + Repeat("1,", 100'000),
      "module m { func @" + Repeat("f", 1'000'000),
      "module m { meta a = \"" + Repeat("x", 1'000'000),
      "module m { func @f() { %a = Constant() {v = f32[281474976710656]{1}} return } }",
      "module m { func @f() { %a = Constant() {v = str[281474976710656]{}} return } }",
      "module m { func @f() { %a = Constant() {v = u8[281474976710656]:int4{\"00\"}} return } }",
      "module m { " + calls + "}",
  };
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& text : texts) {
    if (const auto module = ParseModule(text)) (void)PrintModule(*module);
  }
  // Generous, since sanitizers are slow; without bounds these take hours or all memory.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(Text, CallsNameTheirFunctionOnce) {
  const auto module = ParseModule("module m { func @f() { call @f() {callee = 3} return } }");
  ASSERT_FALSE(module);
  EXPECT_NE(module.error().message.find("the callee stands before the arguments"), std::string::npos);
}

}  // namespace
}  // namespace sinter
