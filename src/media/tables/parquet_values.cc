#include "media/tables/parquet_values.h"

#include <bit>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "media/tables/parquet_bits.h"

namespace sinter {
namespace {

Error CutOff() { return Corrupt("a page ends before its values do"); }

std::string_view View(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
T Little(const std::byte* at) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// Bytes of one value; 0: lengths differ.
size_t Width(const ParquetLeaf& leaf) {
  switch (leaf.type) {
    case ParquetType::kInt32:
    case ParquetType::kFloat:
      return 4;
    case ParquetType::kInt64:
    case ParquetType::kDouble:
      return 8;
    case ParquetType::kInt96:
      return 12;
    case ParquetType::kFixedLenByteArray:
      return static_cast<size_t>(leaf.length);
    case ParquetType::kBoolean:
    case ParquetType::kByteArray:
      break;
  }
  return 0;
}

void Append(ParquetType type, const std::byte* at, size_t width, RawParquetValues& out) {
  switch (type) {
    case ParquetType::kInt32:
      out.ints.push_back(Little<int32_t>(at));
      break;
    case ParquetType::kInt64:
      out.ints.push_back(Little<int64_t>(at));
      break;
    case ParquetType::kFloat:
      out.reals.push_back(Little<float>(at));
      break;
    case ParquetType::kDouble:
      out.reals.push_back(Little<double>(at));
      break;
    default:
      out.bytes.push_back(View({at, width}));
      break;
  }
}

class FixedDecoder final : public ParquetDecoder {
 public:
  FixedDecoder(const ParquetLeaf& leaf, std::span<const std::byte> bytes)
      : type_(leaf.type), width_(Width(leaf)), rest_(bytes) {}
  Status Read(size_t count, RawParquetValues& out) override {
    if (count > rest_.size() / width_) return CutOff();
    for (size_t i = 0; i < count; ++i) Append(type_, rest_.data() + i * width_, width_, out);
    rest_ = rest_.subspan(count * width_);
    return {};
  }

 private:
  ParquetType type_;
  size_t width_;
  std::span<const std::byte> rest_;
};

class BooleanDecoder final : public ParquetDecoder {
 public:
  explicit BooleanDecoder(std::span<const std::byte> bytes) : in_(bytes) {}
  Status Read(size_t count, RawParquetValues& out) override {
    for (size_t i = 0; i < count; ++i) {
      TRY(const uint64_t bit, in_.Bits(1));
      out.ints.push_back(static_cast<int64_t>(bit));
    }
    return {};
  }

 private:
  BitReader in_;
};

class BooleanRunsDecoder final : public ParquetDecoder {
 public:
  explicit BooleanRunsDecoder(std::span<const std::byte> bytes) : in_(bytes, 1) {}
  Status Read(size_t count, RawParquetValues& out) override {
    for (size_t i = 0; i < count; ++i) {
      TRY(const uint32_t bit, in_.Next());
      out.ints.push_back(bit);
    }
    return {};
  }

 private:
  ParquetHybrid in_;
};

// Each value's length in four bytes before it.
class BytesDecoder final : public ParquetDecoder {
 public:
  explicit BytesDecoder(std::span<const std::byte> bytes) : rest_(bytes) {}
  Status Read(size_t count, RawParquetValues& out) override {
    for (size_t i = 0; i < count; ++i) {
      if (rest_.size() < 4) return CutOff();
      const auto length = Little<uint32_t>(rest_.data());
      if (length > rest_.size() - 4) return CutOff();
      out.bytes.push_back(View(rest_.subspan(4, length)));
      rest_ = rest_.subspan(4 + size_t{length});
    }
    return {};
  }

 private:
  std::span<const std::byte> rest_;
};

class DictionaryDecoder final : public ParquetDecoder {
 public:
  DictionaryDecoder(std::span<const std::byte> bytes, int width, const RawParquetValues& dictionary)
      : in_(bytes, width), dictionary_(dictionary) {}
  Status Read(size_t count, RawParquetValues& out) override {
    for (size_t i = 0; i < count; ++i) {
      TRY(const uint32_t index, in_.Next());
      if (index >= dictionary_.size())
        return Corrupt(fmt::format("entry {} of a dictionary of {}", index, dictionary_.size()));
      if (!dictionary_.ints.empty())
        out.ints.push_back(dictionary_.ints[index]);
      else if (!dictionary_.reals.empty())
        out.reals.push_back(dictionary_.reals[index]);
      else
        out.bytes.push_back(dictionary_.bytes[index]);
    }
    return {};
  }

 private:
  ParquetHybrid in_;
  const RawParquetValues& dictionary_;
};

class DeltaDecoder final : public ParquetDecoder {
 public:
  DeltaDecoder(const ParquetDelta& in, ParquetType type) : in_(in), type_(type) {}
  Status Read(size_t count, RawParquetValues& out) override {
    for (size_t i = 0; i < count; ++i) {
      TRY(const int64_t value, in_.Next());
      // Differences of 32-bit values wrap round at 32 bits.
      out.ints.push_back(type_ == ParquetType::kInt32 ? static_cast<int32_t>(value) : value);
    }
    return {};
  }

 private:
  ParquetDelta in_;
  ParquetType type_;
};

// All lengths first, then all bytes.
class DeltaLengthDecoder final : public ParquetDecoder {
 public:
  static Result<std::unique_ptr<DeltaLengthDecoder>> Open(std::span<const std::byte> bytes) {
    TRY(const ParquetDelta lengths, ParquetDelta::Open(bytes));
    ParquetDelta ahead = lengths;
    TRY(const size_t end, ahead.SkipToEnd());
    return std::unique_ptr<DeltaLengthDecoder>(new DeltaLengthDecoder(lengths, bytes.subspan(end)));
  }
  Result<std::string_view> Next() {
    TRY(const int64_t length, lengths_.Next());
    if (length < 0 || static_cast<uint64_t>(length) > rest_.size()) return CutOff();
    const std::string_view text = View(rest_.first(static_cast<size_t>(length)));
    rest_ = rest_.subspan(text.size());
    return text;
  }
  Status Read(size_t count, RawParquetValues& out) override {
    for (size_t i = 0; i < count; ++i) {
      TRY(const std::string_view text, Next());
      out.bytes.push_back(text);
    }
    return {};
  }
  int64_t left() const { return lengths_.left(); }

 private:
  DeltaLengthDecoder(const ParquetDelta& lengths, std::span<const std::byte> rest)
      : lengths_(lengths), rest_(rest) {}
  ParquetDelta lengths_;
  std::span<const std::byte> rest_;
};

// How much each value shares with the one before, then what is its own. Unfolded at once, so that views last.
class DeltaBytesDecoder final : public ParquetDecoder {
 public:
  static Result<std::unique_ptr<DeltaBytesDecoder>> Open(const ParquetLeaf& leaf,
                                                         std::span<const std::byte> bytes) {
    TRY(ParquetDelta shared, ParquetDelta::Open(bytes));
    ParquetDelta ahead = shared;
    TRY(const size_t end, ahead.SkipToEnd());
    TRY(const auto suffixes, DeltaLengthDecoder::Open(bytes.subspan(end)));
    if (suffixes->left() != shared.left())
      return Corrupt("shared beginnings and rests do not match in number");
    auto decoder = std::make_unique<DeltaBytesDecoder>();
    size_t before = 0;  // length of the value before, which ends the text
    while (shared.left() > 0) {
      TRY(const int64_t prefix, shared.Next());
      TRY(const std::string_view suffix, suffixes->Next());
      if (prefix < 0 || static_cast<uint64_t>(prefix) > before)
        return Corrupt("a value shares more than there is");
      const size_t length = static_cast<size_t>(prefix) + suffix.size();
      if (leaf.type == ParquetType::kFixedLenByteArray && length != static_cast<size_t>(leaf.length))
        return Corrupt(fmt::format("a value of {} bytes where each has {}", length, leaf.length));
      std::string& text = decoder->text_;
      if (length > kParquetPage - text.size() || decoder->ends_.size() > kParquetPage / sizeof(size_t))
        return Error{ErrorCode::kResourceExhausted,
                     fmt::format("a page unfolds to more than {} MiB", kParquetPage >> 20),
                     "write it with smaller pages"};
      text.append(text, text.size() - before, static_cast<size_t>(prefix));
      text.append(suffix);
      decoder->ends_.push_back(text.size());
      before = length;
    }
    return decoder;
  }
  Status Read(size_t count, RawParquetValues& out) override {
    if (count > ends_.size() - next_) return CutOff();
    for (size_t i = 0; i < count; ++i, ++next_) {
      const size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
      out.bytes.push_back(std::string_view(text_).substr(begin, ends_[next_] - begin));
    }
    return {};
  }

 private:
  std::string text_;
  std::vector<size_t> ends_;
  size_t next_ = 0;
};

// The first bytes of all values, then the second ones, ...
class SplitDecoder final : public ParquetDecoder {
 public:
  SplitDecoder(const ParquetLeaf& leaf, std::span<const std::byte> bytes) : fixed_(leaf, {}) {
    const size_t width = Width(leaf), count = bytes.size() / width;
    joined_.resize(count * width);
    for (size_t b = 0; b < width; ++b)
      for (size_t i = 0; i < count; ++i) joined_[i * width + b] = bytes[b * count + i];
    fixed_ = FixedDecoder(leaf, joined_);
  }
  Status Read(size_t count, RawParquetValues& out) override { return fixed_.Read(count, out); }

 private:
  std::vector<std::byte> joined_;
  FixedDecoder fixed_;
};

using Made = Result<std::unique_ptr<ParquetDecoder>>;

Made Plain(const ParquetLeaf& leaf, std::span<const std::byte> bytes) {
  if (leaf.type == ParquetType::kBoolean) return std::make_unique<BooleanDecoder>(bytes);
  if (leaf.type == ParquetType::kByteArray) return std::make_unique<BytesDecoder>(bytes);
  return std::make_unique<FixedDecoder>(leaf, bytes);
}

Made BooleanRuns(std::span<const std::byte> bytes) {
  if (bytes.size() < 4) return CutOff();
  const auto length = Little<uint32_t>(bytes.data());
  if (length > bytes.size() - 4) return CutOff();
  return std::make_unique<BooleanRunsDecoder>(bytes.subspan(4, length));
}

Made Indexes(std::span<const std::byte> bytes, const RawParquetValues* dictionary) {
  if (dictionary == nullptr) return Corrupt("a page needs a dictionary, and there is none");
  // A page of absent values alone may be empty.
  if (bytes.empty()) return std::make_unique<DictionaryDecoder>(bytes, 0, *dictionary);
  const int width = std::to_integer<int>(bytes[0]);
  if (width > 32) return Corrupt(fmt::format("a dictionary's indexes of {} bits", width));
  return std::make_unique<DictionaryDecoder>(bytes.subspan(1), width, *dictionary);
}

Made Delta(const ParquetLeaf& leaf, std::span<const std::byte> bytes) {
  TRY(const ParquetDelta delta, ParquetDelta::Open(bytes));
  return std::make_unique<DeltaDecoder>(delta, leaf.type);
}

}  // namespace

ParquetStored StoredAs(ParquetType type) {
  switch (type) {
    case ParquetType::kBoolean:
    case ParquetType::kInt32:
    case ParquetType::kInt64:
      return ParquetStored::kInts;
    case ParquetType::kFloat:
    case ParquetType::kDouble:
      return ParquetStored::kReals;
    case ParquetType::kInt96:
    case ParquetType::kByteArray:
    case ParquetType::kFixedLenByteArray:
      break;
  }
  return ParquetStored::kBytes;
}

void RawParquetValues::Clear() {
  ints.clear();
  reals.clear();
  bytes.clear();
}

Made MakeParquetDecoder(const ParquetLeaf& leaf, ParquetEncoding encoding, std::span<const std::byte> bytes,
                        const RawParquetValues* dictionary) {
  const ParquetType type = leaf.type;
  const bool integer = type == ParquetType::kInt32 || type == ParquetType::kInt64;
  switch (encoding) {
    case ParquetEncoding::kPlain:
      return Plain(leaf, bytes);
    case ParquetEncoding::kPlainDictionary:
    case ParquetEncoding::kRleDictionary:
      return Indexes(bytes, dictionary);
    case ParquetEncoding::kRle:
      if (type == ParquetType::kBoolean) return BooleanRuns(bytes);
      break;
    case ParquetEncoding::kDeltaBinaryPacked:
      if (integer) return Delta(leaf, bytes);
      break;
    case ParquetEncoding::kDeltaLengthByteArray:
      if (type == ParquetType::kByteArray) return DeltaLengthDecoder::Open(bytes);
      break;
    case ParquetEncoding::kDeltaByteArray:
      if (type == ParquetType::kByteArray || type == ParquetType::kFixedLenByteArray)
        return DeltaBytesDecoder::Open(leaf, bytes);
      break;
    case ParquetEncoding::kByteStreamSplit:
      if (Width(leaf) > 0) return std::make_unique<SplitDecoder>(leaf, bytes);
      break;
    case ParquetEncoding::kBitPacked:
      break;
  }
  return Unsupported(
      fmt::format("values of type {} in encoding {}", static_cast<int>(type), static_cast<int>(encoding)));
}

}  // namespace sinter
