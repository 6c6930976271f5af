#include "engine/ops/catalog.h"

#include <algorithm>
#include <vector>

#include "ops_table.inc"  // declares each page's function and lists them in kPages

namespace sinter {
namespace {

class Catalog final : public OperatorCatalog {
 public:
  Catalog() {
    for (const auto page : kPages) pages_.push_back(&page());
    std::ranges::sort(pages_, {}, [](const Operator* page) { return page->name.value; });
  }

  const Operator* Find(std::string_view name) const override {
    const auto found =
        std::ranges::lower_bound(pages_, name, {}, [](const Operator* page) { return page->name.value; });
    return found != pages_.end() && (*found)->name.value == name ? *found : nullptr;
  }

  std::span<const Operator* const> All() const override { return pages_; }

 private:
  std::vector<const Operator*> pages_;
};

}  // namespace

const OperatorCatalog& Operators() {
  static const Catalog catalog;
  return catalog;
}

}  // namespace sinter
