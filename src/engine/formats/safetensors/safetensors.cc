#include "engine/formats/safetensors/safetensors.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "engine/formats/safetensors/header.h"

namespace sinter {
namespace {

constexpr size_t kLength = 8;  // of the little-endian number in front of the header

Result<Tensor> View(const std::shared_ptr<Buffer>& data, const SafetensorsEntry& entry) {
  const size_t size = DTypeSize(entry.dtype);
  if (entry.dtype == DType::kBool) {
    const std::span values(data->data() + entry.begin, entry.end - entry.begin);
    if (std::ranges::any_of(values, [](std::byte b) { return b > std::byte{1}; }))
      return Corrupt(fmt::format("tensor '{}': a boolean that is neither 0 nor 1", entry.name));
  }
  const auto address = reinterpret_cast<uintptr_t>(data->data()) + entry.begin;
  if (address % size == 0) return Tensor::View(data, entry.begin, entry.dtype, entry.dims);
  TRY(Tensor copy, Tensor::Create(entry.dtype, entry.dims));
  std::memcpy(copy.mutable_raw(), data->data() + entry.begin, entry.end - entry.begin);
  return copy;
}

}  // namespace

Result<Safetensors> ReadSafetensorsBytes(std::span<const std::byte> bytes,
                                         std::shared_ptr<const void> owner) {
  if (bytes.size() < kLength) return Corrupt(fmt::format("{} bytes are too few", bytes.size()));
  uint64_t length = 0;
  for (size_t i = 0; i < kLength; ++i) length |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  if (length > kSafetensorsLargestHeader)
    return Corrupt(
        fmt::format("the header claims {} bytes; at most {} are allowed", length, kSafetensorsLargestHeader));
  if (length > bytes.size() - kLength)
    return Corrupt(
        fmt::format("the header claims {} bytes, the file has {}", length, bytes.size() - kLength));
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + kLength, length);
  const std::span<const std::byte> data = bytes.subspan(kLength + length);
  TRY(SafetensorsHeader header, ParseSafetensorsHeader(json, data.size()));
  const auto buffer = Buffer::BorrowConst(data, std::move(owner));
  Safetensors contents;
  for (const SafetensorsEntry& entry : header.entries) {
    TRY(Tensor tensor, View(buffer, entry));
    contents.tensors.emplace(entry.name, std::move(tensor));
  }
  contents.metadata = std::move(header.metadata);
  return contents;
}

Result<Safetensors> ReadSafetensors(const Path& file) {
  TRY(const auto mapped, MappedFile::Open(file));
  auto contents = ReadSafetensorsBytes(mapped->bytes(), mapped);
  if (!contents) return std::move(contents).error().In(file.string());
  return contents;
}

Status WriteSafetensors(const Safetensors& contents, const Path& file) {
  std::vector<std::pair<std::string_view, const Tensor*>> order;
  for (const auto& [name, tensor] : contents.tensors) {
    if (SafetensorsDTypeName(tensor.dtype()).empty() || !tensor.encoding().IsPlain())
      return InvalidArgument(fmt::format("{}: tensor '{}': {} cannot be written as safetensors",
                                         file.string(), name, DTypeName(tensor.dtype())));
    if (name == "__metadata__")
      return InvalidArgument(fmt::format("{}: no tensor can be called __metadata__", file.string()));
    order.emplace_back(name, &tensor);
  }
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    const size_t wide = DTypeSize(a.second->dtype()), other = DTypeSize(b.second->dtype());
    return wide != other ? wide > other : a.first < b.first;
  });
  SafetensorsHeader header{{}, contents.metadata};
  uint64_t at = 0;
  for (const auto& [name, tensor] : order) {
    header.entries.push_back({std::string(name), tensor->dtype(), tensor->dims(), at, at + tensor->bytes()});
    at += tensor->bytes();
  }
  const std::string text = SafetensorsHeaderText(header);
  std::string length(kLength, '\0');
  for (size_t i = 0; i < kLength; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
  TRY(FileWriter writer, FileWriter::Create(file));
  TRY_STATUS(writer.Write(length));
  TRY_STATUS(writer.Write(text));
  for (const auto& [name, tensor] : order) TRY_STATUS(writer.Write({tensor->raw(), tensor->bytes()}));
  return writer.Publish();
}

}  // namespace sinter
