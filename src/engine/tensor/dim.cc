#include "engine/tensor/dim.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/tensor/dim_poly.h"

namespace sinter {
namespace {

using Terms = std::map<std::string, DimTerm>;

// Sums and products of sizes far beyond any memory wrap; Evaluate() reports overflow, so wrapping here only
// has to be defined.
int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t WrapMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

std::string Key(const std::vector<DimAtom>& factors) {
  std::string key;
  for (const DimAtom& factor : factors) {
    if (!key.empty()) key += '*';
    key += factor.text;
  }
  return key;
}

void AddTerm(Terms& terms, const std::string& key, const DimTerm& term) {
  DimTerm& sum = terms[key];
  sum.factors = term.factors;
  sum.coefficient = WrapAdd(sum.coefficient, term.coefficient);
  if (sum.coefficient == 0) terms.erase(key);
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0); }

// The number that a call of two numbers gives; nothing for a division by zero or INT64_MIN / -1.
std::optional<int64_t> Fold(DimAtom::Kind kind, int64_t a, int64_t b) {
  const bool divides =
      kind == DimAtom::Kind::kFloorDiv || kind == DimAtom::Kind::kCeilDiv || kind == DimAtom::Kind::kMod;
  if (divides && (b == 0 || (b == -1 && a == INT64_MIN))) return std::nullopt;
  switch (kind) {
    case DimAtom::Kind::kFloorDiv:
      return FloorDivide(a, b);
    case DimAtom::Kind::kCeilDiv:
      return FloorDivide(a, b) + (a % b != 0 ? 1 : 0);
    case DimAtom::Kind::kMod:
      return a - FloorDivide(a, b) * b;
    case DimAtom::Kind::kMin:
      return std::min(a, b);
    case DimAtom::Kind::kMax:
      return std::max(a, b);
    case DimAtom::Kind::kMul: {
      int64_t product = 0;
      if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
      return product;
    }
    case DimAtom::Kind::kSymbol:
      break;
  }
  return std::nullopt;
}

// A product is multiplied out up to this much text; beyond, it stays an atom "mul(a,b)". So no arithmetic on
// shapes, however hostile, takes more memory than the sum of what goes in.
constexpr size_t kLongestExpansion = 2048;
constexpr size_t kMostTerms = 64;

size_t TextSize(const Terms& terms) {
  size_t size = 0;
  for (const auto& [key, term] : terms) size += key.size() + 1;
  return size;
}

// Splits a sum by an integer divisor: what divides exactly, and the rest.
void SplitByDivisor(const Terms& terms, int64_t divisor, Terms& quotient, Terms& rest) {
  for (const auto& [key, term] : terms) {
    if (key.empty()) {  // the constant term gives up its whole multiples too
      const int64_t whole = FloorDivide(term.coefficient, divisor);
      if (whole != 0) AddTerm(quotient, key, {whole, {}});
      if (term.coefficient - whole * divisor != 0)
        AddTerm(rest, key, {term.coefficient - whole * divisor, {}});
    } else if (term.coefficient % divisor == 0) {
      AddTerm(quotient, key, {term.coefficient / divisor, term.factors});
    } else {
      AddTerm(rest, key, term);
    }
  }
}

Result<int64_t> EvaluateAtom(const DimAtom& atom,
                             FunctionRef<std::optional<int64_t>(std::string_view)> lookup) {
  if (atom.kind == DimAtom::Kind::kSymbol) {
    const auto value = lookup(atom.text);
    if (!value) return NotFound(fmt::format("the symbol {} has no value", atom.text));
    return *value;
  }
  TRY(const int64_t a, atom.operands[0].Evaluate(lookup));
  TRY(const int64_t b, atom.operands[1].Evaluate(lookup));
  const auto value = Fold(atom.kind, a, b);
  if (!value) {
    return InvalidArgument(fmt::format("{} {}", atom.text.substr(0, 200),
                                       atom.kind == DimAtom::Kind::kMul ? "overflows" : "divides by zero"));
  }
  return *value;
}

void CollectSymbols(const Dim& dim, std::set<std::string>& names) {
  for (const auto& [key, term] : DimAlgebra::Terms(dim)) {
    for (const DimAtom& factor : term.factors) {
      if (factor.kind == DimAtom::Kind::kSymbol) names.insert(factor.text);
      for (const Dim& operand : factor.operands) CollectSymbols(operand, names);
    }
  }
}

}  // namespace

