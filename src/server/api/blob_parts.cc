#include "server/api/blob_parts.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {

std::string BlobPartHeader(const Sha256Digest& whole, uint64_t offset) {
  return fmt::format("sinter.part.v1 {} {}\n", whole.Hex(), offset);
}

Result<BlobInfo> JoinBlobParts(BlobStore& store, const Sha256Digest& whole, const Json& body) {
  JsonReader reader(body, "join");
  const std::vector<std::string> names = reader.Strings("parts");
  TRY_STATUS(reader.Finish());
  std::vector<Sha256Digest> parts;
  for (const std::string& name : names) {
    const auto digest = ParseSha256(name);
    if (!digest) return InvalidArgument(fmt::format("'{}' is no sha256", name.substr(0, 100)));
    parts.push_back(*digest);
  }
  const auto remove = [&] {
    for (const Sha256Digest& part : parts) (void)store.Remove(part);  // what stays is garbage, and swept
  };
  if (const auto size = store.Size(whole)) {
    // Only what is a part of this blob may go.
    for (uint64_t at = 0; const Sha256Digest& part : parts) {
      const auto mapped = store.Open(part);
      if (!mapped) break;
      const auto bytes = (*mapped)->bytes();
      const std::string header = BlobPartHeader(whole, at);
      if (!std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(header))
        break;
      at += bytes.size() - header.size();
      (void)store.Remove(part);
    }
    return BlobInfo{whole, *size};
  }
  TRY(BlobWriter writer, store.NewWriter());
  for (const Sha256Digest& part : parts) {
    TRY(const auto mapped, store.Open(part));
    const auto bytes = mapped->bytes();
    const std::string header = BlobPartHeader(whole, writer.size());
    if (!std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(header)) {
      return InvalidArgument(
          fmt::format("blob {} is no part of {} from byte {} on", part.Hex(), whole.Hex(), writer.size()));
    }
    TRY_STATUS(writer.Write(bytes.subspan(header.size())));
  }
  auto info = writer.Commit(whole);
  // A full disk is no reason to have the parts sent again.
  if (info || info.error().code == ErrorCode::kCorrupt) remove();
  return info;
}

}  // namespace sinter
