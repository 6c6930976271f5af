#include "server/cli/transfer.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace sinter {

Status UploadBlobs(ApiClient& client, std::string_view blobs, const BlobStore& store,
                   const Manifest& manifest) {
  for (const ManifestFile& file : manifest.files) {
    const std::string path = fmt::format("{}/{}", blobs, file.sha256.Hex());
    TRY(const bool there, client.Has(path));
    if (there) continue;
    TRY(const auto mapped, store.Open(file.sha256));
    const auto bytes = mapped->bytes();
    if (Status put = client.PutBytes(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !put)
      return std::move(put).error().In(file.path);
  }
  return {};
}

Result<Manifest> StoreFolder(BlobStore& store, const Path& folder) {
  std::vector<ManifestFile> files;
  std::error_code error;
  const Path whole = std::filesystem::canonical(folder, error);
  if (error) return SystemError(error.value(), "cannot read", folder);
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file()) continue;
    if (it->is_symlink()) {
      // A folder that came from elsewhere must not carry off what lies outside of it.
      const Path target = std::filesystem::canonical(it->path(), error);
      if (error) return SystemError(error.value(), "cannot read", it->path());
      if (std::ranges::mismatch(whole, target).in1 != whole.end())
        return InvalidArgument(
            fmt::format("{} is a link to {}, outside of the folder", it->path().string(), target.string()),
            "put the file itself there");
    }
    TRY(const BlobInfo info, store.PutFile(it->path()));
    files.push_back({it->path().lexically_relative(folder).generic_string(), info.size, info.digest});
  }
  if (error) return SystemError(error.value(), "cannot read", folder);
  if (files.empty()) return NotFound(fmt::format("{} holds no files", folder.string()));
  return Manifest::Make(std::move(files));
}

Result<std::unique_ptr<DownloadedBlobs>> DownloadedBlobs::Create(ApiClient& client, std::string blobs) {
  const char* named = std::getenv("SINTER_CACHE");
  const char* home = std::getenv("HOME");
  const Path folder =
      named != nullptr ? Path(named) : Path(home == nullptr ? "." : home) / ".cache" / "sinter";
  TRY(auto cache, BlobStore::Open(folder));
  return std::unique_ptr<DownloadedBlobs>(new DownloadedBlobs(client, std::move(blobs), std::move(cache)));
}

Result<std::shared_ptr<const MappedFile>> DownloadedBlobs::Open(const Sha256Digest& digest) const {
  if (cache_->Has(digest)) return cache_->Open(digest);
  TRY(const std::string bytes, client_.GetBytes(fmt::format("{}/{}", blobs_, digest.Hex())));
  TRY(BlobWriter writer, cache_->NewWriter());
  TRY_STATUS(writer.Write(bytes));
  TRY([[maybe_unused]] const BlobInfo info, writer.Commit(digest));
  return cache_->Open(digest);
}

}  // namespace sinter
