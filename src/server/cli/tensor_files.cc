#include "server/cli/tensor_files.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "media/tables/npy.h"

namespace sinter {
namespace {

struct Named {
  NpyType type;
  DType dtype;
};
constexpr std::array<Named, 12> kTypes = {{{{'f', 4}, DType::kF32},
                                           {{'f', 8}, DType::kF64},
                                           {{'f', 2}, DType::kF16},
                                           {{'i', 1}, DType::kI8},
                                           {{'i', 2}, DType::kI16},
                                           {{'i', 4}, DType::kI32},
                                           {{'i', 8}, DType::kI64},
                                           {{'u', 1}, DType::kU8},
                                           {{'u', 2}, DType::kU16},
                                           {{'u', 4}, DType::kU32},
                                           {{'u', 8}, DType::kU64},
                                           {{'b', 1}, DType::kBool}}};

Result<Tensor> FromArray(const NpyArray& array) {
  for (const Named& known : kTypes) {
    if (!(known.type == array.type)) continue;
    TRY(Tensor tensor, Tensor::Create(known.dtype, array.shape));
    if (!array.bytes.empty()) std::memcpy(tensor.mutable_raw(), array.bytes.data(), array.bytes.size());
    // A bool is 0 or 1 in memory, whatever a file says.
    if (known.dtype == DType::kBool) {
      for (size_t i = 0; i < array.bytes.size(); ++i)
        tensor.mutable_raw()[i] = array.bytes[i] == std::byte{0} ? std::byte{0} : std::byte{1};
    }
    return tensor;
  }
  return Unsupported(fmt::format("there are no tensors of {}", array.type.ToString()));
}

Result<Tensor> Widened(const Tensor& tensor) {
  TRY(Tensor wide, Tensor::Create(DType::kF32, tensor.dims()));
  const auto from = tensor.data<BFloat16>();
  auto to = wide.mutable_data<float>();
  for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<float>(from[i]);
  return wide;
}

}  // namespace

Result<Tensor> ReadNpyFile(const Path& file) {
  TRY(const auto mapped, MappedFile::Open(file));
  auto array = DecodeNpy(mapped->bytes());
  if (!array) return std::move(array).error().In(file.string());
  auto tensor = FromArray(*array);
  if (!tensor) return std::move(tensor).error().In(file.string());
  return tensor;
}

Status WriteNpyFile(const Path& file, const Tensor& given) {
  Tensor tensor = given;
  if (given.dtype() == DType::kBF16 && given.encoding().IsPlain()) {
    TRY(tensor, Widened(given));
  }
  for (const Named& known : kTypes) {
    if (known.dtype != tensor.dtype() || !tensor.encoding().IsPlain()) continue;
    TRY(FileWriter writer, FileWriter::Create(file));
    TRY_STATUS(writer.Write(NpyHeader(known.type, tensor.dims())));
    TRY_STATUS(writer.Write(std::span(tensor.raw(), tensor.bytes())));
    return writer.Publish();
  }
  return Unsupported(fmt::format("{}: {} cannot be written as NPY", file.string(), tensor.type().ToString()));
}

}  // namespace sinter
