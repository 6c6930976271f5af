#include "platform/hub/manifest.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/utf8.h"

namespace sinter {
namespace {

constexpr std::string_view kFormat = "sinter.manifest.v1";

}  // namespace

const ManifestFile* Manifest::Find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(files, path, {}, &ManifestFile::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

Result<Manifest> Manifest::Make(std::vector<ManifestFile> files) {
  if (files.size() > kManifestFiles) {
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("a version of {} files; {} are the most", files.size(), kManifestFiles),
                 "pack small files into larger ones"};
  }
  for (ManifestFile& file : files) {
    if (!IsUtf8(file.path)) return InvalidArgument("a path is not UTF-8");
    TRY(file.path, NormalisePath(file.path));
  }
  std::ranges::sort(files, {}, &ManifestFile::path);
  Manifest manifest{std::move(files)};
  for (size_t i = 0; i < manifest.files.size(); ++i) {
    const std::string& path = manifest.files[i].path;
    if (i > 0 && manifest.files[i - 1].path == path) {
      return InvalidArgument(fmt::format("the path '{}' stands twice", path));
    }
    for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      if (manifest.Find(std::string_view(path).substr(0, slash)) != nullptr) {
        return InvalidArgument(
            fmt::format("'{}' is a file and the folder of '{}'", path.substr(0, slash), path));
      }
    }
  }
  return manifest;
}

std::string ManifestText(const Manifest& manifest) {
  Json files = Json::array();
  for (const ManifestFile& file : manifest.files) {
    files.push_back({{"path", file.path}, {"sha256", file.sha256.Hex()}, {"size", file.size}});
  }
  return Json{{"files", std::move(files)}, {"format", kFormat}}.dump();
}

Result<Manifest> ParseManifest(std::string_view text) {
  auto parsed = ParseJson(text, {.bytes = kManifestLimit, .depth = 4});
  if (!parsed) return std::move(parsed).error().In("manifest");
  JsonReader reader(*parsed, "manifest");
  const std::string format = reader.String("format");
  std::vector<ManifestFile> files;
  for (const Json& item : reader.Array("files")) {
    JsonReader entry(item, fmt::format("manifest: files[{}]", files.size()));
    ManifestFile file{entry.String("path"), 0, {}};
    const int64_t size = entry.Int("size");
    const auto digest = ParseSha256(entry.String("sha256"));
    if (size < 0) entry.Fail("size", "must not be negative");
    if (!digest) entry.Fail("sha256", "must be 64 lower-case hexadecimal digits");
    TRY_STATUS(entry.Finish());
    file.size = static_cast<uint64_t>(size);
    file.sha256 = *digest;
    files.push_back(std::move(file));
  }
  TRY_STATUS(reader.Finish());
  if (format != kFormat) {
    return Unsupported(
        fmt::format("manifest: format '{}'; this program reads {}", format.substr(0, 64), kFormat));
  }
  auto manifest = Manifest::Make(std::move(files));
  if (!manifest) return std::move(manifest).error().In("manifest");
  if (ManifestText(*manifest) != text) {
    return InvalidArgument("manifest: not in canonical form",
                           "sort files by path and keys by name, no spaces");
  }
  return manifest;
}

Sha256Digest VersionId(const Manifest& manifest) { return HashText(ManifestText(manifest)); }

Result<Sha256Digest> PutManifest(BlobStore& store, const Manifest& manifest) {
  TRY(const Manifest checked, Manifest::Make(manifest.files));
  const std::string text = ManifestText(checked);
  for (const ManifestFile& file : manifest.files) {
    auto size = store.Use(file.sha256);
    if (!size) return std::move(size).error().In(fmt::format("file '{}'", file.path));
    if (*size != file.size) {
      return InvalidArgument(fmt::format("file '{}': the manifest says {} bytes, sha256:{} has {}", file.path,
                                         file.size, file.sha256.Hex(), *size));
    }
  }
  TRY(const BlobInfo info, store.Put(text));
  return info.digest;
}

Result<Manifest> ReadManifest(const BlobSource& store, const Sha256Digest& version) {
  TRY(const auto blob, store.Open(version));
  return ParseManifest({reinterpret_cast<const char*>(blob->bytes().data()), blob->bytes().size()});
}

}  // namespace sinter
