#include "server/api/oip/tensor_data.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "server/api/oip/oip.h"

namespace sinter {
namespace {

template <class T>
bool ReadElement(JsonScanner& s, T& out) {
  if constexpr (std::is_same_v<T, std::string>) {
    return s.String(out);
  } else if constexpr (std::is_same_v<T, bool>) {
    return s.Bool(out);
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16> ||
                       std::is_floating_point_v<T>) {
    // JSON has no word for what is no number; null is the one that its writers use.
    double value = std::numeric_limits<double>::quiet_NaN();
    if (s.Peek() == 'n') {
      if (!s.Null()) return false;
    } else if (!s.Number(value)) {
      return false;
    }
    if constexpr (std::is_same_v<T, double>) {
      out = value;
    } else {
      const float narrow = static_cast<float>(value);
      out = static_cast<T>(narrow);
      if (std::isinf(static_cast<float>(out)))
        return s.Fail(fmt::format("{} does not fit {}", value, OipDatatype(DTypeOf<T>())));
    }
    return true;
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return s.Unsigned(out);
  } else {
    int64_t value = 0;
    if (!s.Int(value)) return false;
    if (value < static_cast<int64_t>(std::numeric_limits<T>::min()) ||
        value > static_cast<int64_t>(std::numeric_limits<T>::max()))
      return s.Fail(fmt::format("{} does not fit {}", value, OipDatatype(DTypeOf<T>())));
    out = static_cast<T>(value);
    return true;
  }
}

template <class T>
class ListReader {
 public:
  ListReader(JsonScanner& scanner, const Dims& dims, std::span<T> out)
      : scanner_(scanner), dims_(dims), out_(out) {}

  void Read() {
    Level(0);
    if (scanner_.ok() && filled_ != out_.size()) {
      scanner_.Fail(fmt::format("the data has {} elements; the shape {} takes {}", filled_,
                                DimsToString(dims_), out_.size()));
    }
  }

 private:
  void Level(size_t level) {
    if (!scanner_.EnterArray()) return;
    size_t items = 0;
    bool nested = false;
    while (scanner_.NextItem()) {
      const bool list = scanner_.Peek() == '[';
      if (items++ == 0)
        nested = list;
      else if (nested != list) {
        scanner_.Fail("lists and numbers stand side by side");
        return;
      }
      if (list) {
        if (level + 1 >= dims_.size()) {
          scanner_.Fail(fmt::format("nested deeper than the shape {}", DimsToString(dims_)));
          return;
        }
        Level(level + 1);
        continue;
      }
      if (filled_ == out_.size()) {
        scanner_.Fail(fmt::format("the data has more elements than the {} of the shape {}", out_.size(),
                                  DimsToString(dims_)));
        return;
      }
      if (!ReadElement(scanner_, out_[filled_])) return;
      ++filled_;
    }
    // A flat list at the top counts all; any other has its dimension's number of items.
    if (scanner_.ok() && (nested || level > 0) && (level + 1 == dims_.size() || nested) &&
        static_cast<int64_t>(items) != dims_[level]) {
      scanner_.Fail(fmt::format("a list has {} items where the shape {} says {}", items, DimsToString(dims_),
                                dims_[level]));
    } else if (scanner_.ok() && level > 0 && !nested && level + 1 != dims_.size() && items > 0) {
      scanner_.Fail(fmt::format("nested less deep than the shape {}", DimsToString(dims_)));
    }
  }

  JsonScanner& scanner_;
  const Dims& dims_;
  std::span<T> out_;
  size_t filled_ = 0;
};

Result<Tensor> ReadBytesTensor(std::span<const std::byte> bytes, size_t count, const Dims& dims) {
  if (count > bytes.size() / 4)
    return InvalidArgument(
        fmt::format("{} strings need at least {} bytes; there are {}", count, 4 * count, bytes.size()));
  std::vector<std::string> strings;
  strings.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    uint32_t length = 0;
    if (bytes.size() < 4) return InvalidArgument(fmt::format("string {} of {} is cut short", i, count));
    std::memcpy(&length, bytes.data(), 4);
    bytes = bytes.subspan(4);
    if (length > bytes.size())
      return InvalidArgument(fmt::format("string {} says {} bytes; {} are left", i, length, bytes.size()));
    strings.emplace_back(reinterpret_cast<const char*>(bytes.data()), length);
    bytes = bytes.subspan(length);
  }
  if (!bytes.empty()) return InvalidArgument(fmt::format("{} bytes follow the last string", bytes.size()));
  return Tensor::Strings(dims, std::move(strings));
}

}  // namespace

Tensor ReadJsonTensor(JsonScanner& scanner, DType dtype, const Dims& dims) {
  const auto count = CountElements(dims);
  if (!count) {
    scanner.Fail(count.error().message);
    return {};
  }
  // Each element takes a byte and what parts it from the next: a shape that the text cannot fill gets no
  // memory.
  if (static_cast<uint64_t>(*count) > (scanner.left() + 1) / 2) {
    scanner.Fail(fmt::format("the shape {} takes {} elements, more than the request has room for",
                             DimsToString(dims), *count));
    return {};
  }
  if (dtype == DType::kString) {
    std::vector<std::string> strings(static_cast<size_t>(*count));
    ListReader<std::string>(scanner, dims, strings).Read();
    return scanner.ok() ? Tensor::Strings(dims, std::move(strings)) : Tensor();
  }
  auto tensor = Tensor::Create(dtype, dims);
  if (!tensor) {
    scanner.Fail(tensor.error().message);
    return {};
  }
  DispatchDType(dtype, [&]<class T>() { ListReader<T>(scanner, dims, tensor->mutable_data<T>()).Read(); });
  return scanner.ok() ? *std::move(tensor) : Tensor();
}

Result<Tensor> ReadBinaryTensor(std::span<const std::byte> bytes, DType dtype, const Dims& dims) {
  TRY(const int64_t count, CountElements(dims));
  if (dtype == DType::kString) return ReadBytesTensor(bytes, static_cast<size_t>(count), dims);
  const uint64_t wanted = static_cast<uint64_t>(count) * DTypeSize(dtype);
  if (wanted != bytes.size()) {
    return InvalidArgument(fmt::format("{}{} takes {} bytes; binary_data_size is {}", OipDatatype(dtype),
                                       DimsToString(dims), wanted, bytes.size()));
  }
  TRY(Tensor tensor, Tensor::Create(dtype, dims));
  if (!bytes.empty()) std::memcpy(tensor.mutable_raw(), bytes.data(), bytes.size());
  if (dtype == DType::kBool) {
    // Any other byte in a bool would be undefined behaviour wherever it is read.
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] > std::byte{1})
        return InvalidArgument(fmt::format("element {} of a BOOL tensor is {}; 0 and 1 are bools", i,
                                           static_cast<int>(bytes[i])));
    }
  }
  return tensor;
}

}  // namespace sinter
