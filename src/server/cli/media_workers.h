// Foreign pictures are decoded in processes of their own, which have nothing to lose.
#pragma once

#include <memory>
#include <vector>

#include "base/file.h"
#include "platform/data/media_decoder.h"

namespace sinter {

struct MediaWorkers {
  std::vector<std::unique_ptr<MediaDecoder>> decoders;  // each with a process of its own, started when needed
  Status isolated;                                      // or why they run without bubblewrap
};

// A worker is this program's own `media-worker`: in bubblewrap, where it sees the program and /usr, has no
// network and may write nothing, within 3 GiB of memory. One that crashes, or takes more than a minute, costs
// the file that it was given: kCorrupt, saying how it ended. It ends with the decoder.
Result<MediaWorkers> StartMediaWorkers(int count);

// What a worker does: answers questions from the socket at `path` until it is closed. The exit code.
int MediaWorkerMain(const Path& path);

}  // namespace sinter
