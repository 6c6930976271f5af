// Golden sets of tables: several inputs by their names, classes and numbers as what is right.
#include "platform/serving/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/signature/signature.h"
#include "platform/data/import_table.h"
#include "platform/serving/candidate.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

constexpr int kRows = 200;

// A model of a number 'a' and a class 'b', whose classes have this order; its body gives %y.
LoadedModel Model(std::string_view body, std::vector<std::string> categories,
                  std::vector<std::string> classes = {}) {
  const std::string text = fmt::format(
      R"(module m {{
    symbol N in 1..64
    func @forward(%a: f64[N], %b: i64[N]) {{
      %two = Constant() {{value = f64[]{{2.0}}}}
      %five = Constant() {{value = f64[]{{5.0}}}}
      %last = Constant() {{value = i64[1]{{1}}}}
      %twice = Mul(%a, %two)
      %c = Cast(%b) {{to = f64}}
      {}
      return %y
    }}
  }})",
      body);
  Signature signature;
  signature.task = classes.empty() ? "regression" : "classification";
  SignatureInput a{"a", DType::kF64, {}, {}}, b{"b", DType::kI64, {}, {}};
  a.preprocess.model_shape = {1};
  b.preprocess.model_shape = {static_cast<int64_t>(categories.size())};
  b.preprocess.categories = std::move(categories);
  signature.inputs = {a, b};
  signature.joined = true;
  signature.outputs = {{"y", DType::kF64, {}, OutputActivation::kNone}};
  signature.classes = std::move(classes);
  if (!signature.classes.empty())
    signature.outputs[0].shape = {static_cast<int64_t>(signature.classes.size())};
  TextModels models;
  models.Put("m", text, SignatureJson(signature).dump());
  auto loaded = models.Load("m");
  SINTER_CHECK(loaded.has_value() || (fmt::print("{}\n", loaded.error().ToString()), false));
  return *std::move(loaded);
}

std::shared_ptr<Replica> Replicate(LoadedModel model) {
  auto replica = Replica::Load("1", std::move(model), BatchLimits{});
  SINTER_CHECK(replica.has_value() || (fmt::print("{}\n", replica.error().ToString()), false));
  return *replica;
}

constexpr std::string_view kRight = "%y = Add(%twice, %c)";
constexpr std::string_view kOff = "%z = Add(%twice, %c)\n %y = Sub(%z, %two)";
// Of classes that are numbered the other way round.
constexpr std::string_view kBackward =
    "%n = Constant() {value = f64[]{2.0}}\n %d = Sub(%n, %c)\n %y = Add(%twice, %d)";
constexpr std::string_view kBig =  // the first class where a is above 5
    "%e = Sub(%a, %five)\n %f = Sub(%five, %a)\n %g = Unsqueeze(%e, %last)\n %h = Unsqueeze(%f, %last)\n"
    " %y = Concat(%g, %h) {axis = 1}";
constexpr std::string_view kSmall =
    "%e = Sub(%a, %five)\n %f = Sub(%five, %a)\n %g = Unsqueeze(%e, %last)\n %h = Unsqueeze(%f, %last)\n"
    " %y = Concat(%h, %g) {axis = 1}";
const std::vector<std::string> kOrder = {"low", "mid", "high"};

class GoldenTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home");
    datasets_ = std::make_unique<Repositories>(RepositoryKind::kDataset, *home_);
    // y is 2 a + b, 0.5 above it or below; every tenth row knows neither y nor the label.
    std::string text = "a,b,y,other,label\n";
    for (int i = 0; i < kRows; ++i) {
      const double a = i % 11, off = i % 2 == 0 ? 0.5 : -0.5;
      const auto b = static_cast<size_t>(i % 3);
      const bool known = i % 10 != 9;
      text +=
          fmt::format("{}.25,{},{},{},{}\n", i % 11, kOrder[b],
                      known ? fmt::format("{}", 2 * (a + 0.25) + static_cast<double>(b) + off) : "", i * i,
                      !known         ? ""
                      : a + 0.25 > 5 ? "big"
                                     : "small");
    }
    const Path path = folder_.path() / "t.csv";
    ASSERT_TRUE(WriteFileAtomically(path, text));
    auto imported = ImportTables(home_->store(), {.splits = {{"test", {path}}}, .label = "label"});
    ASSERT_TRUE(imported) << imported.error().ToString();
    ASSERT_TRUE(datasets_->Add("t", imported->manifest, "", "me"));
    source_ = std::make_unique<HubGoldenSource>(*datasets_, home_->store());
  }
  GoldenResult Compare(const GoldenGate& gate, LoadedModel live, LoadedModel candidate) {
    const auto before = Replicate(std::move(live)), after = Replicate(std::move(candidate));
    GoldenResult result = CompareOnGolden(*source_, gate, *before, *after, CancelToken());
    before->Close();
    after->Close();
    return result;
  }
  static GoldenGate Target(ErrorKind error = ErrorKind::kAbsolute) {
    return {.dataset = "t", .target = "y", .error = error};
  }

  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Repositories> datasets_;
  std::unique_ptr<HubGoldenSource> source_;
};

