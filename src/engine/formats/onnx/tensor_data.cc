#include "engine/formats/onnx/tensor_data.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace sinter {
namespace {

// `count` numbers that stand in typed fields of the message.
template <class From>
Status FillFrom(Tensor& to, const std::vector<From>& numbers) {
  if (static_cast<int64_t>(numbers.size()) != to.elements())
    return Corrupt(fmt::format("{} numbers for {} elements", numbers.size(), to.elements()));
  DispatchDType(to.dtype(), [&]<class T>() {
    T* out = to.mutable_data<T>().data();
    for (size_t i = 0; i < numbers.size(); ++i) {
      if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
        // Sixteen bits as they are, in an int32.
        const auto bits = static_cast<uint16_t>(static_cast<int64_t>(numbers[i]));
        out[i].bits = bits;
      } else if constexpr (std::is_same_v<T, bool>) {
        out[i] = numbers[i] != From(0);
      } else {
        out[i] = static_cast<T>(numbers[i]);
      }
    }
  });
  return {};
}

}  // namespace

Result<std::span<const std::byte>> OnnxTensorSource::External(const OnnxTensor& tensor, size_t bytes) {
  if (folder_.empty())
    return Unsupported("its data stands in another file, and this model was not read from a folder");
  const std::string location(tensor.location);
  const Path relative(location);
  const auto outside = [](const Path& part) { return part == ".."; };
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute() ||
      std::ranges::any_of(relative, outside)) {
    return Corrupt(fmt::format(
        "its data is said to stand in '{}', which must be a path inside the model's folder", location));
  }
  std::shared_ptr<const MappedFile>& file = files_[location];
  if (file == nullptr) {
    std::error_code error;
    const Path root = std::filesystem::canonical(folder_, error);
    const Path real = std::filesystem::canonical(folder_ / relative, error);
    if (error) return NotFound(fmt::format("its data file '{}' is not there", location));
    if (std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first != root.end())
      return Corrupt(fmt::format("its data file '{}' leads out of the model's folder", location));
    TRY(file, MappedFile::Open(real));
  }
  const auto all = file->bytes();
  if (tensor.length && *tensor.length != bytes)
    return Corrupt(fmt::format("its dims need {} bytes; its data is said to have {}", bytes, *tensor.length));
  if (tensor.offset > all.size() || bytes > all.size() - tensor.offset) {
    return Corrupt(fmt::format("its data should be bytes {} to {} of '{}', which has {}", tensor.offset,
                               tensor.offset + bytes, location, all.size()));
  }
  return all.subspan(static_cast<size_t>(tensor.offset), bytes);
}

Result<Tensor> OnnxTensorSource::Read(const OnnxTensor& source) {
  const DType dtype = DTypeOfOnnx(source.data_type);
  if (dtype == DType::kUndefined)
    return Unsupported(
        fmt::format("tensor '{}' has dtype {}, which is not offered", source.name, source.data_type));
  auto context = [&](Error error) {
    return std::move(error).In(
        fmt::format("tensor '{}' {}{}", source.name, DTypeName(dtype), DimsToString(source.dims)));
  };
  auto counted = CountElements(source.dims);
  if (!counted) return context(std::move(counted).error());
  if (dtype == DType::kString) {
    if (static_cast<int64_t>(source.strings.size()) != *counted)
      return context(Corrupt(fmt::format("{} strings", source.strings.size())));
    return Tensor::Strings(source.dims, {source.strings.begin(), source.strings.end()});
  }
  const size_t bytes = static_cast<size_t>(*counted) * DTypeSize(dtype);
  std::optional<std::span<const std::byte>> raw = source.raw;
  std::shared_ptr<const void> owner = owner_;
  if (source.external) {
    auto external = External(source, bytes);
    if (!external) return context(std::move(external).error());
    raw = *external;
    owner = files_[std::string(source.location)];
  }
  if (raw) {
    if (raw->size() != bytes)
      return context(Corrupt(fmt::format("needs {} bytes, and has {}", bytes, raw->size())));
    // Any other byte in a bool would be undefined behaviour wherever it is read.
    if (dtype == DType::kBool && std::ranges::any_of(*raw, [](std::byte b) { return b > std::byte{1}; }))
      return context(Corrupt("has a boolean that is neither 0 nor 1"));
    if (owner != nullptr && reinterpret_cast<uintptr_t>(raw->data()) % DTypeSize(dtype) == 0)
      return Tensor::View(Buffer::BorrowConst(*raw, owner), 0, dtype, source.dims);
    TRY(Tensor copy, Tensor::Create(dtype, source.dims));
    if (bytes > 0) std::memcpy(copy.mutable_raw(), raw->data(), bytes);
    return copy;
  }
  // Numbers in typed fields: as many as there are, before memory is taken for what the dims say.
  const size_t given = dtype == DType::kF32   ? source.floats.size()
                       : dtype == DType::kF64 ? source.doubles.size()
                                              : source.integers.size();
  if (static_cast<int64_t>(given) != *counted)
    return context(Corrupt(fmt::format("has {} numbers for {} elements", given, *counted)));
  TRY(Tensor tensor, Tensor::Create(dtype, source.dims));
  if (dtype == DType::kF32)
    TRY_STATUS(FillFrom(tensor, source.floats));
  else if (dtype == DType::kF64)
    TRY_STATUS(FillFrom(tensor, source.doubles));
  else
    TRY_STATUS(FillFrom(tensor, source.integers));
  return tensor;
}

}  // namespace sinter
