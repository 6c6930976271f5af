#include "platform/runs/code_of_folder.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "platform/hub/work_tree.h"

namespace sinter {
namespace {

constexpr size_t kMostFiles = 2000;
constexpr uint64_t kMostBytes = uint64_t{64} << 20;
constexpr size_t kLongestNote = 200;

Result<std::string> HashOfFiles(const Path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<Path> files;
  for (auto at = fs::recursive_directory_iterator(folder, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const bool hidden = at->path().filename().string().starts_with('.');
    if (hidden && at->is_directory(error)) at.disable_recursion_pending();
    if (hidden || at->is_symlink(error) || !at->is_regular_file(error)) continue;
    files.push_back(at->path());
    if (files.size() > kMostFiles)
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("the folder has more than {} files", kMostFiles), ""};
  }
  if (error) return SystemError(error.value(), "cannot list", folder);
  std::ranges::sort(files);
  Sha256 all;
  uint64_t left = kMostBytes;
  for (const Path& file : files) {
    const auto text = ReadFile(file, left);
    if (!text && text.error().code == ErrorCode::kResourceExhausted)
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("the folder's files have more than {} MiB", kMostBytes >> 20), ""};
    if (!text) return text.error();
    left -= text->size();
    all.Update(fmt::format("{}  {}\n", HashText(*text).Hex(), file.lexically_relative(folder).string()));
  }
  return all.Finish().Hex();
}

}  // namespace

CodeVersion CodeOfFolder(const Path& folder, std::string sinter_version) {
  CodeVersion code;
  code.sinter = std::move(sinter_version);
  const auto note = [&](const Error& error) {
    code.note = error.message.substr(0, kLongestNote);
    if (!IsUtf8(code.note)) code.note = "the folder's name is no UTF-8";
  };
  const auto tree = StateOfWorkTree(folder);
  if (!tree) {
    note(tree.error());
  } else if (*tree) {
    code.commit = (*tree)->commit;
    code.dirty = (*tree)->dirty;
    code.diff = (*tree)->diff;
  } else if (auto files = HashOfFiles(folder)) {
    code.files = *std::move(files);
  } else {
    note(files.error());
  }
  return code;
}

}  // namespace sinter
