#include "base/testing/allocations.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace sinter {
namespace {

std::atomic<int64_t> ours{0};
std::atomic<int64_t> libraries{0};

}  // namespace

AllocationCount AllocationsSoFar() { return {ours.load(), libraries.load()}; }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

bool CountsAllocations() { return false; }

}  // namespace sinter

#else

bool CountsAllocations() { return true; }

}  // namespace sinter

// Set by the linker: where the executable's code begins and ends.
extern "C" const char __executable_start;  // NOLINT: the linker's name
extern "C" const char etext;               // NOLINT
extern "C" void* __libc_malloc(size_t);    // NOLINT: glibc's own, beneath the names replaced here
extern "C" void* __libc_memalign(size_t, size_t);
extern "C" void* __libc_calloc(size_t, size_t);

namespace sinter {
namespace {

void Count(const void* caller) {
  const char* at = static_cast<const char*>(caller);
  ++(at >= &__executable_start && at < &etext ? ours : libraries);
}

}  // namespace
}  // namespace sinter

extern "C" void* malloc(size_t bytes) {
  sinter::Count(__builtin_return_address(0));
  return __libc_malloc(bytes);
}
extern "C" void* calloc(size_t n, size_t bytes) {
  sinter::Count(__builtin_return_address(0));
  return __libc_calloc(n, bytes);
}
extern "C" void* aligned_alloc(size_t alignment, size_t bytes) {
  sinter::Count(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
extern "C" int posix_memalign(void** out, size_t alignment, size_t bytes) {
  sinter::Count(__builtin_return_address(0));
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}

void* operator new(size_t bytes) {
  sinter::Count(__builtin_return_address(0));
  if (void* memory = __libc_malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new[](size_t bytes) {
  sinter::Count(__builtin_return_address(0));
  if (void* memory = __libc_malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

#endif
