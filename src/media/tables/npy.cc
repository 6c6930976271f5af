#include "media/tables/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostHeader = 1 << 20;
constexpr size_t kMostRank = 32;  // what NumPy itself had until 2.0

struct Header {
  NpyType type;
  bool big_endian = false;
  bool fortran = false;
  std::vector<int64_t> shape;
};

// The dict that NumPy writes, and no more of Python than that.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  Result<Header> Parse() {
    Header header;
    bool descr = false, order = false, shape = false;
    TRY_STATUS(Take('{'));
    while (!Skip('}')) {
      TRY(const std::string_view key, Text());
      TRY_STATUS(Take(':'));
      if (key == "descr" && !descr) {
        descr = true;
        TRY_STATUS(Descr(header));
      } else if (key == "fortran_order" && !order) {
        order = true;
        TRY(header.fortran, Boolean());
      } else if (key == "shape" && !shape) {
        shape = true;
        TRY(header.shape, Tuple());
      } else {
        return Corrupt(fmt::format("its header has '{}'", key));
      }
      if (!Skip(',')) {
        TRY_STATUS(Take('}'));
        break;
      }
    }
    Blank();
    if (!rest_.empty()) return Corrupt("its header goes on after its end");
    if (!descr || !order || !shape) return Corrupt("its header lacks descr, fortran_order or shape");
    return header;
  }

 private:
  void Blank() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t'))
      rest_.remove_prefix(1);
  }
  bool Skip(char c) {
    Blank();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  Status Take(char c) {
    if (Skip(c)) return {};
    return Corrupt(fmt::format("its header lacks a '{}'", c));
  }
  Result<std::string_view> Text() {
    Blank();
    const char quote = rest_.empty() ? '\0' : rest_[0];
    if (quote != '\'' && quote != '"') return Corrupt("its header lacks a quoted text");
    const size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return Corrupt("its header has an open quotation");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  Result<bool> Boolean() {
    Blank();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    return Corrupt("its fortran_order is neither True nor False");
  }
  Result<std::vector<int64_t>> Tuple() {
    TRY_STATUS(Take('('));
    std::vector<int64_t> sizes;
    while (!Skip(')')) {
      Blank();
      int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size < 0) return Corrupt("its shape holds what is no size");
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      sizes.push_back(size);
      if (sizes.size() > kMostRank)
        return Unsupported(fmt::format("it has more than {} dimensions", kMostRank));
      if (!Skip(',')) {
        TRY_STATUS(Take(')'));
        break;
      }
    }
    return sizes;
  }
  Status Descr(Header& header) {
    Blank();
    if (rest_.starts_with('[')) return Unsupported("its elements are records", "save one field alone");
    TRY(const std::string_view text, Text());
    const auto other = [&] {
      return Unsupported(fmt::format("its elements are '{}'", text),
                         "bool, integers of 1 to 8 bytes and f2, f4, f8 are read");
    };
    if (text.size() != 3 || std::string_view("<>|=").find(text[0]) == std::string_view::npos) return other();
    header.big_endian = text[0] == '>';
    header.type = {text[1], text[2] - '0'};
    const int n = header.type.bytes;
    const bool whole = n == 1 || n == 2 || n == 4 || n == 8;
    const char kind = header.type.kind;
    const bool known = (kind == 'b' && n == 1) || ((kind == 'i' || kind == 'u') && whole) ||
                       (kind == 'f' && whole && n != 1);
    return known ? Status() : Status(other());
  }

  std::string_view rest_;
};

// Element by element from first-index-fastest to last-index-fastest.
std::vector<std::byte> FromFortran(std::span<const std::byte> in, const std::vector<int64_t>& shape,
                                   size_t size) {
  std::vector<std::byte> out(in.size());
  std::vector<int64_t> index(shape.size(), 0);
  std::vector<size_t> strides(shape.size());
  size_t stride = size;
  for (size_t d = 0; d < shape.size(); ++d) {
    strides[d] = stride;
    stride *= static_cast<size_t>(shape[d]);
  }
  size_t from = 0;
  for (size_t to = 0; to < out.size(); to += size) {
    std::memcpy(out.data() + to, in.data() + from, size);
    for (size_t d = shape.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * static_cast<size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return out;
}

// Where the header's text begins and ends.
Result<std::pair<size_t, size_t>> HeaderRange(std::span<const std::byte> bytes) {
  if (bytes.size() < 10 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    return Corrupt("it does not begin as an NPY file does");
  const auto byte = [&](size_t i) { return std::to_integer<size_t>(bytes[i]); };
  if (byte(6) < 1 || byte(6) > 3 || byte(7) != 0)
    return Unsupported(fmt::format("it is of version {}.{}; 1.0 to 3.0 are read", byte(6), byte(7)));
  const size_t begin = byte(6) == 1 ? 10 : 12;
  if (bytes.size() < begin) return Corrupt("it ends inside its header");
  size_t length = byte(8) | byte(9) << 8;
  if (begin == 12) length |= byte(10) << 16 | byte(11) << 24;
  if (length > kMostHeader || length > bytes.size() - begin)
    return Corrupt(
        fmt::format("its header is said to have {} bytes; {} are left", length, bytes.size() - begin));
  return std::pair(begin, begin + length);
}

}  // namespace

std::string NpyType::ToString() const { return fmt::format("{}{}", kind, bytes); }

Result<NpyArray> DecodeNpy(std::span<const std::byte> bytes) {
  TRY(const auto range, HeaderRange(bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + range.first,
                              range.second - range.first);
  TRY(Header header, HeaderParser(text).Parse());
  const auto data = bytes.subspan(range.second);
  const auto size = static_cast<size_t>(header.type.bytes);
  // Compared by division, so that no product of a lying shape overflows.
  size_t left = data.size() / size;
  bool empty = false, fits = data.size() % size == 0;
  for (const int64_t d : header.shape) empty = empty || d == 0;
  for (const int64_t d : header.shape) {
    if (empty) break;
    fits = fits && left % static_cast<size_t>(d) == 0;
    left /= static_cast<size_t>(d);
  }
  if (empty ? !data.empty() : !fits || left != 1) {
    return Corrupt(fmt::format("its shape ({}) of {} does not agree with the {} bytes that follow",
                               fmt::join(header.shape, ","), header.type.ToString(), data.size()));
  }
  NpyArray array{header.type, std::move(header.shape), {}};
  if (header.fortran && array.shape.size() > 1 && !empty)
    array.bytes = FromFortran(data, array.shape, size);
  else
    array.bytes.assign(data.begin(), data.end());
  if (header.big_endian && size > 1) {
    for (auto at = array.bytes.begin(); at != array.bytes.end(); at += header.type.bytes)
      std::reverse(at, at + header.type.bytes);
  }
  return array;
}

std::string NpyHeader(const NpyType& type, std::span<const int64_t> shape) {
  const std::string_view comma = shape.size() == 1 ? "," : "";
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 type.bytes == 1 ? '|' : '<', type.ToString(), fmt::join(shape, ", "), comma);
  const bool second = text.size() > 60'000;
  const size_t prefix = second ? 12 : 10;
  text.append(63 - (prefix + text.size()) % 64, ' ');
  text += '\n';
  std::string out(kMagic);
  out += second ? '\x02' : '\x01';
  out += '\0';
  for (size_t i = 0; i < (second ? 4 : 2); ++i) out += static_cast<char>(text.size() >> 8 * i & 0xff);
  return out + text;
}

}  // namespace sinter
