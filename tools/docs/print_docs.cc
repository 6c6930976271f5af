// Prints the documents that follow from tables in the code; tools/checks/generated_docs.txt says which.
//
//   print_docs operators       docs/operators.md, one row a page of the catalogue
//   print_docs recipe-schema   docs/recipe.schema.json
//   print_docs sweep-schema    docs/sweep.schema.json
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/device/cpu/cpu_device.h"
#include "engine/ops/catalog.h"
#include "platform/runs/sweep_spec.h"
#include "training/trainer/recipe.h"

namespace sinter {
namespace {

constexpr std::string_view kOwnDomain = "sinter.";

// What Markdown would read as the end of a cell.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// Sets that have a name on the pages go by it, others by their members.
std::string DTypesText(DTypeSet set) {
  constexpr std::pair<DTypeSet, std::string_view> kNamed[] = {{kAnyDType, "any"},
                                                              {kAllPlain, "plain"},
                                                              {kNumeric, "numeric"},
                                                              {kFloats, "floats"},
                                                              {kIntegers, "integers"},
                                                              {kSignedNumeric, "signed numeric"},
                                                              {kSignedIntegers, "signed integers"},
                                                              {kUnsignedIntegers, "unsigned integers"}};
  for (const auto& [named, name] : kNamed)
    if (named == set) return std::string(name);
  std::string text;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (set.Has(dtype)) text += fmt::format("{}{}", text.empty() ? "" : " ", DTypeName(dtype));
  }
  return text;
}

std::string FormalsText(std::span<const Formal> formals) {
  std::string text;
  for (const Formal& formal : formals) {
    if (!text.empty()) text += "<br>";
    const bool many = formal.arity == Arity::kVariadic || formal.arity == Arity::kAnyNumber;
    text += fmt::format(
        "{}{}{}: {}{}", formal.name, formal.arity == Arity::kOptional ? "?" : "", many ? "..." : "",
        formal.type_letter == '-' ? "" : fmt::format("{} ", formal.type_letter), DTypesText(formal.dtypes));
    if (formal.encoded) text += ", encoded too";
  }
  return text;
}

std::string AttributesText(const Operator& page) {
  std::string text;
  for (const FormalAttribute& attribute : page.attributes.value) {
    if (!text.empty()) text += "<br>";
    text += attribute.name;
    if (attribute.required) text += " (required)";
    if (!attribute.fallback.empty()) text += fmt::format(" = {}", attribute.fallback);
  }
  for (const FormalRegion& region : page.regions)
    text += fmt::format("{}region {}", text.empty() ? "" : "<br>", region.name);
  return text;
}

std::string GradientText(const Operator& page) {
  const auto* none = std::get_if<NoGradient>(&page.gradient.value);
  return none == nullptr ? "yes" : fmt::format("none: {}", none->reason);
}

// The kernels of the CPU that may serve the operator, in the order in which they are asked.
std::string KernelsText(const Operator& page, size_t& served) {
  std::string text;
  for (const KernelEntry& entry : CpuDevice().kernels()) {
    if (std::ranges::find(entry.ops, page.name.value) == entry.ops.end()) continue;
    text += fmt::format("{}, ", entry.name);
  }
  if (page.view) text += "view, ";
  if (text.empty() && std::holds_alternative<Composition>(page.structure.value)) text = "lowered, ";
  served += text.empty() ? 0 : 1;
  return text + "reference";
}

std::string OperatorsDocument() {
  size_t served = 0;
  size_t differentiable = 0;
  std::string rows;
  for (const Operator* page : Operators().All()) {
    const bool own = page->name.value.starts_with(kOwnDomain);
    const auto name = own ? page->name.value.substr(kOwnDomain.size()) : page->name.value;
    differentiable += std::holds_alternative<GradientFunction>(page->gradient.value) ? 1 : 0;
    rows += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", name, own ? "sinter" : "onnx",
                        Cell(FormalsText(page->inputs.value)), Cell(FormalsText(page->outputs.value)),
                        Cell(AttributesText(*page)), Cell(GradientText(*page)), KernelsText(*page, served),
                        Cell(page->summary.value));
  }
  const size_t count = Operators().All().size();
  return fmt::format(R"(# Operators

Printed from the pages in `src/engine/ops/`; `tools/checks/generated_docs.py --write` writes it anew.

{} operators; {} have a gradient; {} have kernels of the CPU besides the reference, are views (no byte
moves) or are lowered to operators that have; {} have the reference alone. Domain onnx: names and semantics of ONNX's newest opset. Formals that
share a letter share their dtype; `?` may be absent, `...` stands for several. "numeric" is floats and
integers, "plain" numeric and bool, "any" plain and strings. Kernels are asked from left to right, and the
first that accepts a node has it; `sinter explain MODEL` shows the choice and each refusal.

| operator | domain | inputs | outputs | attributes | gradient | kernels | what it gives |
|---|---|---|---|---|---|---|---|
{})",
                     count, differentiable, served, count - served, rows);
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  std::string text;
  if (what == "operators") text = sinter::OperatorsDocument();
  if (what == "recipe-schema") text = sinter::RecipeSchema().dump(2) + "\n";
  if (what == "sweep-schema") text = sinter::SweepSchema().dump(2) + "\n";
  if (text.empty()) {
    fmt::print(stderr, "usage: print_docs operators|recipe-schema|sweep-schema\n");
    return 2;
  }
  fmt::print("{}", text);
  return 0;
}
