// Large blobs in parts, so that a broken upload goes on where it was.
//   PUT  /blobs/PART          each part, a blob of its own: a header, and the bytes from an offset on
//   POST /blobs/SHA256/join   {"parts":["...", ...]}, in order
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "platform/store/blob_store.h"

namespace sinter {

inline constexpr uint64_t kBlobPartBytes = uint64_t{16} << 20;  // of the whole, in each part but the last

// What stands in front of a part's bytes: of which blob it is one, and from where on. So no part is a blob
// that somebody else keeps, and it may go once it was joined.
std::string BlobPartHeader(const Sha256Digest& whole, uint64_t offset);

// The blob of the parts' bytes, verified. One that is there already is left as it is. Errors: kNotFound (a
// part is not there), kInvalidArgument (no part of this blob, or not the next one), kCorrupt (the bytes are
// not what the name says; the parts go then too: sent again they may be right).
Result<BlobInfo> JoinBlobParts(BlobStore& store, const Sha256Digest& whole, const Json& body);

}  // namespace sinter
