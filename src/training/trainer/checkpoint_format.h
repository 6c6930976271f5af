// How a checkpoint is written: one blob a state, named by its sha256, and a manifest that lists them. It
// knows nothing of ranks: any number of them may resume it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "training/trainer/sinks.h"

namespace sinter {

// {"format","step","states":[{"name","dtype","dims","sha256"}]}, sorted by name.
struct CheckpointManifest {
  std::string text;
  std::vector<std::pair<std::string, const Tensor*>> blobs;  // sha256 in hex, and the tensor that it names
};
CheckpointManifest DescribeCheckpoint(const Checkpoint& checkpoint);

// `blob` gives the bytes of a digest, which are verified. Errors: a manifest that is none, blobs that do not
// verify or are not as long as the manifest says.
Result<Checkpoint> ReadCheckpoint(std::string_view manifest,
                                  const std::function<Result<std::string>(const std::string& sha256)>& blob);

}  // namespace sinter
