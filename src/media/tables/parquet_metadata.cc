#include "media/tables/parquet_metadata.h"

#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sinter {
namespace {

constexpr std::string_view kMagic = "PAR1", kEncryptedMagic = "PARE";
constexpr size_t kMostGroups = 1'000'000;

// SchemaElement, in the order of a walk that visits parents before their children.
struct Element {
  std::optional<ParquetType> type;  // absent: a group
  int32_t length = 0;
  int32_t repetition = 0;  // 0 required, 1 optional, 2 repeated
  std::string name;
  int32_t children = 0;
  int32_t converted = -1;
  ParquetMeaning meaning = ParquetMeaning::kNone;
  ParquetUnit unit = ParquetUnit::kMilliseconds;
  int32_t scale = 0;
};

template <class E>
Status Enum(ThriftReader& in, ThriftField field, int most, E& out) {
  TRY(const int64_t value, in.Int(field.type, 0, most));
  out = static_cast<E>(value);
  return {};
}

// The union TimeUnit: the field that is there says which.
Status ReadUnit(ThriftReader& in, ThriftField field, ParquetUnit& unit) {
  if (field.type != ThriftType::kStruct) return in.Skip(field.type);
  return in.Struct([&](ThriftField f) {
    if (f.id == 1) unit = ParquetUnit::kMilliseconds;
    if (f.id == 2) unit = ParquetUnit::kMicroseconds;
    if (f.id == 3) unit = ParquetUnit::kNanoseconds;
    return in.Skip(f.type);
  });
}

// The union LogicalType: the field that is there says which.
Status ReadLogicalType(ThriftReader& in, Element& element) {
  return in.Struct([&](ThriftField f) -> Status {
    if (f.type != ThriftType::kStruct) return in.Skip(f.type);
    switch (f.id) {
      case 1:   // string
      case 4:   // enum
      case 12:  // JSON
        element.meaning = ParquetMeaning::kText;
        break;
      case 5:
        element.meaning = ParquetMeaning::kDecimal;
        return in.Struct(
            [&](ThriftField d) { return d.id == 1 ? in.Int32(d, element.scale) : in.Skip(d.type); });
      case 6:
        element.meaning = ParquetMeaning::kDate;
        break;
      case 7:
      case 8:
        element.meaning = f.id == 7 ? ParquetMeaning::kTime : ParquetMeaning::kMoment;
        return in.Struct(
            [&](ThriftField d) { return d.id == 2 ? ReadUnit(in, d, element.unit) : in.Skip(d.type); });
      case 10: {
        bool is_signed = true;
        TRY_STATUS(
            in.Struct([&](ThriftField d) { return d.id == 2 ? in.Bool(d, is_signed) : in.Skip(d.type); }));
        if (!is_signed) element.meaning = ParquetMeaning::kUnsigned;
        return {};
      }
      case 15:
        element.meaning = ParquetMeaning::kHalf;
        break;
      default:
        break;
    }
    return in.Skip(f.type);
  });
}

// What older writers say instead of a logical type.
void ApplyConvertedType(Element& element) {
  switch (element.converted) {
    case 0:   // UTF8
    case 4:   // ENUM
    case 19:  // JSON
      element.meaning = ParquetMeaning::kText;
      break;
    case 5:
      element.meaning = ParquetMeaning::kDecimal;
      break;
    case 6:
      element.meaning = ParquetMeaning::kDate;
      break;
    case 7:
    case 8:
      element.meaning = ParquetMeaning::kTime;
      break;
    case 9:
    case 10:
      element.meaning = ParquetMeaning::kMoment;
      break;
    case 11:
    case 12:
    case 13:
    case 14:
      element.meaning = ParquetMeaning::kUnsigned;
      break;
    default:
      break;
  }
  if (element.converted == 8 || element.converted == 10) element.unit = ParquetUnit::kMicroseconds;
}

Result<Element> ReadElement(ThriftReader& in) {
  Element element;
  TRY_STATUS(in.Struct([&](ThriftField f) -> Status {
    switch (f.id) {
      case 1:
        return Enum(in, f, 7, element.type.emplace());
      case 2:
        return in.Int32(f, element.length);
      case 3:
        return Enum(in, f, 2, element.repetition);
      case 4: {
        TRY(const std::string_view name, in.Binary(f.type));
        if (!IsUtf8(name)) return Corrupt("the name of one of its columns is not UTF-8");
        element.name = name;
        return {};
      }
      case 5:
        return in.Int32(f, element.children);
      case 6:
        return in.Int32(f, element.converted);
      case 7:
        return in.Int32(f, element.scale);
      case 10:
        return f.type == ThriftType::kStruct ? ReadLogicalType(in, element) : in.Skip(f.type);
      default:
        return in.Skip(f.type);
    }
  }));
  if (element.meaning == ParquetMeaning::kNone) ApplyConvertedType(element);
  return element;
}

Status CheckLeaf(const ParquetLeaf& leaf) {
  const auto wrong = [&](std::string_view what) {
    return Corrupt(fmt::format("column '{}': {}", leaf.name, what));
  };
  if (leaf.type == ParquetType::kFixedLenByteArray && (leaf.length < 1 || leaf.length > 1 << 20))
    return wrong(fmt::format("values of {} bytes", leaf.length));
  if (leaf.meaning == ParquetMeaning::kDecimal && (leaf.scale < 0 || leaf.scale > 308))
    return wrong(fmt::format("a decimal of scale {}", leaf.scale));
  if (leaf.meaning == ParquetMeaning::kHalf &&
      (leaf.type != ParquetType::kFixedLenByteArray || leaf.length != 2))
    return wrong("16-bit floats that do not have two bytes");
  return {};
}

// From the list of elements to its leaves: each group on the stack still lacks `left` children.
Result<std::vector<ParquetLeaf>> Leaves(const std::vector<Element>& elements) {
  struct Group {
    std::string prefix;
    int definition;
    bool repeated;
    int32_t left;
  };
  if (elements.empty() || elements[0].type) return Corrupt("its schema has no root");
  std::vector<Group> open{{"", 0, false, elements[0].children}};
  std::vector<ParquetLeaf> leaves;
  for (size_t i = 1; i < elements.size(); ++i) {
    while (!open.empty() && open.back().left == 0) open.pop_back();
    if (open.empty()) return Corrupt("its schema goes on after its end");
    --open.back().left;
    const Element& element = elements[i];
    const Group& parent = open.back();
    const int definition = parent.definition + (element.repetition == 0 ? 0 : 1);
    const bool repeated = parent.repeated || element.repetition == 2;
    std::string name = parent.prefix + element.name;
    if (!element.type) {
      if (element.children < 0 || open.size() > 32) return Corrupt("its schema nests too deep or too little");
      open.push_back({std::move(name) + ".", definition, repeated, element.children});
      continue;
    }
    leaves.push_back({std::move(name), *element.type, element.length, definition, repeated, element.meaning,
                      element.unit, element.scale});
    TRY_STATUS(CheckLeaf(leaves.back()));
  }
  for (const Group& group : open)
    if (group.left != 0) return Corrupt("its schema lacks columns that it announces");
  return leaves;
}

struct RawChunk {
  ParquetChunk chunk;
  int32_t type = -1;
  int64_t data_page = 0, dictionary_page = 0, bytes = 0;
  bool elsewhere = false, has_metadata = false, encrypted = false;
};

Result<RawChunk> ReadChunk(ThriftReader& in) {
  RawChunk raw;
  TRY_STATUS(in.Struct([&](ThriftField f) -> Status {
    if (f.id == 1) raw.elsewhere = true;
    if (f.id == 8 || f.id == 9) raw.encrypted = true;
    if (f.id != 3 || f.type != ThriftType::kStruct) return in.Skip(f.type);
    raw.has_metadata = true;
    return in.Struct([&](ThriftField m) -> Status {
      switch (m.id) {
        case 1:
          return in.Int32(m, raw.type);
        case 4:
          return Enum(in, m, 7, raw.chunk.codec);
        case 5:
          return in.Int64(m, raw.chunk.values);
        case 7:
          return in.Int64(m, raw.bytes);
        case 9:
          return in.Int64(m, raw.data_page);
        case 11:
          return in.Int64(m, raw.dictionary_page);
        default:
          return in.Skip(m.type);
      }
    });
  }));
  return raw;
}

// `data_end`: where the footer begins.
Status CheckChunk(const ParquetLeaf& leaf, int64_t rows, uint64_t data_end, RawChunk& raw) {
  const auto wrong = [&](std::string_view what) {
    return Corrupt(fmt::format("column '{}': {}", leaf.name, what));
  };
  if (raw.elsewhere)
    return Unsupported(fmt::format("column '{}' stands in another file", leaf.name), "write it as one file");
  if (raw.encrypted) return Unsupported(fmt::format("column '{}' is encrypted", leaf.name));
  if (!raw.has_metadata) return wrong("nothing is said of where it stands");
  if (raw.type != static_cast<int32_t>(leaf.type))
    return wrong("its pages have another type than the schema");
  if (raw.chunk.values < 0 || (!leaf.repeated && raw.chunk.values != rows))
    return wrong(fmt::format("{} values for {} rows", raw.chunk.values, rows));
  if (rows == 0) return {};  // no page of it is read; its place may be nonsense
  // Some writers say 0 where there is no dictionary.
  const int64_t begin =
      raw.dictionary_page > 0 && raw.dictionary_page < raw.data_page ? raw.dictionary_page : raw.data_page;
  if (begin < 4 || raw.bytes < 0 || static_cast<uint64_t>(begin) > data_end ||
      static_cast<uint64_t>(raw.bytes) > data_end - static_cast<uint64_t>(begin))
    return wrong(fmt::format("its {} bytes at {} do not lie in the file", raw.bytes, begin));
  raw.chunk.begin = static_cast<uint64_t>(begin);
  raw.chunk.end = raw.chunk.begin + static_cast<uint64_t>(raw.bytes);
  return {};
}

Result<ParquetRowGroup> ReadGroup(ThriftReader& in, const std::vector<ParquetLeaf>& leaves,
                                  uint64_t data_end) {
  ParquetRowGroup group;
  std::vector<RawChunk> chunks;
  TRY_STATUS(in.Struct([&](ThriftField f) -> Status {
    if (f.id == 3) return in.Int64(f, group.rows);
    if (f.id != 1) return in.Skip(f.type);
    return in.List(f, [&](ThriftType type) -> Status {
      if (type != ThriftType::kStruct || chunks.size() == leaves.size())
        return Corrupt("a row group does not have the schema's columns");
      TRY(RawChunk chunk, ReadChunk(in));
      chunks.push_back(chunk);
      return {};
    });
  }));
  if (group.rows < 0) return Corrupt(fmt::format("a row group of {} rows", group.rows));
  if (chunks.size() != leaves.size()) return Corrupt("a row group does not have the schema's columns");
  group.chunks.reserve(chunks.size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    TRY_STATUS(CheckChunk(leaves[i], group.rows, data_end, chunks[i]));
    group.chunks.push_back(chunks[i].chunk);
  }
  return group;
}

// Where the footer's metadata begin and end.
Result<std::pair<size_t, size_t>> FooterRange(std::span<const std::byte> file) {
  const auto word = [&](size_t at) {
    return std::string_view(reinterpret_cast<const char*>(file.data()) + at, 4);
  };
  if (file.size() < 12 || word(0) != kMagic) return Corrupt("it does not begin as a Parquet file does");
  const std::string_view last = word(file.size() - 4);
  if (last == kEncryptedMagic) return Unsupported("its footer is encrypted");
  if (last != kMagic) return Corrupt("it does not end as a Parquet file does: it is cut off");
  uint32_t length = 0;
  for (size_t i = 4; i-- > 0;) length = length << 8 | std::to_integer<uint32_t>(file[file.size() - 8 + i]);
  if (length > file.size() - 12)
    return Corrupt(fmt::format("its footer is said to have {} bytes; the file has {}", length, file.size()));
  return std::pair(file.size() - 8 - length, file.size() - 8);
}

}  // namespace

