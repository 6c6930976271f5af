#include "media/sound/sndfile_library.h"

#include <dlfcn.h>

#include <fmt/format.h>

namespace sinter {
namespace {

Result<SndfileLibrary> Load() {
  void* const handle = dlopen("libsndfile.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return Unsupported(fmt::format("cannot load libsndfile: {}", dlerror()), "install libsndfile1");
  SndfileLibrary library;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    return function != nullptr;
  };
  if (!find(library.open_virtual, "sf_open_virtual") || !find(library.close, "sf_close") ||
      !find(library.readf_float, "sf_readf_float") || !find(library.error, "sf_error") ||
      !find(library.strerror, "sf_strerror"))
    return Unsupported("libsndfile lacks a function", "install libsndfile1 1.0.28 or later");
  return library;
}

}  // namespace

Result<const SndfileLibrary*> LoadSndfile() {
  static const Result<SndfileLibrary> library = Load();
  if (!library) return library.error();
  return &*library;
}

}  // namespace sinter
