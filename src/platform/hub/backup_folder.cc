#include "platform/hub/backup_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fmt/format.h>

namespace sinter {
namespace fs = std::filesystem;

std::vector<std::string> ListSnapshots(const Path& backup) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(backup / "snapshots", error)) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(kUnfinished)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::string BlobListText(const std::vector<BlobInfo>& blobs) {
  std::string text;
  for (const BlobInfo& blob : blobs) text += fmt::format("{} {}\n", blob.digest.Hex(), blob.size);
  return text;
}

Result<std::vector<BlobInfo>> ParseBlobList(std::string_view text) {
  std::vector<BlobInfo> blobs;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto digest = line.size() > 65 && line[64] == ' ' ? ParseSha256(line.substr(0, 64)) : std::nullopt;
    uint64_t size = 0;
    const char* last = line.data() + line.size();
    const bool number = digest && std::from_chars(line.data() + 65, last, size).ptr == last;
    // In the one form that we write: a size has no zeros in front.
    if (end == text.npos || !number || line.substr(65) != fmt::to_string(size))
      return Corrupt(fmt::format("line {} of the list of blobs is no blob", blobs.size() + 1),
                     "take another snapshot: --snapshot NAME");
    blobs.push_back({*digest, size});
    text.remove_prefix(end + 1);
  }
  return blobs;
}

Result<std::vector<BlobInfo>> ReadBlobList(const Path& file) {
  TRY(const std::string text, ReadFile(file, uint64_t{8} << 30));
  auto blobs = ParseBlobList(text);
  if (!blobs) return std::move(blobs).error().In(file.string());
  return blobs;
}

Status CopyFolder(const Path& from, const Path& to) {
  std::error_code error;
  if (!fs::is_directory(from, error)) return {};
  TRY_STATUS(MakeFolders(to));
  for (auto it = fs::recursive_directory_iterator(from, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const Path target = to / it->path().lexically_relative(from);
    std::error_code failed;
    const fs::file_status status = it->symlink_status(failed);
    if (fs::is_directory(status)) TRY_STATUS(MakeFolders(target));
    if (!fs::is_regular_file(status)) continue;
    fs::copy_file(it->path(), target, fs::copy_options::overwrite_existing, failed);
    if (failed && fs::exists(it->path())) return SystemError(failed.value(), "cannot copy to", target);
  }
  if (error) return SystemError(error.value(), "cannot list", from);
  return {};
}

Status SyncFileSystem(const Path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "cannot open", path);
  const int code = ::syncfs(fd);
  const int error = errno;
  ::close(fd);
  if (code != 0) return SystemError(error, "cannot sync", path);
  return {};
}

}  // namespace sinter
