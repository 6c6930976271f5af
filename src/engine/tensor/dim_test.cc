#include "engine/tensor/dim.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace sinter {
namespace {

const Dim N = Dim::Symbol("N");
const Dim M = Dim::Symbol("M");

TEST(Dim, EqualPolynomialsAreEqual) {
  EXPECT_EQ(N * M, M * N);
  EXPECT_EQ((N + 2 - 3) + 1, N);
  EXPECT_EQ((N + 1) * (N - 1), N * N - 1);
  EXPECT_EQ(FloorDiv(Dim(2) * N, 2), N);
  EXPECT_EQ(FloorDiv(Dim(2) * N + 5, 2), N + 2);
  EXPECT_EQ(Mod(Dim(4) * N + 7, 4), Dim(3));
  EXPECT_EQ(Max(N, M), Max(M, N));
  EXPECT_EQ(Min(N, N), N);
  EXPECT_NE(FloorDiv(N, 2), N);
}

TEST(Dim, PrintsAndParses) {
  EXPECT_EQ((Dim(4) * N + 1).ToString(), "4*N+1");
  EXPECT_EQ(FloorDiv(N + 1, 2).ToString(), "floordiv(N+1,2)");
  EXPECT_EQ((Dim(0) - N).ToString(), "-N");
  for (std::string_view bad : {"", "N+", "(N", "foo(N,1)", "1N", "99999999999999999999", "floordiv(N)"}) {
    EXPECT_FALSE(ParseDim(bad)) << bad;
  }
  EXPECT_FALSE(ParseDim(std::string(1000, '(')));
}

TEST(Dim, EvaluateSaysWhatIsWrong) {
  auto lookup = [](std::string_view name) -> std::optional<int64_t> {
    if (name == "N") return int64_t{1} << 40;
    return std::nullopt;
  };
  EXPECT_EQ(M.Evaluate(lookup).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE((N * N).Evaluate(lookup));
  EXPECT_FALSE(FloorDiv(5, N - N).Evaluate(lookup));
  EXPECT_EQ((N * M).Symbols(), (std::vector<std::string>{"M", "N"}));
}

// What squaring again and again would blow up stays small, keeps its value and reads back.
TEST(Dim, HugeProductsStayUnexpanded) {
  Dim sum = 1;
  for (const char name : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    sum = sum * (Dim::Symbol(std::string(1, name)) + 1);
  }
  EXPECT_LT(sum.ToString().size(), 4096u);
  const auto read = ParseDim(sum.ToString());
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(*read, sum);
  auto one = [](std::string_view) { return std::optional<int64_t>(1); };
  EXPECT_EQ(*sum.Evaluate(one), int64_t{1} << 26);
  EXPECT_EQ(sum.Substitute([](std::string_view) { return std::optional<Dim>(1); }), Dim(int64_t{1} << 26));
  Dim power = N;
  for (int i = 0; i < 14; ++i) power = power * power;
  EXPECT_LT(power.ToString().size(), 200'000u);
}

// Random expressions: whatever is simplified must still have the value of the unsimplified arithmetic.
TEST(Dim, SimplificationKeepsTheValue) {
  const auto seed = static_cast<uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    const int64_t n = static_cast<int64_t>(random() % 20) + 1, m = static_cast<int64_t>(random() % 20) + 1;
    std::vector<std::pair<Dim, int64_t>> pool{{N, n}, {M, m}, {Dim(3), 3}, {Dim(-2), -2}};
    for (int i = 0; i < 8; ++i) {
      const auto [a, x] = pool[random() % pool.size()];
      const auto [b, y] = pool[random() % pool.size()];
      const int64_t d = static_cast<int64_t>(random() % 5) + 1;
      auto floor_div = [](int64_t p, int64_t q) { return p >= 0 ? p / q : -((-p + q - 1) / q); };
      switch (random() % 7) {
        case 0:
          pool.push_back({a + b, x + y});
          break;
        case 1:
          pool.push_back({a - b, x - y});
          break;
        case 2:
          if (std::abs(x * y) < 1000) pool.push_back({a * b, x * y});
          break;
        case 3:
          pool.push_back({FloorDiv(a, d), floor_div(x, d)});
          break;
        case 4:
          pool.push_back({CeilDiv(a, d), -floor_div(-x, d)});
          break;
        case 5:
          pool.push_back({Mod(a, d), x - floor_div(x, d) * d});
          break;
        default:
          pool.push_back({Max(a, b), std::max(x, y)});
          break;
      }
      const auto& [dim, value] = pool.back();
      auto lookup = [&](std::string_view name) { return std::optional<int64_t>(name == "N" ? n : m); };
      ASSERT_EQ(*dim.Evaluate(lookup), value) << dim.ToString();
      ASSERT_EQ(*ParseDim(dim.ToString()), dim) << dim.ToString();
      auto substitute = [&](std::string_view name) { return std::optional<Dim>(name == "N" ? n : m); };
      ASSERT_EQ(dim.Substitute(substitute), Dim(value)) << dim.ToString();
    }
  }
}

}  // namespace
}  // namespace sinter
