// One text for each fault that the verifier and inference find: what they say names the function, the node
// and the reason.
#include "engine/graph/verifier.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "engine/graph/infer.h"
#include "engine/graph/text.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

struct Fault {
  std::string_view text;  // of the module's inside
  std::string_view says;
};

// Parses, infers and verifies; the first error.
Status Check(std::string_view inside) {
  TRY(Module module, ParseModule(fmt::format("module m {{\n{}\n}}", inside)));
  TRY_STATUS(InferModule(module, Operators()));
  return VerifyModule(module, Operators());
}

void ExpectFaults(std::span<const Fault> faults) {
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.text);
    const Status status = Check(fault.text);
    ASSERT_FALSE(status) << "should be refused: " << fault.says;
    EXPECT_NE(status.error().message.find(fault.says), std::string::npos) << status.error().message;
  }
}

TEST(Verifier, Nodes) {
  const Fault faults[] = {
      {"func @f(%x: f32[2]) { %y = Frobnicate(%x) return %y }", "unknown operator 'Frobnicate'"},
      {"func @f(%x: f32[2]) { %y = Add(%x) return %y }", "missing"},
      {"func @f(%x: f32[2]) { %y = Relu(%x, %x) return %y }", "takes at most 1 inputs, 2 are given"},
      {"func @f(%x: f32[2]) { %y, %z = Relu(%x) return %y }", "takes at most 1 outputs, 2 are given"},
      {"func @f(%x: f32[2]) { %y = Softmax(%x) {axes = 1} return %y }", "unknown attribute 'axes'"},
      {"func @f(%x: f32[2]) { %y = Softmax(%x) {axis = \"last\"} return %y }",
       "Softmax (%y): attribute 'axis' must be an integer"},
      {"func @f(%x: f32[2]) { %y = Concat \"join\" (%x) return %y }", "Concat 'join'"},
      {"func @f(%x: bool[2]) { %y = Add(%x, %x) return %y }", "Add (%y): input 'A' cannot be bool"},
      {"func @f(%x: f32[2], %y: f64[2]) { %z = Add(%x, %y) return %z }",
       "input 'B' is f64, but T is f32 here"},
      {"func @f(%x: f32[2], %y: f32[3]) { %z = Add(%x, %y) return %z }", "2:"},
      {"func @f(%x: f32[2]) { %y: f32[3] = Relu(%x) return %y }",
       "%y is declared f32[3] and inferred f32[2]"},
      {"func @f(%x: f32[2,2]:int8_channel(0)) { %y = Relu(%x) return %y }", "sinter.Decode makes it plain"},
      {"func @f(%x: f32[M]) { return %x }", "%x uses the undeclared symbol M"},
      {"func @f(%x: seq<f32[M]>) { return %x }", "%x uses the undeclared symbol M"},
      {"func @f(%x) { %y = Relu(%x) return %y }", "the type of %x is not known"},
  };
  ExpectFaults(faults);
}

TEST(Verifier, RegionsAndCalls) {
  const Fault faults[] = {
      {"func @f(%c: bool[], %x: f32[2]) { %y = If(%c) then_branch() { yield %x } return %y }",
       "If (%y): 2 regions are needed, 1 are there"},
      {"func @f(%c: bool[], %x: f32[2]) { %y = If(%c) else_branch() { yield %x } then_branch() { yield %x } "
       "return %y }",
       "region 0 must be called then_branch"},
      {"func @f(%c: bool[], %x: f32[2], %i: i64[2]) { %y = If(%c) then_branch() { yield %x } else_branch() { "
       "yield %i } return %y }",
       "result 0 is f32[2] in one branch and i64[2] in the other"},
      {"func @f(%c: bool[], %x: f32[2]) { %y = If(%c) then_branch() { yield %x } else_branch() { yield } "
       "return %y }",
       "else_branch yields 0 values for 1 outputs"},
      {"func @f(%c: bool[3], %x: f32[2]) { %y = If(%c) then_branch() { yield %x } else_branch() { yield %x } "
       "return %y }",
       "the condition must be one element, not bool[3]"},
      {"func @f(%x: f32[2]) { %y = Loop(, , %x) body(%i: i64[], %c: bool[], %v: f32[2]) { yield %c } return "
       "%y }",
       "the body yields 1 values for 1 outputs"},
      {"func @f(%x: f32[2]) { %y = Loop(, , %x) body(%i: i64[]) { yield %i, %x } return %y }",
       "the body takes 1 parameters"},
      {"func @f(%x: f32[2]) { %y = Loop(, , %x) body(%i: i64[], %c: bool[], %v: f32[2]) { %w = Concat(%v, "
       "%v) "
       "{axis = 0} yield %c, %w } return %y }",
       "carried value 0 goes in as f32[2] and comes out as f32[4]"},
      {"func @f(%x: f32[2]) { %y = Loop(%x, , %x) body(%i: i64[], %c: bool[], %v: f32[2]) { yield %c, %v } "
       "return %y }",
       "input 'M' cannot be f32"},
      {"func @f(%x: f32[2]) { %y = call @g(%x) return %y }", "there is no function @g"},
      {"func @f(%x: f32[2]) { %y = call @f(%x) return %y }", "@f calls itself"},
      {"func @g(%x: f32[2]) { %y = call @f(%x) return %y }\nfunc @f(%x: f32[2]) { %y = call @g(%x) return %y "
       "}",
       "calls itself"},
      {"func @g(%x: f32[3]) { return %x }\nfunc @f(%x: f32[2]) { %y = call @g(%x) return %y }",
       "argument 0 of @g must be f32[3]"},
      {"func @g(%x: f32[2]) { return %x }\nfunc @f(%x: f32[2]) { %y = call @g(%x, %x) return %y }",
       "@g takes 1 arguments and gives 1 results; 2 and 1 are written"},
  };
  ExpectFaults(faults);
}

