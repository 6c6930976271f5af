#include "base/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>

namespace sinter {

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::Create() {
  // Not temp_directory_path(), which does not say what it looked at.
  const char* named = std::getenv("TMPDIR");
  const Path parent = named != nullptr && *named != '\0' ? named : "/tmp";
  std::string name = (parent / "sinter-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    Error error = SystemError(errno, "cannot make a temporary folder in", parent);
    if (error.hint.empty()) error.hint = "TMPDIR names another place";
    return error;
  }
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(name));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sinter
