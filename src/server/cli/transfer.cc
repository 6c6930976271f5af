#include "server/cli/transfer.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/stream.h"
#include "platform/hub/git_names.h"
#include "server/cli/pull.h"

namespace sinter {

namespace {

constexpr uint64_t kPiece = uint64_t{16} << 20;
constexpr size_t kAskedAtOnce = 10'000;
constexpr int kPatience = 20;  // half seconds

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Sha256Digest> HashFile(const Path& path, uint64_t& size) {
  TRY(const auto source, FileSource::Open(path));
  Sha256 hash;
  std::vector<std::byte> block(256 << 10);
  size = 0;
  while (true) {
    TRY(const size_t n, source->Read(block));
    if (n == 0) return hash.Finish();
    hash.Update(std::span(block).first(n));
    size += n;
  }
}

// A folder that came from elsewhere must not carry off what lies outside of it.
Status CheckLink(const Path& whole, const Path& link) {
  std::error_code error;
  const Path target = std::filesystem::canonical(link, error);
  if (error) return SystemError(error.value(), "cannot read", link);
  if (std::ranges::mismatch(whole, target).in1 == whole.end()) return {};
  return InvalidArgument(
      fmt::format("{} is a link to {}, outside of the folder", link.string(), target.string()),
      "put the file itself there");
}

Result<std::set<std::string>> AskMissing(ApiClient& client, std::string_view blobs, const Manifest& manifest,
                                         std::string_view repository) {
  std::set<std::string> missing;
  for (size_t begin = 0; begin < manifest.files.size(); begin += kAskedAtOnce) {
    Json asked = Json::array(), sizes = Json::array();
    for (size_t i = begin; i < std::min(begin + kAskedAtOnce, manifest.files.size()); ++i) {
      asked.push_back(manifest.files[i].sha256.Hex());
      sizes.push_back(manifest.files[i].size);
    }
    Json body = {{"sha256", std::move(asked)}, {"sizes", std::move(sizes)}};
    if (!repository.empty()) body["for"] = repository;
    TRY(const Json answer, client.Post(fmt::format("{}/missing", blobs), body));
    for (const Json& hex : answer.value("missing", Json::array())) {
      if (hex.is_string()) missing.insert(hex.get<std::string>());
    }
  }
  return missing;
}

Status UploadPieces(ApiClient& client, const std::string& path, std::span<const std::byte> bytes,
                    const std::function<void(uint64_t)>& sent) {
  int refused = 0;
  while (true) {
    TRY(const Json begun, client.Get(path + "/pieces"));
    uint64_t at = begun.value("received", uint64_t{0});
    if (at > bytes.size()) at = 0;  // nobody's bytes: from the start
    const auto piece = bytes.subspan(at, std::min<uint64_t>(kPiece, bytes.size() - at));
    Status put =
        client.PutBytes(fmt::format("{}/pieces?size={}&offset={}", path, bytes.size(), at), TextOf(piece));
    // The server may not know yet that an earlier push of the same is dead.
    if (!put && put.error().code == ErrorCode::kConflict && refused < kPatience) {
      ++refused;
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      continue;
    }
    if (!put) return put;
    sent(at + piece.size());
    if (at + piece.size() == bytes.size()) return {};
  }
}

}  // namespace

Result<FolderFiles> FolderFiles::Read(const Path& folder) {
  FolderFiles read;
  std::vector<ManifestFile> files;
  std::error_code error;
  const Path whole = std::filesystem::canonical(folder, error);
  if (error) return SystemError(error.value(), "cannot read", folder);
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path().lexically_relative(folder).generic_string();
    if (path == ".git" || path == kPullFolder) it.disable_recursion_pending();
    if (path == kGitAttributes || path == ".git" || !it->is_regular_file()) continue;
    if (it->is_symlink()) TRY_STATUS(CheckLink(whole, it->path()));
    ManifestFile file{path, 0, {}};
    TRY(file.sha256, HashFile(it->path(), file.size));
    read.paths_.try_emplace(file.sha256, it->path());
    files.push_back(std::move(file));
  }
  if (error) return SystemError(error.value(), "cannot read", folder);
  if (files.empty()) return NotFound(fmt::format("{} holds no files", folder.string()));
  TRY(read.manifest_, Manifest::Make(std::move(files)));
  return read;
}

Result<std::shared_ptr<const MappedFile>> FolderFiles::Open(const Sha256Digest& digest) const {
  const auto found = paths_.find(digest);
  if (found == paths_.end()) return NotFound(fmt::format("no file with the sha256 {}", digest.Hex()));
  return MappedFile::Open(found->second);
}

Status UploadBlobs(ApiClient& client, std::string_view blobs, const BlobSource& source,
                   const Manifest& manifest, const TransferSink& progress, std::string_view repository) {
  TRY(std::set<std::string> missing, AskMissing(client, blobs, manifest, repository));
  TransferProgress shown;
  for (const ManifestFile& file : manifest.files) {
    if (missing.contains(file.sha256.Hex())) shown.total += file.size;
  }
  for (const ManifestFile& file : manifest.files) {
    const std::string hex = file.sha256.Hex();
    if (missing.erase(hex) == 0) continue;  // there, or sent under another path of the same bytes
    shown.file = file.path;
    const uint64_t before = shown.done;
    auto sent = [&](uint64_t bytes) {
      shown.done = before + bytes;
      if (progress) progress(shown);
    };
    TRY(const auto mapped, source.Open(file.sha256));
    const std::string path = fmt::format("{}/{}", blobs, hex);
    Status put = file.size > kPiece ? UploadPieces(client, path, mapped->bytes(), sent)
                                    : client.PutBytes(path, TextOf(mapped->bytes()));
    if (!put) return std::move(put).error().In(file.path);
    sent(file.size);
  }
  return {};
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
