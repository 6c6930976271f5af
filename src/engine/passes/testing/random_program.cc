#include "engine/passes/testing/random_program.h"

#include <random>
#include <vector>

#include <fmt/format.h>

namespace sinter {
namespace {

// Values come in two kinds that transposing exchanges: [N,3,4] and [N,4,3].
struct Known {
  std::string name;
  bool turned = false;
};

class Writer {
 public:
  explicit Writer(uint32_t seed) : random_(seed) {}

  std::string Write() {
    text_ = R"(module m {
  symbol N in 1..8
  state shared @s: f32[3,4] = f32[3,4]{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, -1.0, -2.0}
  func @g(%a: f32[N,3,4]) {
    %b = Neg(%a)
    %c = Identity(%b)
    return %c
  }
  func @f(%x: f32[N,3,4], %y: f32[N,4,3], %cond: bool[]) {
    %s = read @s
    %zero = Constant() {value = f32[]{0.0}}
    %one = Constant() {value = f32[1]{1.0}}
    %half = Constant() {value = f32[]{0.5}}
    %row = Constant() {value = f32[4]{0.5, -0.5, 2.0, 0.0}}
    %column = Constant() {value = f32[3,1]{0.5, 1.0, -1.0}}
    %axis = Constant() {value = i64[1]{2}}
)";
    std::vector<Known> known{{"x", false}, {"y", true}};
    for (int i = 0; i < 12; ++i) Statement(known, "    ");
    if (Below(2) == 0) text_ += fmt::format("    update @s = %{}\n", NewState(known));
    const std::string last = Pick(known).name;
    text_ += fmt::format("    return %{}, %{}\n  }}\n}}\n", known.back().name, last);
    return text_;
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  const Known& Pick(const std::vector<Known>& from) { return from[Below(from.size())]; }
  std::string New() { return fmt::format("v{}", next_++); }

  std::string NewState(const std::vector<Known>& known) {
    const std::string sum = New(), next = New();
    text_ += fmt::format("    %{} = Identity(%s)\n    %{} = {}(%{}, %half)\n", sum, next,
                         Below(2) == 0 ? "Mul" : "Add", sum);
    (void)known;
    return next;
  }

  // The same kind as `like`; another value where there is one.
  std::string Alike(const std::vector<Known>& known, const Known& like) {
    for (int attempt = 0; attempt < 4; ++attempt) {
      const Known& other = Pick(known);
      if (other.turned == like.turned) return other.name;
    }
    return like.name;
  }

  void Statement(std::vector<Known>& known, const std::string& margin) {
    const Known in = Pick(known);
    const std::string out = New();
    bool turned = in.turned;
    static constexpr const char* kUnary[] = {"Relu", "Neg", "Abs", "Tanh", "Identity", "Sigmoid", "Ceil"};
    static constexpr const char* kBinary[] = {"Add", "Mul", "Sub", "Max"};
    static constexpr const char* kScalars[] = {"zero", "one", "half"};
    std::string line;
    switch (Below(12)) {
      case 0:
      case 1:
        line = fmt::format("{}(%{})", kUnary[Below(7)], in.name);
        break;
      case 2:
        line = fmt::format("{}(%{}, %{})", kBinary[Below(4)], in.name, Alike(known, in));
        break;
      case 3:
        line = fmt::format("{}(%{}, %{})", kBinary[Below(3)], in.name, kScalars[Below(3)]);
        break;
      case 4:
        line = fmt::format("{}(%{}, %{})", kBinary[Below(2)], kScalars[Below(3)], in.name);
        break;
      case 5:
      case 6:
      case 7:
        turned = !turned;
        line = fmt::format("Transpose(%{}) {{perm = [0, 2, 1]}}", in.name);
        break;
      case 8:
        line = fmt::format("Add(%{}, %{})", in.name, in.turned ? "half" : Below(2) == 0 ? "row" : "column");
        break;
      case 9: {
        const std::string sum = New();
        text_ += fmt::format("{}%{} = {}(%{}, %axis)\n", margin, sum,
                             Below(2) == 0 ? "ReduceSum" : "ReduceMax", in.name);
        line = fmt::format("Sub(%{}, %{})", in.name, sum);
        break;
      }
      case 10: {
        const std::string shape = New();
        text_ += fmt::format("{}%{} = Shape(%{})\n", margin, shape, in.name);
        line = fmt::format("{}(%{}, %{})", Below(2) == 0 ? "Reshape" : "Expand", in.name, shape);
        break;
      }
      default:
        if (margin.size() > 4) {
          line = fmt::format("Exp(%{})", in.name);
        } else if (!in.turned && Below(2) == 0) {
          line = fmt::format("call @g(%{})", in.name);
        } else {
          Branches(known, in, out);
          known.push_back({out, in.turned});
          return;
        }
    }
    text_ += fmt::format("{}%{} = {}\n", margin, out, line);
    known.push_back({out, turned});
  }

  void Branches(const std::vector<Known>& known, const Known& in, const std::string& out) {
    text_ += fmt::format("    %{} = If(%cond) then_branch() {{\n", out);
    for (bool second : {false, true}) {
      std::vector<Known> inside = known;
      for (int i = 0; i < 3; ++i) Statement(inside, "      ");
      std::string given = in.name;
      for (const Known& value : inside) {
        if (value.turned == in.turned) given = value.name;
      }
      text_ += fmt::format("      yield %{}\n    }}{}\n", given, second ? "" : " else_branch() {");
    }
  }

  std::mt19937 random_;
  std::string text_;
  int next_ = 0;
};

}  // namespace

std::string RandomProgram(uint32_t seed) { return Writer(seed).Write(); }

}  // namespace sinter
