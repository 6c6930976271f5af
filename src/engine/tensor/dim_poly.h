// The inside of Dim: a canonical sum of products of atoms.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/tensor/dim.h"

namespace sinter {

struct DimAtom {
  // kMul: a product that is left as it stands, because multiplied out it would be too long.
  enum class Kind { kSymbol, kFloorDiv, kCeilDiv, kMod, kMin, kMax, kMul };
  Kind kind = Kind::kSymbol;
  std::string text;           // the symbol's name, or the whole call: what equality and order go by
  std::vector<Dim> operands;  // two, except for a symbol
};

// coefficient * product of factors; factors are sorted by text.
struct DimTerm {
  int64_t coefficient = 0;
  std::vector<DimAtom> factors;
};

// Keyed by the product's text; the constant term has key "". No coefficient is zero, and a Poly is never a
// lone constant (that is Dim's own number).
struct Dim::Poly {
  std::map<std::string, DimTerm> terms;
};

// Conversions for dim's own files.
class DimAlgebra {
 public:
  static std::map<std::string, DimTerm> Terms(const Dim& dim);
  static Dim Make(std::map<std::string, DimTerm> terms);
  static Dim Atom(DimAtom atom);
  static Dim Call(DimAtom::Kind kind, const Dim& a, const Dim& b);  // simplified
  static Dim Unsimplified(DimAtom::Kind kind, const Dim& a, const Dim& b);
};

// "floordiv", ... ; "" for a symbol.
std::string_view DimCallName(DimAtom::Kind kind);

}  // namespace sinter
