#include "server/cli/transfer.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/blob_parts.h"

namespace sinter {

namespace {

Status UploadParts(ApiClient& client, const std::string& path, const Sha256Digest& digest,
                   std::string_view bytes, const std::function<void(uint64_t)>& sent) {
  Json parts = Json::array();
  for (uint64_t at = 0; at < bytes.size(); at += kBlobPartBytes) {
    const std::string part =
        BlobPartHeader(digest, at) + std::string(bytes.substr(at, static_cast<size_t>(kBlobPartBytes)));
    const std::string name = HashText(part).Hex();
    const std::string part_path = path.substr(0, path.rfind('/') + 1) + name;
    TRY(const bool there, client.Has(part_path));
    if (!there) TRY_STATUS(client.PutBytes(part_path, part));
    parts.push_back(name);
    if (sent) sent(std::min<uint64_t>(at + kBlobPartBytes, bytes.size()));
  }
  const auto joined = client.Post(path + "/join", {{"parts", std::move(parts)}});
  if (joined) return {};
  // Another who sends the same may have joined it, and taken the parts away.
  TRY(const bool there, client.Has(path));
  return there ? Status() : Status(joined.error());
}

}  // namespace

Status UploadBlobs(ApiClient& client, std::string_view blobs, const BlobStore& store,
                   const Manifest& manifest, const std::function<void(uint64_t, uint64_t)>& progress) {
  uint64_t total = 0, done = 0;
  for (const ManifestFile& file : manifest.files) total += file.size;
  for (const ManifestFile& file : manifest.files) {
    const std::string path = fmt::format("{}/{}", blobs, file.sha256.Hex());
    TRY(const bool there, client.Has(path));
    if (!there) {
      TRY(const auto mapped, store.Open(file.sha256));
      const std::string_view bytes(reinterpret_cast<const char*>(mapped->bytes().data()),
                                   mapped->bytes().size());
      const auto sent = [&](uint64_t n) {
        if (progress) progress(done + n, total);
      };
      Status put = bytes.size() > kBlobPartBytes ? UploadParts(client, path, file.sha256, bytes, sent)
                                                 : client.PutBytes(path, bytes);
      if (!put) return std::move(put).error().In(file.path);
    }
    done += file.size;
    if (progress) progress(done, total);
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
