// Manifests: only the canonical text is accepted, so that it is its own print; paths are safe to join.
#include "platform/hub/manifest.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Manifest manifest, ParseManifest(TextOf(input)));
  SINTER_CHECK(ManifestText(manifest) == TextOf(input));
  for (const ManifestFile& file : manifest.files) {
    SINTER_CHECK(manifest.Find(file.path) == &file);
    const Path joined = (Path("/folder") / file.path).lexically_normal();
    SINTER_CHECK(joined.string().starts_with("/folder/"));
  }
  return {};
}

}  // namespace

FuzzTarget ManifestTarget() { return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kUnsupported}}; }

}  // namespace sinter