TEST_F(GoldenTest, ErrorsOfModelsWithSeveralInputs) {
  GoldenResult same = Compare(Target(), Model(kRight, kOrder), Model(kRight, kOrder));
  ASSERT_FALSE(same.unusable) << same.unusable->ToString();
  ASSERT_TRUE(same.errors);
  EXPECT_EQ(same.dataset, "t@1");
  EXPECT_EQ(same.errors->samples, kRows * 9 / 10) << "rows without a y are left out";
  EXPECT_NEAR(same.errors->first_mean, 0.5, 1e-9);
  EXPECT_NEAR(same.errors->second_mean, 0.5, 1e-9);
  EXPECT_EQ(same.outcomes.samples(), 0);

  // 2 too little: off by 2.5 and 1.5 in turns.
  GoldenResult off = Compare(Target(), Model(kRight, kOrder), Model(kOff, kOrder));
  EXPECT_NEAR(off.errors->second_mean, (100 * 2.5 + 80 * 1.5) / 180, 1e-9);
  EXPECT_NEAR(off.errors->difference_mean, off.errors->second_mean - 0.5, 1e-9);
  GoldenResult squared = Compare(Target(ErrorKind::kSquared), Model(kRight, kOrder), Model(kOff, kOrder));
  EXPECT_NEAR(squared.errors->first_mean, 0.25, 1e-9);
  EXPECT_GT(squared.errors->second_mean, 4) << "between 2.25 and 6.25";

  GoldenGate few = Target();
  few.samples = 50;
  EXPECT_EQ(Compare(few, Model(kRight, kOrder), Model(kRight, kOrder)).errors->samples, 50);
}

TEST_F(GoldenTest, EachModelIsAskedInItsOwnClasses) {
  GoldenResult backward = Compare(Target(), Model(kRight, kOrder), Model(kBackward, {"high", "mid", "low"}));
  ASSERT_TRUE(backward.errors);
  EXPECT_NEAR(backward.errors->second_mean, 0.5, 1e-9);
  EXPECT_NEAR(backward.errors->difference_squares, 0, 1e-9);
  GoldenResult wrong = Compare(Target(), Model(kRight, kOrder), Model(kRight, {"high", "mid", "low"}));
  EXPECT_GT(wrong.errors->second_mean, 1);
}

TEST_F(GoldenTest, CopiesOfRequestsAreInTheCandidatesClassesToo) {
  const auto live = Replicate(Model(kRight, kOrder)), trial = Replicate(Model(kBackward, {"high", "low"}));
  const auto candidate = Candidate::Make(trial, live->shared_info());
  ASSERT_TRUE(candidate) << candidate.error().ToString();
  const std::vector<Tensor> asked{Tensor::Of<double>({5}, {1, 2, 3, 4, 5}),
                                  Tensor::Of<int64_t>({5}, {0, 1, 2, -1, 7})};
  const std::vector<Tensor> copied = (*candidate)->Inputs(asked);
  ASSERT_EQ(copied.size(), 2u);
  EXPECT_TRUE(copied[0].SameAs(asked[0]));
  EXPECT_TRUE(copied[1].SameAs(Tensor::Of<int64_t>({5}, {1, -1, 0, -1, -1})));
  EXPECT_EQ(asked[1].data<int64_t>()[0], 0) << "the request itself stays as it was";
  live->Close();
  trial->Close();
}

