// The decision as a table of states; what a client can see of a model, and what must not change under it.
#include "platform/serving/rollout.h"

#include <gtest/gtest.h>

#include "platform/serving/testing.h"

namespace sinter {
namespace {

WarmUpReport Warm() {
  return {.runs = 40,
          .first_ms = 3,
          .median_ms = 0.5,
          .median_batch_ms = 2,
          .batch_rows = 32,
          .not_finite = 0,
          .batch_difference = 1e-7,
          .rows_apart = true};
}

TEST(Rollout, DecisionsOnceLoaded) {
  WarmUpReport nan = Warm(), mixes = Warm(), slow = Warm();
  nan.not_finite = 3;
  mixes.rows_apart = false;
  slow.median_ms = 50;
  const Error broken = InvalidArgument("model m@2: it is broken", "mend it");
  const struct {
    const char* name;
    LoadSnapshot snapshot;
    RolloutAction action;
    const char* reason;
  } states[] = {
      {"loading", {}, RolloutAction::kWait, "it is being loaded"},
      {"first", {.warm = Warm()}, RolloutAction::kAdvance, "warm after 40 runs, 0.500 ms a run"},
      {"next",
       {.warm = Warm(), .current = Warm()},
       RolloutAction::kAdvance,
       "warm after 40 runs, 0.500 ms a run"},
      {"slower is reported, not judged",
       {.warm = slow, .current = Warm()},
       RolloutAction::kAdvance,
       "warm after 40 runs, 50.000 ms a run"},
      {"broken", {.load_error = broken}, RolloutAction::kRefuse, "model m@2: it is broken (mend it)"},
      {"not finite",
       {.warm = nan},
       RolloutAction::kRefuse,
       "3 numbers of its answers to plain inputs are NaN or infinite"},
      {"incompatible",
       {.warm = Warm(), .incompatible = InvalidArgument("no input 'x'"), .current = Warm()},
       RolloutAction::kRefuse,
       "no input 'x'"},
      {"rows mixed",
       {.warm = mixes, .wanted_batch_rows = 32},
       RolloutAction::kAdvance,
       "warm after 40 runs, 0.500 ms a run; its rows cannot share a run, so requests run one by one"},
  };
  for (const auto& state : states) {
    SCOPED_TRACE(state.name);
    const RolloutDecision decision = DecideLoaded(state.snapshot);
    EXPECT_EQ(RolloutActionName(decision.action), RolloutActionName(state.action));
    EXPECT_EQ(decision.reason, state.reason);
  }
  const RolloutDecision next = DecideLoaded({.warm = slow, .current = Warm()});
  ASSERT_EQ(next.figures.size(), 9u);
  EXPECT_EQ(next.figures[2], (std::pair<std::string, double>("run_ms", 50)));
  EXPECT_EQ(next.figures[8], (std::pair<std::string, double>("run_ms_ratio", 100)));
}

ModelInterface InterfaceOf(const std::string& text) {
  TextModels models;
  models.Put("m", text);
  auto loaded = models.Load("m");
  EXPECT_TRUE(loaded) << loaded.error().ToString();
  auto model = ModelInterface::Of(loaded->module, "forward");
  EXPECT_TRUE(model) << model.error().ToString();
  return *model;
}

std::string Signature(std::string_view params, std::string_view body, std::string_view result) {
  return fmt::format(
      "module m {{\n symbol N in 1..64\n symbol S in 2..8\n func @forward({}) {{\n{}\nreturn {}\n}}\n}}",
      params, body, result);
}

TEST(ModelInterface, RowsAreFoundWhereTheyAre) {
  const auto rows = InterfaceOf(Signature("%x: f32[N,S], %z: f32[N]", "%y = Relu(%x)", "%y, %z"));
  EXPECT_TRUE(rows.rows_first);
  EXPECT_EQ(rows.most_rows, 64);
  EXPECT_FALSE(InterfaceOf(Signature("%x: f32[N,N]", "%y = Relu(%x)", "%y")).rows_first);
  EXPECT_FALSE(InterfaceOf(Signature("%x: f32[4,4]", "%y = Relu(%x)", "%y")).rows_first);
  EXPECT_FALSE(InterfaceOf(Signature("%x: f32[N,4]", "%y = Transpose(%x)", "%y")).rows_first);
}

TEST(ModelInterface, WrongInputsAreNamed) {
  const auto model = InterfaceOf(Signature("%x: f32[N,S], %z: i64[N]", "%y = Relu(%x)", "%y, %z"));
  auto error = [&](const Dims& x, const Dims& z, DType dtype = DType::kF32) {
    const std::vector<Tensor> given{*Tensor::Create(dtype, x), *Tensor::Create(DType::kI64, z)};
    const Status status = model.Check(given);
    return status ? std::string("none") : status.error().message;
  };
  EXPECT_EQ(error({2, 4}, {2}), "none");
  EXPECT_EQ(error({2, 4}, {2}, DType::kF64), "input 'x' must be f32[N,S]; f64[2,4] was given");
  EXPECT_EQ(error({2}, {2}), "input 'x' must be f32[N,S]; f32[2] was given");
  EXPECT_EQ(error({2, 4}, {3}), "input 'z': N is 3 here and 2 in another input");
  EXPECT_EQ(error({2, 9}, {2}), "input 'x': S (dimension 1) is 9; it must be in 2..8");
  EXPECT_EQ(error({0, 4}, {0}), "input 'x': N (dimension 0) is 0; it must be in 1..64");
  const std::vector<Tensor> missing{Tensor(), *Tensor::Create(DType::kI64, {2})};
  EXPECT_EQ(model.Check(missing).error().message, "input 'x' is missing; the model takes f32[N,S]");
}

TEST(ModelInterface, ClientsOfTheOldModelMayCallTheNewOne) {
  const auto before = InterfaceOf(Signature("%x: f32[N,4]", "%y = Relu(%x)", "%y"));
  auto error = [&](const std::string& text) {
    const Status status = CheckCompatible(before, InterfaceOf(text));
    return status ? std::string("none") : status.error().message;
  };
  EXPECT_EQ(error(Signature("%x: f32[N,4]", "%y = Sigmoid(%x)\n%extra = Relu(%x)", "%y, %extra")), "none");
  EXPECT_EQ(error(Signature("%x: f32[N,S]", "%y = Relu(%x)", "%y")), "none");
  EXPECT_EQ(error(Signature("%x: f32[8,4]", "%y = Relu(%x)", "%y")),
            "input 'x' is f32[8,4] in the new model; clients of this service know f32[N,4]");
  EXPECT_EQ(error(Signature("%q: f32[N,4]", "%y = Relu(%q)", "%y")), "the new model has no input 'x'");
  EXPECT_EQ(error(Signature("%x: f32[N,4], %q: f32[N]", "%y = Relu(%x)", "%y")),
            "the new model asks for one more input, 'q'");
  EXPECT_EQ(error(Signature("%x: f32[N,4]", "%o = Relu(%x)", "%o")), "the new model has no output 'y'");
}

TEST(WarmUp, FindsOutWhetherRowsAreTreatedApart) {
  auto warm = [](const std::string& text) {
    TextModels models;
    models.Put("m", text);
    auto replica = Replica::Load("1", *models.Load("m"), {.max_rows = 8});
    EXPECT_TRUE(replica) << replica.error().ToString();
    return (*replica)->info();
  };
  const RevisionInfo apart = warm(Signature("%x: f32[N,4]", "%y = Softmax(%x) {axis = 1}", "%y"));
  EXPECT_TRUE(apart.warm_up.rows_apart);
  EXPECT_EQ(apart.limits.max_rows, 8);
  EXPECT_EQ(apart.warm_up.batch_rows, 8);
  EXPECT_EQ(apart.warm_up.not_finite, 0);
  const RevisionInfo mixed = warm(Signature("%x: f32[N,4]", "%y = Softmax(%x) {axis = 0}", "%y"));
  EXPECT_TRUE(mixed.interface.rows_first);
  EXPECT_FALSE(mixed.warm_up.rows_apart) << "a batch would change the answers";
  EXPECT_EQ(mixed.limits.max_rows, 1);
  const RevisionInfo nan = warm(Signature("%x: f32[N,4]", "%m = Neg(%x)\n%y = Sqrt(%m)", "%y"));
  EXPECT_GT(nan.warm_up.not_finite, 0);
}

}  // namespace
}  // namespace sinter