Result<ParquetMetadata> ReadParquetMetadata(std::span<const std::byte> file) {
  TRY(const auto range, FooterRange(file));
  ThriftReader in(file.subspan(range.first, range.second - range.first));
  ParquetMetadata metadata;
  std::vector<Element> elements;
  bool schema = false;
  TRY_STATUS(in.Struct([&](ThriftField f) -> Status {
    if (f.id == 2) {
      TRY_STATUS(in.List(f, [&](ThriftType type) -> Status {
        if (type != ThriftType::kStruct) return Corrupt("its schema is no list of columns");
        if (elements.size() > 2 * kParquetColumns)
          return Unsupported(fmt::format("it has more than {} columns", kParquetColumns));
        TRY(Element element, ReadElement(in));
        elements.push_back(std::move(element));
        return {};
      }));
      TRY(metadata.leaves, Leaves(elements));
      schema = true;
      return {};
    }
    if (f.id == 3) return in.Int64(f, metadata.rows);
    if (f.id == 8) return Unsupported("it is encrypted");
    if (f.id != 4) return in.Skip(f.type);
    if (!schema) return Corrupt("its rows stand before its schema");  // every writer numbers them so
    return in.List(f, [&](ThriftType type) -> Status {
      if (type != ThriftType::kStruct || metadata.groups.size() == kMostGroups)
        return Corrupt("its row groups are none, or too many");
      TRY(ParquetRowGroup group, ReadGroup(in, metadata.leaves, range.first));
      metadata.groups.push_back(std::move(group));
      return {};
    });
  }));
  if (!schema) return Corrupt("its schema is missing");
  if (metadata.leaves.size() > kParquetColumns)
    return Unsupported(fmt::format("it has more than {} columns", kParquetColumns));
  // Subtracted, so that rows that lie cannot overflow.
  int64_t left = metadata.rows;
  for (const ParquetRowGroup& group : metadata.groups) {
    if (group.rows > left) return Corrupt("its row groups have more rows than the file");
    left -= group.rows;
  }
  if (left != 0) return Corrupt(fmt::format("its row groups lack {} rows", left));
  return metadata;
}