TEST_F(GoldenTest, WhatTheCandidateCannotSay) {
  const std::string_view nan = "%e = Sub(%a, %five)\n %y = Log(%e)";  // of a below 5
  GoldenResult result = Compare(Target(), Model(kRight, kOrder), Model(nan, kOrder));
  EXPECT_GT(result.candidate_not_finite, 50);
  EXPECT_EQ(result.errors->samples + result.candidate_not_finite, kRows * 9 / 10);
  // The other way round there is nothing to compare with on those.
  result = Compare(Target(), Model(nan, kOrder), Model(kRight, kOrder));
  EXPECT_EQ(result.candidate_not_finite, 0);
  EXPECT_GT(result.live_not_finite, 50);
  const std::string wide = std::string(kBig);
  result = Compare(Target(), Model(kRight, kOrder), Model(wide, kOrder));
  EXPECT_EQ(result.candidate_bad, kRows * 9 / 10);
}

// Of several labels at once what is right is zeros and ones, and the squared error is Brier's.
TEST_F(GoldenTest, SeveralNumbersAnExampleCountByTheirMean) {
  GoldenSet set;
  set.ref = "t@1";
  set.examples = 3;
  set.inputs.push_back({Tensor::Of<double>({3}, {5.5, 5.25, 4})});
  set.inputs.push_back({Tensor::Of<int64_t>({3}, {0, 1, 2})});
  set.width = 2;
  set.targets = {1, 0, 0, 1, 0, 1};
  set.error = ErrorKind::kSquared;
  const auto replica = Replicate(Model(kBig, kOrder));  // gives a - 5 and 5 - a
  const auto answers = AskGolden(*replica, set, CancelToken());
  ASSERT_TRUE(answers) << answers.error().ToString();
  ASSERT_EQ(answers->size(), 3u);
  EXPECT_NEAR(*(*answers)[0].error, (0.25 + 0.25) / 2, 1e-12);
  EXPECT_NEAR(*(*answers)[1].error, (0.0625 + 1.5625) / 2, 1e-12);
  EXPECT_NEAR(*(*answers)[2].error, (1 + 0) / 2.0, 1e-12);
  EXPECT_TRUE((*answers)[0].finite);
  replica->Close();
}

TEST_F(GoldenTest, ClassesOfModelsWithSeveralInputs) {
  const std::vector<std::string> classes = {"big", "small"};
  const GoldenGate gate{.dataset = "t"};
  GoldenResult result = Compare(gate, Model(kBig, kOrder, classes), Model(kSmall, kOrder, classes));
  ASSERT_FALSE(result.unusable) << result.unusable->ToString();
  EXPECT_FALSE(result.errors);
  EXPECT_EQ(result.outcomes, (PairedOutcomes{.first_only = kRows * 9 / 10}));
  EXPECT_EQ(Compare(gate, Model(kBig, kOrder, classes), Model(kSmall, kOrder, {"small", "big"})).outcomes,
            (PairedOutcomes{.both = kRows * 9 / 10}));
}

TEST_F(GoldenTest, SaysWhatIsAmiss) {
  const auto why = [&](const GoldenGate& gate, LoadedModel model) {
    const auto replica = Replicate(std::move(model));
    const auto set = source_->Load(gate, replica->info().interface, replica->info().answers.classifies());
    replica->Close();
    return set ? std::string("loaded") : set.error().ToString();
  };
  const auto right = [] { return Model(kRight, kOrder); };
  EXPECT_EQ(why(Target(), right()), "loaded");
  EXPECT_THAT(why({.dataset = "t"}, right()), HasSubstr("2 columns of numbers could say what is right"));
  EXPECT_THAT(why({.dataset = "t", .target = "a"}, right()), HasSubstr("is what the model is asked with"));
  EXPECT_THAT(why({.dataset = "t", .target = "nothing"}, right()), HasSubstr("'nothing'"));
  EXPECT_THAT(why({.dataset = "t", .split = "train"}, right()), HasSubstr("train"));
  EXPECT_THAT(why({.dataset = "u"}, right()), HasSubstr("'u'"));
  LoadedModel strange = right();
  strange.signature = "";
  EXPECT_THAT(why(Target(), std::move(strange)), HasSubstr("input 'b' is i64; column 'b' is a class"));
  TextModels models;
  models.Put("m", ScaleModel(1));
  EXPECT_THAT(why(Target(), *models.Load("m")), HasSubstr("no column of pictures or vectors"));
  // A classifier that names no classes cannot be asked for one.
  const auto replica = Replicate(right());
  const auto set = source_->Load({.dataset = "t", .target = "label"}, replica->info().interface, false);
  ASSERT_TRUE(set) << set.error().ToString();
  EXPECT_THAT(AskGolden(*replica, **set, CancelToken()).error().ToString(), HasSubstr("names no classes"));
  replica->Close();
}

}  // namespace
}  // namespace sinter
