// One target as a libFuzzer binary; SINTER_FUZZ_TARGET names it. tools/dev/fuzz-one bounds memory and time.
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const sinter::FuzzTarget target = sinter::SINTER_FUZZ_TARGET();
  if (size > target.largest_input) return -1;  // not to be kept
  (void)sinter::RunFuzzInput(target, {reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