std::string_view DimCallName(DimAtom::Kind kind) {
  switch (kind) {
    case DimAtom::Kind::kFloorDiv:
      return "floordiv";
    case DimAtom::Kind::kCeilDiv:
      return "ceildiv";
    case DimAtom::Kind::kMod:
      return "mod";
    case DimAtom::Kind::kMin:
      return "min";
    case DimAtom::Kind::kMax:
      return "max";
    case DimAtom::Kind::kMul:
      return "mul";
    case DimAtom::Kind::kSymbol:
      break;
  }
  return "";
}

std::map<std::string, DimTerm> DimAlgebra::Terms(const Dim& dim) {
  if (dim.poly_ != nullptr) return dim.poly_->terms;
  if (dim.constant_ == 0) return {};
  return {{"", {dim.constant_, {}}}};
}

Dim DimAlgebra::Make(std::map<std::string, DimTerm> terms) {
  if (terms.empty()) return 0;
  if (terms.size() == 1 && terms.begin()->first.empty()) return terms.begin()->second.coefficient;
  auto poly = std::make_shared<Dim::Poly>();
  poly->terms = std::move(terms);
  return Dim(std::move(poly));
}

Dim DimAlgebra::Atom(DimAtom atom) {
  std::string key = atom.text;
  DimTerm term{1, {}};
  term.factors.push_back(std::move(atom));
  std::map<std::string, DimTerm> terms;
  terms.emplace(std::move(key), std::move(term));
  return Make(std::move(terms));
}

Dim DimAlgebra::Call(DimAtom::Kind kind, const Dim& a, const Dim& b) {
  using Kind = DimAtom::Kind;
  if (kind == Kind::kMul) return a * b;
  if (a.IsConstant() && b.IsConstant()) {
    if (const auto folded = Fold(kind, a.constant_, b.constant_)) return *folded;
  }
  if ((kind == Kind::kMin || kind == Kind::kMax) && a == b) return a;
  if (b.IsConstant() && b.constant_ == 1) {
    if (kind == Kind::kFloorDiv || kind == Kind::kCeilDiv) return a;
    if (kind == Kind::kMod) return 0;
  }
  if (b.IsConstant() && b.constant_ > 1 && kind != Kind::kMin && kind != Kind::kMax) {
    // floordiv(c*q + r, c) = q + floordiv(r, c), and likewise for the others.
    std::map<std::string, DimTerm> quotient, rest;
    SplitByDivisor(Terms(a), b.constant_, quotient, rest);
    if (!quotient.empty()) {
      const Dim remaining = Call(kind, Make(std::move(rest)), b);
      return kind == Kind::kMod ? remaining : Make(std::move(quotient)) + remaining;
    }
  }
  if ((kind == Kind::kFloorDiv || kind == Kind::kCeilDiv) && !b.IsConstant() && a == b) return 1;
  return Unsimplified(kind, a, b);
}

Dim DimAlgebra::Unsimplified(DimAtom::Kind kind, const Dim& a, const Dim& b) {
  using Kind = DimAtom::Kind;
  std::vector<Dim> operands{a, b};
  std::string left = a.ToString(), right = b.ToString();
  if ((kind == Kind::kMin || kind == Kind::kMax || kind == Kind::kMul) && right < left) {
    std::swap(operands[0], operands[1]);
    std::swap(left, right);
  }
  return Atom({kind, fmt::format("{}({},{})", DimCallName(kind), left, right), std::move(operands)});
}

Dim Dim::Symbol(std::string_view name) {
  return DimAlgebra::Atom({DimAtom::Kind::kSymbol, std::string(name), {}});
}

std::optional<int64_t> Dim::Constant() const {
  if (poly_ != nullptr) return std::nullopt;
  return constant_;
}

std::optional<std::string> Dim::SymbolName() const {
  if (poly_ == nullptr || poly_->terms.size() != 1) return std::nullopt;
  const DimTerm& term = poly_->terms.begin()->second;
  if (term.coefficient != 1 || term.factors.size() != 1 || term.factors[0].kind != DimAtom::Kind::kSymbol)
    return std::nullopt;
  return term.factors[0].text;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.IsConstant() && b.IsConstant()) return WrapAdd(a.constant_, b.constant_);
  Terms sum = DimAlgebra::Terms(a);
  for (const auto& [key, term] : DimAlgebra::Terms(b)) AddTerm(sum, key, term);
  return DimAlgebra::Make(std::move(sum));
}

Dim operator-(const Dim& a, const Dim& b) { return a + b * Dim(-1); }

