#include "platform/records/postgres_library.h"

#include <dlfcn.h>

namespace sinter {
namespace {

Result<PostgresLibrary> LoadNow() {
  void* handle = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return Unsupported("PostgreSQL's client library, libpq.so.5, is not here", "apt-get install libpq5");
  PostgresLibrary library;
#define SINTER_LIBPQ_LOAD(name)                                                    \
  library.name = reinterpret_cast<decltype(library.name)>(::dlsym(handle, #name)); \
  if (library.name == nullptr) return Unsupported("libpq.so.5 has no function " #name);
  SINTER_LIBPQ_FUNCTIONS(SINTER_LIBPQ_LOAD)
#undef SINTER_LIBPQ_LOAD
  return library;
}

}  // namespace

Result<const PostgresLibrary*> PostgresLibrary::Load() {
  static const Result<PostgresLibrary> library = LoadNow();
  if (!library) return library.error();
  return &*library;
}

}  // namespace sinter
