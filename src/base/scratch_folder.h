// A folder for a while, made by the program where its user may have nowhere to make one.
#pragma once

#include <memory>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// Under the system's temporary folder (TMPDIR), 0700, removed with the object. Tests have TemporaryFolder
// (base/file.h), which ends the program where none can be made.
class ScratchFolder {
 public:
  // Errors: no temporary folder, one that may not be written to, a full disk; each names it.
  static Result<std::unique_ptr<ScratchFolder>> Create();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const Path& path() const { return path_; }

 private:
  explicit ScratchFolder(Path path) : path_(std::move(path)) {}
  Path path_;
};

}  // namespace sinter