Dim operator*(const Dim& a, const Dim& b) {
  if (a.IsConstant() && b.IsConstant()) return WrapMul(a.constant_, b.constant_);
  Terms product;
  const Terms lefts = DimAlgebra::Terms(a);
  const Terms right = DimAlgebra::Terms(b);
  if (!a.IsConstant() && !b.IsConstant() &&
      (lefts.size() * right.size() > kMostTerms ||
       TextSize(lefts) * right.size() + TextSize(right) * lefts.size() > kLongestExpansion)) {
    return DimAlgebra::Unsimplified(DimAtom::Kind::kMul, a, b);
  }
  for (const auto& [left_key, left] : lefts) {
    for (const auto& [right_key, factor] : right) {
      std::vector<DimAtom> factors = left.factors;
      factors.insert(factors.end(), factor.factors.begin(), factor.factors.end());
      std::ranges::sort(factors, {}, &DimAtom::text);
      const std::string key = Key(factors);
      AddTerm(product, key, {WrapMul(left.coefficient, factor.coefficient), std::move(factors)});
    }
  }
  return DimAlgebra::Make(std::move(product));
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.IsConstant() || b.IsConstant()) return a.IsConstant() && b.IsConstant() && a.constant_ == b.constant_;
  if (a.poly_ == b.poly_) return true;
  const auto& left = a.poly_->terms;
  const auto& right = b.poly_->terms;
  return std::ranges::equal(left, right, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.coefficient == y.second.coefficient;
  });
}

Dim FloorDiv(const Dim& a, const Dim& b) { return DimAlgebra::Call(DimAtom::Kind::kFloorDiv, a, b); }
Dim CeilDiv(const Dim& a, const Dim& b) { return DimAlgebra::Call(DimAtom::Kind::kCeilDiv, a, b); }
Dim Mod(const Dim& a, const Dim& b) { return DimAlgebra::Call(DimAtom::Kind::kMod, a, b); }
Dim Min(const Dim& a, const Dim& b) { return DimAlgebra::Call(DimAtom::Kind::kMin, a, b); }
Dim Max(const Dim& a, const Dim& b) { return DimAlgebra::Call(DimAtom::Kind::kMax, a, b); }

Result<int64_t> Dim::Evaluate(FunctionRef<std::optional<int64_t>(std::string_view)> lookup) const {
  if (poly_ == nullptr) return constant_;
  int64_t sum = 0;
  for (const auto& [key, term] : poly_->terms) {
    int64_t product = term.coefficient;
    for (const DimAtom& factor : term.factors) {
      TRY(const int64_t value, EvaluateAtom(factor, lookup));
      if (__builtin_mul_overflow(product, value, &product))
        return InvalidArgument(fmt::format("{} overflows", ToString()));
    }
    if (__builtin_add_overflow(sum, product, &sum))
      return InvalidArgument(fmt::format("{} overflows", ToString()));
  }
  return sum;
}

Dim Dim::Substitute(FunctionRef<std::optional<Dim>(std::string_view)> replace) const {
  if (poly_ == nullptr) return *this;
  Dim sum = 0;
  for (const auto& [key, term] : poly_->terms) {
    Dim product = term.coefficient;
    for (const DimAtom& factor : term.factors) {
      if (factor.kind == DimAtom::Kind::kSymbol) {
        const auto replaced = replace(factor.text);
        product = product * (replaced ? *replaced : Symbol(factor.text));
      } else {
        product = product * DimAlgebra::Call(factor.kind, factor.operands[0].Substitute(replace),
                                             factor.operands[1].Substitute(replace));
      }
    }
    sum = sum + product;
  }
  return sum;
}

std::vector<std::string> Dim::Symbols() const {
  std::set<std::string> names;
  CollectSymbols(*this, names);
  return {names.begin(), names.end()};
}

std::string Dim::ToString() const {
  if (poly_ == nullptr) return std::to_string(constant_);
  std::string text;
  auto append = [&](const std::string& key, int64_t coefficient) {
    if (coefficient >= 0 && !text.empty()) text += '+';
    if (key.empty()) {
      text += std::to_string(coefficient);
    } else if (coefficient == 1 || coefficient == -1) {
      text += (coefficient < 0 ? "-" : "") + key;
    } else {
      text += fmt::format("{}*{}", coefficient, key);
    }
  };
  for (const auto& [key, term] : poly_->terms) {
    if (!key.empty()) append(key, term.coefficient);
  }
  if (const auto constant = poly_->terms.find(""); constant != poly_->terms.end())
    append("", constant->second.coefficient);
  return text;
}

}  // namespace sinter
