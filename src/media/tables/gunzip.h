// gzip, undone as it is read: bounded memory, checksums verified.
#pragma once

#include <memory>

#include "base/stream.h"

namespace sinter {

// The decompressed bytes of `source` where it starts with gzip's magic, else its own bytes. A damaged or
// truncated stream is kCorrupt; several members in a row are one stream, as gzip(1) has it; anything else
// after the last one is kCorrupt. Memory: some 100 KiB, whatever the stream claims.
Result<std::unique_ptr<ByteSource>> MaybeGunzip(std::unique_ptr<ByteSource> source);

}  // namespace sinter