TEST(Verifier, StatesAndSymbols) {
  const Fault faults[] = {
      {"func @f() { %w = read @w return %w }", "there is no state @w"},
      {"func @f(%x: f32[]) { update @w = %x return }", "there is no state @w"},
      {"state shared @w: f32[2]\nfunc @f() { %w: f32[3] = read @w return %w }",
       "%w is declared f32[3], state @w is f32[2]"},
      {"state shared @w: f32[2]\nfunc @f(%x: f32[3]) { update @w = %x return }",
       "state @w is f32[2]; its update is f32[3]"},
      {"state shared @w: f32[2]\nfunc @f(%x: f32[2]) { update @w = %x update @w = %x return }",
       "state @w is updated twice"},
      {"state shared @w: f32[2]\nfunc @g(%x: f32[2]) { update @w = %x return }\n"
       "func @f(%x: f32[2]) { call @g(%x) update @w = %x return }",
       "state @w is updated twice"},
      {"state shared @w: f32[2]\nfunc @h(%x: f32[2]) { update @w = %x return }\n"
       "func @g(%x: f32[2]) { call @h(%x) return }\n"
       "func @f(%x: f32[2]) { call @g(%x) update @w = %x return }",
       "state @w is updated twice"},
      {"state shared @w: f32[2]\nstate session @w: f32[2]", "two states are called @w"},
      {"state shared @w: seq<f32[2]>", "state @w must be a tensor"},
      {"state shared trainable @w: i64[2]", "state @w is trainable and i64"},
      {"state shared @w: f32[2] = f32[1]{1.0}", "state @w is f32[2], its initial value f32[1]"},
      {"state shared @w: f32[M]", "state @w uses the undeclared symbol M"},
      {"func @f() { return }\nfunc @f() { return }", "two functions are called @f"},
      {"symbol N in 5..3", "symbol N has no value between 5 and 3"},
      {"symbol N in 0..M", "symbol N is bounded by the undeclared symbol M"},
  };
  ExpectFaults(faults);
}

// What no text can say, but a pass could leave behind.
TEST(Verifier, FaultsThatOnlyCodeCanMake) {
  const auto broken = [](auto damage) {
    auto module = ParseModule("module m { func @f(%x: f32[2]) { %y = Relu(%x) %z = Relu(%y) return %z } }");
    EXPECT_TRUE(module && InferModule(*module, Operators()) && VerifyModule(*module, Operators()));
    damage(module->functions[0]);
    const Status status = VerifyModule(*module, Operators());
    return status ? std::string("nothing") : status.error().message;
  };
  EXPECT_NE(broken([](Function& f) {
              std::swap(f.body.nodes[0], f.body.nodes[1]);
            }).find("%y is used before it is defined"),
            std::string::npos);
  EXPECT_NE(
      broken([](Function& f) { f.body.nodes[1].outputs = f.body.nodes[0].outputs; }).find("defined twice"),
      std::string::npos);
  EXPECT_NE(broken([](Function& f) { f.body.nodes[1].inputs[0] = 99; }).find("value 99 does not exist"),
            std::string::npos);
  EXPECT_NE(broken([](Function& f) { f.values[1].name = "x"; }).find("two values are called %x"),
            std::string::npos);
  EXPECT_NE(broken([](Function& f) { f.body.results[0] = 57; }).find("value 57 does not exist"),
            std::string::npos);
}

}  // namespace
}  // namespace sinter