namespace {

// Of data and of dictionaries, whose third field says something else.
Status ReadPlainPage(ThriftReader& in, ParquetPageHeader& page, bool dictionary) {
  return in.Struct([&](ThriftField f) -> Status {
    switch (f.id) {
      case 1:
        return in.Int64(f, page.values);
      case 2:
        return Enum(in, f, 9, page.encoding);
      case 3:
        return dictionary ? in.Skip(f.type) : Enum(in, f, 9, page.definition_encoding);
      default:
        return in.Skip(f.type);
    }
  });
}

Status ReadDataPageV2(ThriftReader& in, ParquetPageHeader& page) {
  return in.Struct([&](ThriftField f) -> Status {
    switch (f.id) {
      case 1:
        return in.Int64(f, page.values);
      case 4:
        return Enum(in, f, 9, page.encoding);
      case 5:
        return Enum(in, f, INT32_MAX, page.definition_bytes);
      case 6:
        return Enum(in, f, INT32_MAX, page.repetition_bytes);
      case 7:
        return in.Bool(f, page.compressed);
      default:
        return in.Skip(f.type);
    }
  });
}

}  // namespace

Result<ParquetPageHeader> ReadParquetPageHeader(std::span<const std::byte> bytes) {
  ThriftReader in(bytes);
  ParquetPageHeader page;
  int described = 0;  // the number of the field that describes it
  TRY_STATUS(in.Struct([&](ThriftField f) -> Status {
    switch (f.id) {
      case 1:
        return Enum(in, f, 3, page.kind);
      case 2:
        return Enum(in, f, INT32_MAX, page.uncompressed_bytes);
      case 3:
        return Enum(in, f, INT32_MAX, page.bytes);
      case 5:
      case 7:
      case 8:
        if (f.type != ThriftType::kStruct) return in.Skip(f.type);
        if (described != 0) return Corrupt("a page is described twice");
        described = f.id;
        return f.id == 8 ? ReadDataPageV2(in, page) : ReadPlainPage(in, page, f.id == 7);
      default:
        return in.Skip(f.type);
    }
  }));
  page.header_bytes = in.offset();
  constexpr int kDescribedBy[] = {5, 6, 7, 8};  // by kind
  if (page.kind != ParquetPageHeader::Kind::kIndex && described != kDescribedBy[static_cast<int>(page.kind)])
    return Corrupt("a page is not described");
  if (page.values < 0) return Corrupt(fmt::format("a page of {} values", page.values));
  if (page.bytes > bytes.size() - page.header_bytes)
    return Corrupt(
        fmt::format("a page of {} bytes where {} are left", page.bytes, bytes.size() - page.header_bytes));
  return page;
}

}  // namespace sinter
