// git-lfs pointers: what is one prints as one and reads back the same.
#include "platform/hub/lfs_pointer.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const auto pointer, ParseLfsPointer(TextOf(input)));
  if (!pointer) return {};
  // Keys in the one order and numbers in the one form: nothing is left that two texts could differ in.
  SINTER_CHECK(LfsPointerText(*pointer) == TextOf(input));
  return {};
}

}  // namespace

FuzzTarget LfsPointerTarget() { return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported}, 1100}; }

}  // namespace sinter
