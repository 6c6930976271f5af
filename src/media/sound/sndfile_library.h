// libsndfile, loaded when it is first needed: it brings seven codecs along, which no other command pays for.
#pragma once

#include <sndfile.h>

#include "base/result.h"

namespace sinter {

struct SndfileLibrary {
  decltype(&sf_open_virtual) open_virtual = nullptr;
  decltype(&sf_close) close = nullptr;
  decltype(&sf_readf_float) readf_float = nullptr;
  decltype(&sf_error) error = nullptr;
  decltype(&sf_strerror) strerror = nullptr;
};

// Any thread; loaded once. kUnsupported where it is not installed.
Result<const SndfileLibrary*> LoadSndfile();

}  // namespace sinter
