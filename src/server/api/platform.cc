#include "server/api/platform.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sinter {
namespace {

constexpr std::string_view kLocal = "local";

// 0600 from its first moment: the temporary file is made under a mask.
Status WriteSecret(const Path& path, std::string_view text) {
  const mode_t before = ::umask(0077);
  const Status status = WriteFileAtomically(path, text);
  ::umask(before);
  return status;
}

}  // namespace

Result<std::unique_ptr<Platform>> Platform::Open(const Path& folder, const Clock& clock) {
  TRY(auto home, Home::Open(folder, clock));
  TRY(auto metrics, MetricStore::Open(home->MetricsPath()));
  return std::unique_ptr<Platform>(new Platform(std::move(home), std::move(metrics), clock));
}

Platform::Platform(std::unique_ptr<Home> home, std::unique_ptr<MetricStore> metrics, const Clock& clock)
    : home_(std::move(home)),
      metrics_(std::move(metrics)),
      datasets_(RepositoryKind::kDataset, home_->records(), home_->store()),
      models_(RepositoryKind::kModel, home_->records(), home_->store()),
      tokens_(home_->records()),
      runs_(home_->records(), home_->store(), clock),
      model_source_(models_, home_->store()),
      services_(home_->records(), model_source_, clock) {}

Result<std::string> Platform::LocalToken() {
  auto kept = ReadFile(home_->TokenPath(), 4096);
  if (!kept && kept.error().code != ErrorCode::kNotFound) return kept;
  if (kept) {
    while (!kept->empty() && (kept->back() == '\n' || kept->back() == '\r')) kept->pop_back();
    const auto info = tokens_.Check(*kept);
    if (info && info->scope.Allows(TokenScope::Level::kAdmin)) {
      if (::chmod(home_->TokenPath().c_str(), 0600) != 0) {
        return SystemError(errno, "cannot set the mode of", home_->TokenPath());
      }
      return *std::move(kept);
    }
  }
  if (const Status gone = tokens_.Revoke(kLocal, kLocal);
      !gone && gone.error().code != ErrorCode::kNotFound) {
    return gone.error();
  }
  TRY(std::string token, tokens_.Create(kLocal, {TokenScope::Level::kAdmin, "", 0}, kLocal));
  TRY_STATUS(WriteSecret(home_->TokenPath(), token + "\n"));
  return token;
}

}  // namespace sinter
