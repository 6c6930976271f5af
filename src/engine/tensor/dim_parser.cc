// Reads dimensions: sums of products of numbers, symbols, calls and parentheses.
#include <cctype>
#include <charconv>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "engine/tensor/dim_poly.h"

namespace sinter {
namespace {

constexpr int kDeepest = 100;
constexpr size_t kLongest = 4096;

class DimParser {
 public:
  explicit DimParser(std::string_view text) : text_(text) {}

  Result<Dim> Parse() {
    if (text_.size() > kLongest)
      return InvalidArgument(fmt::format("a dimension of {} characters", text_.size()));
    TRY(Dim dim, Sum(0));
    if (Peek() != '\0') return Unexpected("the end");
    return dim;
  }

 private:
  Error Unexpected(std::string_view wanted) const {
    return InvalidArgument(
        fmt::format("dimension '{}': {} expected at character {}", text_.substr(0, 64), wanted, at_ + 1));
  }
  char Peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  Result<Dim> Sum(int depth) {
    if (depth > kDeepest) return InvalidArgument("a dimension nested too deep");
    std::vector<Dim> terms;
    TRY(terms.emplace_back(), Product(depth));
    while (true) {
      const bool plus = Take('+');
      if (!plus && !Take('-')) return SumOf(terms);
      TRY(const Dim next, Product(depth));
      terms.push_back(plus ? next : Dim(-1) * next);
    }
  }

  // By halves: adding one by one would copy the growing sum each time.
  static Dim SumOf(std::span<const Dim> terms) {
    if (terms.size() == 1) return terms[0];
    return SumOf(terms.first(terms.size() / 2)) + SumOf(terms.subspan(terms.size() / 2));
  }

  Result<Dim> Product(int depth) {
    TRY(Dim product, Factor(depth));
    while (Take('*')) {
      TRY(const Dim next, Factor(depth));
      product = product * next;
    }
    return product;
  }

  Result<Dim> Factor(int depth) {
    if (depth > kDeepest) return InvalidArgument("a dimension nested too deep");
    if (Take('-')) {
      if (std::isdigit(static_cast<unsigned char>(Peek()))) return Number(/*negative=*/true);
      TRY(const Dim next, Factor(depth + 1));
      return Dim(-1) * next;
    }
    if (Take('(')) {
      TRY(Dim inner, Sum(depth + 1));
      if (!Take(')')) return Unexpected("')'");
      return inner;
    }
    if (std::isdigit(static_cast<unsigned char>(Peek()))) return Number(/*negative=*/false);
    return Name(depth);
  }

  Result<Dim> Number(bool negative) {
    uint64_t value = 0;  // with its sign read apart: the least number has no positive twin
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || value > (uint64_t{1} << 63) - (negative ? 0 : 1))
      return Unexpected("a 64-bit number");
    at_ = static_cast<size_t>(end - text_.data());
    return Dim(static_cast<int64_t>(negative ? 0 - value : value));
  }

  Result<Dim> Name(int depth) {
    Peek();
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_' || text_[at_] == '.'))
      ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) || name.size() > 256)
      return Unexpected("a number or a symbol");
    if (!Take('(')) return Dim::Symbol(name);
    for (auto kind : {DimAtom::Kind::kFloorDiv, DimAtom::Kind::kCeilDiv, DimAtom::Kind::kMod,
                      DimAtom::Kind::kMin, DimAtom::Kind::kMax, DimAtom::Kind::kMul}) {
      if (DimCallName(kind) != name) continue;
      TRY(const Dim a, Sum(depth + 1));
      if (!Take(',')) return Unexpected("','");
      TRY(const Dim b, Sum(depth + 1));
      if (!Take(')')) return Unexpected("')'");
      return DimAlgebra::Call(kind, a, b);
    }
    return InvalidArgument(
        fmt::format("dimension '{}': no function is called '{}'", text_.substr(0, 64), name));
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<Dim> ParseDim(std::string_view text) { return DimParser(text).Parse(); }

}  // namespace sinter
