// The suite on the CPU, and on devices with planted faults, which it must catch.
#include "engine/device/conformance/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/device/cpu/cpu_device.h"
#include "engine/ops/catalog.h"

namespace sinter {
namespace {

uint64_t Seed() {
  return static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1'000'000'007;
}

TEST(Conformance, TheCpuAgreesWithTheReference) {
  const ConformanceReport report = CheckConformance(CpuDevice(), Operators(), {.seed = Seed()});
  std::cout << report.ToString();
  for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
  EXPECT_TRUE(report.never_ran.empty())
      << "a kernel is registered and no case reaches it: " << testing::PrintToString(report.never_ran);
}

constexpr std::array<std::string_view, 1> kRelu = {"Relu"};

// Relu in f32 with a fault of choice.
enum class Fault {
  kNone,
  kWrong,
  kUnwritten,
  kWritesInput,
  kUnsteady,
  kBeyondWorkspace,
  kFails,
  kNotInPlace
};
template <Fault kFault>
class FaultyRelu final : public Kernel {
 public:
  size_t WorkspaceBytes(std::span<const Tensor* const>, std::span<Tensor* const>) const override {
    return 64;
  }
  Status Run(const KernelCall& call) override {
    if (kFault == Fault::kFails) return Internal("broken");
    const auto in = call.inputs[0]->mutable_data<float>();
    const auto out = call.outputs[0]->mutable_data<float>();
    if (kFault == Fault::kNotInPlace) out[0] = 0;
    for (size_t i = 0; i < in.size(); ++i) out[i] = std::max(in[i], 0.0f);
    if (kFault == Fault::kWrong && in.size() > 6) out[6] += 0.5f;
    if (kFault == Fault::kUnwritten) out.back() = std::numeric_limits<float>::quiet_NaN();
    if (kFault == Fault::kWritesInput) in[0] = 77;
    if (kFault == Fault::kUnsteady) out[0] += 1e-7f * static_cast<float>(++runs_);
    if (kFault == Fault::kBeyondWorkspace) call.workspace.data()[64] = std::byte{1};
    return {};
  }

 private:
  int runs_ = 0;
};

template <Fault kFault>
KernelChoice MakeFaulty(const KernelQuery& query) {
  if (query.inputs[0]->dtype != DType::kF32) return Refusal{"serves f32 alone"};
  return std::make_unique<FaultyRelu<kFault>>();
}
KernelChoice RefuseAll(const KernelQuery&) { return Refusal{"not today"}; }

class OneKernel final : public Device {
 public:
  explicit OneKernel(KernelChoice (*make)(const KernelQuery&)) : entry_{"planted.relu", kRelu, make} {}
  std::string_view name() const override { return "planted"; }
  std::span<const KernelEntry> kernels() const override { return {&entry_, 1}; }

 private:
  KernelEntry entry_;
};

std::string FirstFailure(KernelChoice (*make)(const KernelQuery&)) {
  const OneKernel device(make);
  const ConformanceReport report = CheckConformance(device, Operators(), {.seed = 7});
  return report.failures.empty() ? "" : report.failures[0];
}

TEST(Conformance, PlantedFaultsAreCaught) {
  using testing::PrintToString;
  EXPECT_EQ(FirstFailure(&MakeFaulty<Fault::kNone>), "");
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kWrong>).starts_with("planted.relu: output 0 [6] is"));
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kUnwritten>).contains("is nan"));
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kWritesInput>).contains("input 0 was written to"));
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kUnsteady>).contains("other bits in a second run"));
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kBeyondWorkspace>).contains("beyond its workspace"));
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kFails>).contains("failed: broken"));
  EXPECT_TRUE(FirstFailure(&MakeFaulty<Fault::kNotInPlace>).contains("in place of input 0"));
}

TEST(Conformance, AKernelThatNeverRunsIsNamed) {
  const OneKernel device(&RefuseAll);
  const ConformanceReport report = CheckConformance(device, Operators(), {.seed = 7, .rounds = 1});
  EXPECT_EQ(report.never_ran, std::vector<std::string>{"planted.relu"});
  EXPECT_TRUE(std::ranges::count(report.reference_only, "Relu"));
  EXPECT_TRUE(report.operators.at("Relu").refusals.contains("planted.relu: not today"));
}

}  // namespace
}  // namespace sinter
