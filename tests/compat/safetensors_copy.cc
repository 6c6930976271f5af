// Reads a safetensors file and writes it again; prints what it held, a tensor or an entry of metadata a line.
//
//   usage: safetensors_copy FROM TO
#include <fmt/format.h>

#include "engine/formats/safetensors/safetensors.h"

namespace sinter {
namespace {

Status Copy(const Path& from, const Path& to) {
  TRY(const Safetensors held, ReadSafetensors(from));
  for (const auto& [name, tensor] : held.tensors)
    fmt::print("tensor {} {}{}\n", name, DTypeName(tensor.dtype()), DimsToString(tensor.dims()));
  for (const auto& [key, value] : held.metadata) fmt::print("metadata {} {}\n", key, value);
  return WriteSafetensors(held, to);
}

}  // namespace
}  // namespace sinter

int main(int count, char** words) {
  if (count != 3) {
    fmt::print(stderr, "usage: safetensors_copy FROM TO\n");
    return 2;
  }
  const sinter::Status copied = sinter::Copy(words[1], words[2]);
  if (!copied) fmt::print(stderr, "{}\n", copied.error().ToString());
  return copied ? 0 : 1;
}
