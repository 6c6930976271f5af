#include "engine/graph/text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sinter {
namespace {

constexpr std::string_view kEverything = R"(module all {
  meta "producer" = "a \"b\"\n"
  symbol N in 1..4096
  symbol found in 0..10*N
  state shared trainable @w: f32[2,2] = f32[2,2]{1.0, -0.5, 1e-30, inf}
  state session @seen: i64[]
  func @encode(%x: f32[N,2]) {
    %w: f32[2,2] = read @w
    %h: f32[N,2] = MatMul "layer 1" (%x, %w)
    return %h
  }
  func @main(%x: f32[N,2], %c: bool[], %s: seq<opt<f32[N]>>) {
    %seen: i64[] = read @seen
    %e: f32[N,2] = call @encode(%x)
    %k: f32[3] = Constant() {value = f32[3]{0.1, nan, 3.0}}
    %a, _ = Split(%e) {axis = 1, num_outputs = 2}
    %d = Clip(%a, , %k) {alpha = 0.5, modes = ["a", "b"], pads = [0, -1], ratio = [0.5, 1.0], to = bf16, type = f32[floordiv(N+1,2)]:int8_channel(0)}
    %z = If(%c) then_branch() {
      yield %e
    } else_branch() {
      %r = Relu(%e)
      yield %r
    }
    %l = Loop(%seen, %c, %e) body(%i: i64[], %go: bool[], %v: f32[N,2]) {
      %v2 = Relu(%v)
      yield %go, %v2
    }
    update @seen = %seen
    return %z, %l, %d
  }
}
)";

TEST(Text, PrintingIsTheInverseOfParsing) {
  auto module = ParseModule(kEverything);
  ASSERT_TRUE(module) << module.error().ToString();
  EXPECT_EQ(PrintModule(*module), kEverything);
}

TEST(Text, ErrorsSayWhereAndWhat) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "1:1: 'module' expected; the text ends"},
      {"module m {", "expected; the text ends"},
      {"module m { func @f() {\n  %a = Relu(%b)\n return } }", "2:13: %b is not defined before this"},
      {"module m { func @f(%a: f33[]) { return } }", "'f33' is none"},
      {"module m { func @f(%a: f32[]) {\n %a = Relu(%a) return } }", "2:2: %a is defined twice"},
      {"module m { func @f() { %a = Constant() {value = i8[1]{300}} return } }", "a number that fits i8"},
      {"module m { func @f() { %a = Constant() {value = i8[3]{1}} return } }", "3 elements"},
      {"module m { func @f() { %a = Constant() {value = f32[99999999999,9999999]{1}} return } }",
       "more elements"},
      {"module m { symbol N in a..3 }", "the least value"},
      {"module m { symbol N in 1..3\n symbol N in 1..3\n}", "declared twice"},
      {"module m { func @f() { %a = Constant() {x = 1, x = 2} return } }", "stands twice"},
      {"module m {} x", "the end"},
  };
  for (const auto& [text, message] : cases) {
    auto module = ParseModule(text);
    ASSERT_FALSE(module) << text;
    EXPECT_NE(module.error().message.find(message), std::string::npos) << module.error().message;
  }
}

TEST(Text, RegionsHideTheirValues) {
  auto module = ParseModule(
      "module m { func @f(%c: bool[]) { %z = If(%c) then_branch() { %k = Not(%c) yield %k } else_branch() { "
      "yield %c }\n return %k } }");
  ASSERT_FALSE(module);
  EXPECT_NE(module.error().message.find("%k is not defined before this, or not visible here"),
            std::string::npos);
}

TEST(Text, NumbersKeepTheirBits) {
  for (const float value : {0.1f, 1e-45f, 3.4028235e38f, -0.0f, 16777217.0f}) {
    auto tensor = ParseTensor(PrintTensor(Tensor::Scalar(value)));
    ASSERT_TRUE(tensor);
    EXPECT_EQ(tensor->data<float>()[0], value);
    EXPECT_EQ(std::signbit(tensor->data<float>()[0]), std::signbit(value));
  }
  EXPECT_EQ(PrintAttribute(*ParseAttribute("1")), "1");
  EXPECT_EQ(PrintAttribute(*ParseAttribute("1.0")), "1.0");
}

// Every prefix and every single-byte damage of a text either parses or is refused; nothing crashes.
TEST(Text, DamagedTextIsRefused) {
  const std::string text(kEverything);
  for (size_t i = 0; i < text.size(); ++i) {
    (void)ParseModule(text.substr(0, i)).has_value();
    for (const char c : {'\0', '(', '}', '%', '9', '"'}) {
      std::string damaged = text;
      damaged[i] = c;
      (void)ParseModule(damaged).has_value();
    }
  }
}

}  // namespace
}  // namespace sinter
