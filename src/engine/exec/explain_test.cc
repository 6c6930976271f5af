// What Explain says, to the word, on a device whose kernels are made for it.
#include <gtest/gtest.h>

#include <array>

#include "engine/exec/executable.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

class Nothing final : public Kernel {
 public:
  Status Run(const KernelCall&) override { return {}; }
};
KernelChoice Never(const KernelQuery&) { return Refusal{"not today"}; }
KernelChoice Narrow(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves f32 alone"};
  return std::make_unique<Nothing>();
}
KernelChoice Packed(const KernelQuery& query) {
  if (query.constants[1] == nullptr) return Refusal{"the weight is no constant"};
  return std::make_unique<Nothing>();
}

constexpr std::string_view kBoth[] = {"MatMul", "Relu"};
constexpr std::string_view kMatMul[] = {"MatMul"};

class Chooser final : public Device {
 public:
  std::string_view name() const override { return "chooser"; }
  std::span<const KernelEntry> kernels() const override { return entries_; }

 private:
  std::array<KernelEntry, 3> entries_ = {{{"first.never", kBoth, &Never},
                                          {"second.packed", kMatMul, &Packed},
                                          {"third.narrow", kBoth, &Narrow}}};
};

TEST(Explain, NamesEachKernelAndEachRefusalInTheOrderOfTheList) {
  auto module = ParseModule(R"(
module several {
  symbol N in 1..64
  func @forward(%x: f32[N,2], %w: f32[2,2]) {
    %one = Constant() {value = f32[2,2]{1,0,0,1}}
    %a: f32[N,2] = MatMul "packed"(%x, %one)
    %b: f32[N,2] = MatMul(%a, %w)
    %wide: f64[N,2] = Cast(%b) {to = f64}
    %c: f64[N,2] = Relu(%wide)
    %d = NonZero(%c)
    return %d
  }
})");
  ASSERT_TRUE(module) << module.error().ToString();
  const Chooser device;
  auto executable = Executable::Compile(*std::move(module), {.device = &device, .optimise = false});
  ASSERT_TRUE(executable) << executable.error().ToString();
  const std::string text = (*executable)->Explain();
  EXPECT_TRUE(text.starts_with("@forward on chooser: 5 steps")) << text;
  EXPECT_EQ(text.substr(text.find('\n') + 1),
            R"(  second.packed                %a: f32[N,2] = MatMul "packed" (%x, %one)
    not first.never: not today
  third.narrow                 %b: f32[N,2] = MatMul(%a, %w)
    not first.never: not today
    not second.packed: the weight is no constant
  reference                    %wide: f64[N,2] = Cast(%b) {to = f64}
  reference                    %c: f64[N,2] = Relu(%wide)
    not first.never: not today
    not third.narrow: serves f32 alone
  reference (sizes known only at run time) %d: i64[2,nonzero] = NonZero(%c)
)");
}

}  // namespace
}  // namespace sinter
