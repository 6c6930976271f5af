// Checkpoints. The first line is the manifest, the rest the bytes of the only blob in the store: what is
// accepted, described and read again is equal.
#include "fuzz/targets.h"
#include "training/trainer/checkpoint_format.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto [text, bytes] = FirstLine(TextOf(input));
  const std::string digest = HashText(bytes).Hex();
  auto only = [&, bytes = bytes](const std::string& sha256) -> Result<std::string> {
    if (sha256 == "damaged") return std::string(bytes);
    if (sha256 != digest) return NotFound("no such blob");
    return std::string(bytes);
  };
  TRY(const Checkpoint checkpoint, ReadCheckpoint(text, only));
  const CheckpointManifest written = DescribeCheckpoint(checkpoint);
  const auto again = ReadCheckpoint(written.text, only);
  SINTER_CHECK(again.has_value() && again->step == checkpoint.step);
  SINTER_CHECK(again->states.size() == checkpoint.states.size());
  for (const auto& [name, tensor] : checkpoint.states) SINTER_CHECK(again->states.at(name).SameAs(tensor));
  return {};
}

}  // namespace

FuzzTarget CheckpointTarget() {
  return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kCorrupt, ErrorCode::kNotFound}};
}

}  // namespace sinter
