#include "media/tables/parquet_meaning.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sinter {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kJulianEpoch = 2'440'588;  // the Julian day of 1970-01-01

int64_t PerSecond(ParquetUnit unit) {
  switch (unit) {
    case ParquetUnit::kMilliseconds:
      return 1'000;
    case ParquetUnit::kMicroseconds:
      return 1'000'000;
    case ParquetUnit::kNanoseconds:
      break;
  }
  return 1'000'000'000;
}

// Rounded down, as calendars need it before 1970.
int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

Error OutOfCalendar() { return Corrupt("a date outside of the years that are written with four digits"); }

Status AppendDate(int64_t days, std::string& text) {
  // -719,162 and 2,932,896: the first day of the year 1 and the last of 9999.
  if (days < -719'162 || days > 2'932'896) return OutOfCalendar();
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  fmt::format_to(std::back_inserter(text), "{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {};
}

// `value` from 0, in parts of a second. No more digits than there are.
void AppendClock(int64_t value, int64_t per_second, std::string& text) {
  const int64_t seconds = value / per_second;
  int64_t fraction = value % per_second;
  fmt::format_to(std::back_inserter(text), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
  if (fraction == 0) return;
  int digits = per_second == 1'000 ? 3 : per_second == 1'000'000 ? 6 : 9;
  for (; fraction % 10 == 0; fraction /= 10) --digits;
  fmt::format_to(std::back_inserter(text), ".{:0{}}", fraction, digits);
}

Status AppendMoment(int64_t value, int64_t per_second, std::string& text) {
  const int64_t per_day = kSecondsPerDay * per_second;
  const int64_t day = FloorDivide(value, per_day);
  TRY_STATUS(AppendDate(day, text));
  text += 'T';
  AppendClock(value - day * per_day, per_second, text);
  return {};
}

Status AppendTime(const ParquetLeaf& leaf, int64_t value, std::string& text) {
  if (leaf.meaning == ParquetMeaning::kDate) return AppendDate(value, text);
  const int64_t per_second = PerSecond(leaf.unit);
  if (leaf.meaning == ParquetMeaning::kMoment) return AppendMoment(value, per_second, text);
  if (value < 0 || value > kSecondsPerDay * per_second) return Corrupt("a time that is no time of a day");
  AppendClock(value, per_second, text);
  return {};
}

Status AppendInt96(std::string_view bytes, std::string& text) {
  int64_t nanoseconds = 0;
  uint32_t julian = 0;
  std::memcpy(&nanoseconds, bytes.data(), 8);
  std::memcpy(&julian, bytes.data() + 8, 4);
  constexpr int64_t kPerSecond = 1'000'000'000;
  if (nanoseconds < 0 || nanoseconds >= kSecondsPerDay * kPerSecond)
    return Corrupt("a moment whose time is no time of a day");
  TRY_STATUS(AppendDate(int64_t{julian} - kJulianEpoch, text));
  text += 'T';
  AppendClock(nanoseconds, kPerSecond, text);
  return {};
}

// Two's complement, the highest byte first, of any length.
double BigEndian(std::string_view bytes) {
  double value = bytes.empty() ? 0 : static_cast<double>(static_cast<signed char>(bytes[0]));
  for (const char c : bytes.substr(std::min<size_t>(bytes.size(), 1)))
    value = value * 256 + static_cast<unsigned char>(c);
  return value;
}

// IEEE 754's 16 bits.
double FromHalf(std::string_view bytes) {
  uint16_t bits = 0;
  std::memcpy(&bits, bytes.data(), sizeof(bits));
  const int exponent = bits >> 10 & 0x1F, mantissa = bits & 0x3FF;
  double value = 0;
  if (exponent == 0x1F)
    value = mantissa == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
  else if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else
    value = std::ldexp(mantissa + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

bool IsTimed(const ParquetLeaf& leaf) {
  return leaf.meaning == ParquetMeaning::kDate || leaf.meaning == ParquetMeaning::kTime ||
         leaf.meaning == ParquetMeaning::kMoment;
}

Result<int64_t> Integer(const ParquetLeaf& leaf, int64_t value) {
  if (leaf.meaning != ParquetMeaning::kUnsigned) return value;
  if (leaf.type == ParquetType::kInt32) return static_cast<int64_t>(static_cast<uint32_t>(value));
  if (value < 0) return Unsupported("unsigned numbers over 2^63 - 1", "write the column as text");
  return value;
}

double Real(const ParquetLeaf& leaf, const RawParquetValues& raw, size_t i) {
  switch (StoredAs(leaf.type)) {
    case ParquetStored::kReals:
      return raw.reals[i];
    case ParquetStored::kInts:
      return static_cast<double>(raw.ints[i]) / std::pow(10.0, leaf.scale);
    case ParquetStored::kBytes:
      break;
  }
  if (leaf.meaning == ParquetMeaning::kHalf) return FromHalf(raw.bytes[i]);
  return BigEndian(raw.bytes[i]) / std::pow(10.0, leaf.scale);
}

// Texts that are made here: their places first, for `own` moves while it grows.
Status MakeTexts(const ParquetLeaf& leaf, const RawParquetValues& raw, std::string& own, ParquetValues& out) {
  std::vector<size_t> ends;
  ends.reserve(out.present.size());
  own.clear();
  size_t next = 0;
  for (const uint8_t present : out.present) {
    if (present != 0) {
      TRY_STATUS(leaf.type == ParquetType::kInt96 ? AppendInt96(raw.bytes[next], own)
                                                  : AppendTime(leaf, raw.ints[next], own));
      ++next;
    }
    ends.push_back(own.size());
  }
  size_t begin = 0;
  for (const size_t end : ends) {
    out.texts.push_back(std::string_view(own).substr(begin, end - begin));
    begin = end;
  }
  return {};
}

}  // namespace

ParquetKind KindOf(const ParquetLeaf& leaf) {
  if (IsTimed(leaf) && StoredAs(leaf.type) == ParquetStored::kInts) return ParquetKind::kText;
  if (leaf.meaning == ParquetMeaning::kDecimal && leaf.type != ParquetType::kInt96) return ParquetKind::kReal;
  switch (leaf.type) {
    case ParquetType::kBoolean:
      return ParquetKind::kBool;
    case ParquetType::kInt32:
    case ParquetType::kInt64:
      return ParquetKind::kInteger;
    case ParquetType::kFloat:
    case ParquetType::kDouble:
      return ParquetKind::kReal;
    case ParquetType::kInt96:
      return ParquetKind::kText;
    case ParquetType::kByteArray:
    case ParquetType::kFixedLenByteArray:
      break;
  }
  if (leaf.meaning == ParquetMeaning::kHalf) return ParquetKind::kReal;
  return leaf.meaning == ParquetMeaning::kText ? ParquetKind::kText : ParquetKind::kBytes;
}

Status ConvertParquetValues(const ParquetLeaf& leaf, const RawParquetValues& raw, std::string& own,
                            ParquetValues& out) {
  const ParquetKind kind = KindOf(leaf);
  if (leaf.type == ParquetType::kInt96 ||
      (kind == ParquetKind::kText && StoredAs(leaf.type) == ParquetStored::kInts))
    return MakeTexts(leaf, raw, own, out);
  size_t next = 0;
  for (const uint8_t present : out.present) {
    switch (kind) {
      case ParquetKind::kBool:
      case ParquetKind::kInteger: {
        TRY(const int64_t value, present != 0 ? Integer(leaf, raw.ints[next]) : Result<int64_t>(0));
        out.integers.push_back(value);
        break;
      }
      case ParquetKind::kReal:
        out.reals.push_back(present != 0 ? Real(leaf, raw, next) : std::numeric_limits<double>::quiet_NaN());
        break;
      case ParquetKind::kText:
      case ParquetKind::kBytes: {
        const std::string_view text = present != 0 ? raw.bytes[next] : std::string_view();
        if (kind == ParquetKind::kText && !IsUtf8(text)) return Corrupt("a text that is not UTF-8");
        out.texts.push_back(text);
        break;
      }
    }
    next += present;
  }
  return {};
}

}  // namespace sinter
