// The list of a backup's blobs: what is one prints as the same bytes.
#include "fuzz/targets.h"
#include "platform/hub/backup_folder.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const auto blobs, ParseBlobList(TextOf(input)));
  SINTER_CHECK(BlobListText(blobs) == TextOf(input));
  return {};
}

}  // namespace

FuzzTarget BlobListTarget() { return {&Run, {ErrorCode::kCorrupt}, 4096}; }

}  // namespace sinter
