// A dimension of a shape: a number, a symbol, or an expression over symbols.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"

namespace sinter {

// Immutable; cheap to copy; any thread. Kept as a polynomial over atoms (symbols, floordiv, mod, min, max)
// in canonical order, so that equal polynomials are equal: B*S == S*B, (H+2-3)+1 == H, floordiv(2*N,2) == N.
// Products of more than some 2,000 characters are not multiplied out ("mul(a,b)"): size stays bounded by the
// sum of what goes in, and equality of such dimensions goes by how they were made.
class Dim {
 public:
  Dim(int64_t value = 0) : constant_(value) {}  // NOLINT: a number is a dimension
  static Dim Symbol(std::string_view name);

  bool IsConstant() const { return poly_ == nullptr; }
  // The value, when it is a number.
  std::optional<int64_t> Constant() const;
  // The name, when it is one bare symbol.
  std::optional<std::string> SymbolName() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend bool operator==(const Dim& a, const Dim& b);

  // Value with each symbol replaced by what `lookup` says. Errors: a symbol it does not know (kNotFound),
  // division by zero, overflow of int64.
  Result<int64_t> Evaluate(FunctionRef<std::optional<int64_t>(std::string_view)> lookup) const;
  // The same expression with symbols replaced by dimensions; unknown ones stay.
  Dim Substitute(FunctionRef<std::optional<Dim>(std::string_view)> replace) const;
  // Names of all symbols inside, sorted, once each.
  std::vector<std::string> Symbols() const;

  // "N", "4*N+1", "floordiv(N+1,2)", "max(N,M)"; ParseDim reads it back to an equal Dim.
  std::string ToString() const;

  struct Poly;  // dim_poly.h: the canonical sum of products; for dim's own files

 private:
  friend class DimAlgebra;
  explicit Dim(std::shared_ptr<const Poly> poly) : poly_(std::move(poly)) {}
  int64_t constant_ = 0;
  std::shared_ptr<const Poly> poly_;  // null: the number constant_
};

// Quotients round toward minus infinity (FloorDiv, Mod) or plus infinity (CeilDiv); b > 0 where known.
Dim FloorDiv(const Dim& a, const Dim& b);
Dim CeilDiv(const Dim& a, const Dim& b);
Dim Mod(const Dim& a, const Dim& b);
Dim Min(const Dim& a, const Dim& b);
Dim Max(const Dim& a, const Dim& b);

// Reads ToString()'s form (and any + - * nesting with parentheses). Errors name the offset.
Result<Dim> ParseDim(std::string_view text);

// What a symbol may be: both ends included. `hi` may be an expression over other symbols.
struct SymbolBound {
  int64_t lo = 0;
  Dim hi = int64_t{1} << 40;
  bool operator==(const SymbolBound&) const = default;
};

}  // namespace sinter
