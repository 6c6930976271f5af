#include "base/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace sinter {

Result<std::unique_ptr<FileSource>> FileSource::Open(const Path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "cannot open", path);
  auto source = std::unique_ptr<FileSource>(new FileSource(fd, path));
  struct stat info{};
  if (::fstat(fd, &info) != 0) return SystemError(errno, "cannot look at", path);
  if (S_ISDIR(info.st_mode)) return InvalidArgument(fmt::format("{} is a folder", path.string()));
  return source;
}

FileSource::~FileSource() { ::close(fd_); }

Result<size_t> FileSource::Read(std::span<std::byte> out) {
  while (true) {
    const ssize_t n = ::read(fd_, out.data(), out.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return SystemError(errno, "cannot read", path_);
  }
}

}  // namespace sinter
