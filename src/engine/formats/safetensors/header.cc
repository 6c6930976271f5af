#include "engine/formats/safetensors/header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "engine/formats/safetensors/safetensors.h"

namespace sinter {
namespace {

struct Named {
  DType dtype;
  std::string_view name;
};
constexpr std::array kNames = {
    Named{DType::kF32, "F32"},   Named{DType::kF64, "F64"}, Named{DType::kF16, "F16"},
    Named{DType::kBF16, "BF16"}, Named{DType::kI8, "I8"},   Named{DType::kI16, "I16"},
    Named{DType::kI32, "I32"},   Named{DType::kI64, "I64"}, Named{DType::kU8, "U8"},
    Named{DType::kU16, "U16"},   Named{DType::kU32, "U32"}, Named{DType::kU64, "U64"},
    Named{DType::kBool, "BOOL"}};
constexpr std::string_view kMetadata = "__metadata__";

std::optional<DType> ParseName(std::string_view name) {
  for (const Named& n : kNames) {
    if (n.name == name) return n.dtype;
  }
  return std::nullopt;
}

Result<SafetensorsEntry> ParseEntry(const std::string& name, const Json& json, uint64_t data_bytes) {
  const std::string where = fmt::format("tensor '{}'", name);
  if (!json.is_object()) return Corrupt(where + ": an object is expected");
  JsonReader reader(json, where);
  const std::string dtype = reader.String("dtype");
  SafetensorsEntry entry;
  entry.name = name;
  entry.dims = reader.Ints("shape");
  const std::vector<int64_t> offsets = reader.Ints("data_offsets");
  reader.Array("shape");  // absent is no scalar
  if (Status read = reader.Finish(); !read) return Corrupt(read.error().message);
  const auto known = ParseName(dtype);
  if (!known)
    return Error{ErrorCode::kUnsupported, fmt::format("{}: dtype {} is not offered", where, dtype), ""};
  entry.dtype = *known;
  if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0])
    return Corrupt(where + ": data_offsets must be [begin, end]");
  entry.begin = static_cast<uint64_t>(offsets[0]);
  entry.end = static_cast<uint64_t>(offsets[1]);
  if (entry.end > data_bytes)
    return Corrupt(fmt::format("{}: ends at byte {}, the data has {}", where, entry.end, data_bytes));
  auto elements = CountElements(entry.dims);
  if (!elements) return Corrupt(fmt::format("{}: {}", where, elements.error().message));
  const uint64_t bytes = static_cast<uint64_t>(*elements) * DTypeSize(entry.dtype);
  if (bytes != entry.end - entry.begin)
    return Corrupt(fmt::format("{}: {}{} takes {} bytes, its data_offsets span {}", where, dtype,
                               DimsToString(entry.dims), bytes, entry.end - entry.begin));
  return entry;
}

}  // namespace

std::string_view SafetensorsDTypeName(DType dtype) {
  for (const Named& n : kNames) {
    if (n.dtype == dtype) return n.name;
  }
  return "";
}

Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json, uint64_t data_bytes) {
  auto parsed = ParseJson(json, {.bytes = kSafetensorsLargestHeader, .depth = 4});
  if (!parsed) return Corrupt("the header: " + parsed.error().message);
  if (!parsed->is_object()) return Corrupt("the header is no JSON object");
  SafetensorsHeader header;
  for (const auto& [name, value] : parsed->items()) {
    if (name == kMetadata) {
      if (!value.is_object()) return Corrupt("__metadata__: an object is expected");
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return Corrupt(fmt::format("__metadata__: '{}' must be a string", key));
        header.metadata.emplace(key, text.get<std::string>());
      }
      continue;
    }
    TRY(SafetensorsEntry entry, ParseEntry(name, value, data_bytes));
    header.entries.push_back(std::move(entry));
  }
  std::ranges::sort(header.entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  // Every byte belongs to one tensor: what nobody names could be anything.
  uint64_t at = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.begin != at)
      return Corrupt(fmt::format("tensor '{}' begins at byte {}, where {} was expected: {}", entry.name,
                                 entry.begin, at,
                                 entry.begin < at ? "tensors overlap" : "the data has a hole"));
    at = entry.end;
  }
  if (at != data_bytes) return Corrupt(fmt::format("{} bytes follow the last tensor", data_bytes - at));
  return header;
}

std::string SafetensorsHeaderText(const SafetensorsHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[std::string(kMetadata)] = header.metadata;
  for (const SafetensorsEntry& entry : header.entries)
    json[entry.name] = {{"dtype", SafetensorsDTypeName(entry.dtype)},
                        {"shape", entry.dims},
                        {"data_offsets", {entry.begin, entry.end}}};
  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace sinter
