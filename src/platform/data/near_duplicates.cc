#include "platform/data/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/random.h"

namespace sinter {
namespace {

constexpr size_t kBands = 16, kBandRows = 4;
constexpr double kTextSimilarity = 0.8, kPictureDifference = 0.04, kSteps = 64;

uint64_t Mix(uint64_t a, uint64_t b) { return RandomBits(a, b, 0); }

uint64_t HashOf(std::string_view text, uint64_t seed) {
  return Mix(std::hash<std::string_view>()(text), seed);
}

double Element(std::span<const std::byte> bytes, DType dtype, size_t i) {
  double value = 0;
  DispatchDType(dtype, [&]<class T>() {
    if constexpr (std::is_same_v<T, bool>) {
      value = bytes[i] != std::byte{0};
    } else if constexpr (!std::is_same_v<T, std::string>) {
      T stored;
      std::memcpy(static_cast<void*>(&stored), bytes.data() + i * sizeof stored, sizeof stored);
      if constexpr (std::is_arithmetic_v<T>)
        value = static_cast<double>(stored);
      else
        value = static_cast<double>(static_cast<float>(stored));
    }
  });
  return value;
}

}  // namespace

NearDuplicates::NearDuplicates(const DatasetVersion& version, const std::vector<size_t>& features)
    : version_(version) {
  const auto of_kind = [&](ColumnKind kind) {
    std::vector<size_t> found;
    for (const size_t c : features) {
      if (version.info().columns[c].kind == kind) found.push_back(c);
    }
    return found;
  };
  const auto pictures = of_kind(ColumnKind::kPicture), vectors = of_kind(ColumnKind::kVector);
  const auto texts = of_kind(ColumnKind::kText);
  if (!pictures.empty() && version.info().columns[pictures[0]].dtype == DType::kU8) {
    method_ = Method::kPictures;
    columns_ = {pictures[0]};
    return;
  }
  if (!vectors.empty()) {
    method_ = Method::kVectors;
    columns_ = {vectors[0]};
    const DatasetColumn& column = version.info().columns[vectors[0]];
    least_ = std::numeric_limits<double>::infinity();
    most_ = -least_;
    for (size_t s = 0; s < version.info().splits.size(); ++s) {
      const auto bytes = version.Bytes(s, vectors[0]);
      for (size_t i = 0; i < bytes.size() / DTypeSize(column.dtype); ++i) {
        const double value = Element(bytes, column.dtype, i);
        if (!std::isfinite(value)) continue;
        least_ = std::min(least_, value);
        most_ = std::max(most_, value);
      }
    }
    return;
  }
  uint64_t bytes = 0, rows = 0;
  for (size_t s = 0; s < version.info().splits.size(); ++s) {
    rows += static_cast<uint64_t>(version.Rows(s));
    for (const size_t c : texts) bytes += version.Bytes(s, c).size();
  }
  if (bytes >= 20 * rows && bytes > 0) {
    method_ = Method::kTexts;
    columns_ = texts;
  } else if (features.size() >= 4) {
    method_ = Method::kColumns;
    columns_ = features;
  }
}

std::string NearDuplicates::method() const {
  switch (method_) {
    case Method::kPictures:
      return "pictures whose difference hashes (dHash, 8 x 8) differ in at most 3 bits and whose pixels "
             "differ by "
             "at most 4% of their range on average";
    case Method::kVectors:
      return "vectors whose elements all fall into the same of 64 steps of the column's range";
    case Method::kTexts:
      return "texts whose shingles of 3 words have a Jaccard similarity of at least 0.8, estimated by "
             "MinHash of 64 "
             "values";
    case Method::kColumns:
      return "rows that are equal in all columns but one";
    case Method::kNone:
      break;
  }
  return "";
}

int64_t NearDuplicates::most_rows() const {
  constexpr int64_t kMostKeys = int64_t{1} << 21;
  switch (method_) {
    case Method::kPictures:
      return kMostKeys / 4;
    case Method::kVectors:
      return kMostKeys / 2;
    case Method::kTexts:
      return kMostKeys / static_cast<int64_t>(kBands);
    case Method::kColumns:
      return kMostKeys / static_cast<int64_t>(columns_.size());
    case Method::kNone:
      break;
  }
  return 0;
}

// The brightness of 9 x 8 fields, and in which direction it steps from each to its neighbour on the right.
void NearDuplicates::PictureKeys(const RowPlace& place, Known& known) {
  const DatasetColumn& column = version_.info().columns[columns_[0]];
  const int64_t height = column.shape[0], width = column.shape[1];
  const int64_t channels = column.shape.size() == 3 ? column.shape[2] : 1;
  const auto pixels = version_.Row(place.split, columns_[0], place.row);
  double field[8][9];
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 9; ++x) {
      const int64_t y0 = y * height / 8, y1 = std::max(y0 + 1, (y + 1) * height / 8);
      const int64_t x0 = x * width / 9, x1 = std::max(x0 + 1, (x + 1) * width / 9);
      int64_t sum = 0;
      for (int64_t r = y0; r < y1; ++r) {
        const auto begin = static_cast<size_t>((r * width + x0) * channels);
        for (const std::byte p : pixels.subspan(begin, static_cast<size_t>((x1 - x0) * channels)))
          sum += static_cast<int64_t>(p);
      }
      field[y][x] = static_cast<double>(sum) / static_cast<double>((y1 - y0) * (x1 - x0) * channels);
    }
  }
  known.picture = 0;
  for (const auto& line : field) {
    // A step below one brightness level is noise.
    for (size_t x = 0; x < 8; ++x) known.picture = known.picture << 1 | (line[x + 1] > line[x] + 1 ? 1u : 0u);
  }
  // Of hashes that differ in at most 3 bits, one of four quarters is equal.
  for (uint64_t quarter = 0; quarter < 4; ++quarter)
    keys_.push_back(Mix(known.picture >> (16 * quarter) & 0xFFFF, quarter));
}

bool NearDuplicates::PicturesClose(const RowPlace& a, const RowPlace& b) const {
  const auto x = version_.Row(a.split, columns_[0], a.row), y = version_.Row(b.split, columns_[0], b.row);
  const auto limit = static_cast<int64_t>(kPictureDifference * 255 * static_cast<double>(x.size()));
  int64_t sum = 0;
  for (size_t i = 0; i < x.size() && sum <= limit; ++i)
    sum += std::abs(static_cast<int>(x[i]) - static_cast<int>(y[i]));
  return sum <= limit;
}

void NearDuplicates::VectorKeys(const RowPlace& place) {
  const DatasetColumn& column = version_.info().columns[columns_[0]];
  const auto bytes = version_.Row(place.split, columns_[0], place.row);
  const double scale = most_ > least_ ? kSteps / (most_ - least_) : 0;
  for (const double shift : {0.0, 0.5}) {
    uint64_t key = shift > 0;
    for (size_t i = 0; i < bytes.size() / DTypeSize(column.dtype); ++i) {
      const double value = Element(bytes, column.dtype, i);
      const auto step = std::isfinite(value) ? static_cast<int64_t>((value - least_) * scale + shift) : -1;
      key = Mix(key, static_cast<uint64_t>(step));
    }
    keys_.push_back(key);
  }
}

void NearDuplicates::TextKeys(const RowPlace& place, Known& known) {
  known.text.fill(UINT32_MAX);
  bool any = false;
  for (const size_t c : columns_) {
    if (version_.Missing(place.split, c, place.row)) continue;
    std::string_view text = version_.Text(place.split, c, place.row);
    uint64_t before[2] = {c + 1, c + 1};
    const auto shingle = [&](std::string_view word) {
      const uint64_t hash = HashOf(word, c);
      const uint64_t whole = Mix(Mix(before[0], before[1]), hash);
      before[0] = before[1];
      before[1] = hash;
      any = true;
      for (size_t i = 0; i < known.text.size(); ++i)
        known.text[i] = std::min(known.text[i], static_cast<uint32_t>(Mix(whole, i) >> 32));
    };
    constexpr std::string_view kBlanks = " \t\r\n";
    while (!text.empty()) {
      const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
      text.remove_prefix(begin);
      // Scripts without blanks have long words: they are cut, so that a change touches a part of them.
      const size_t end = std::min({text.find_first_of(kBlanks), text.size(), size_t{24}});
      if (end > 0) shingle(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  if (!any) return;
  for (size_t band = 0; band < kBands; ++band) {
    uint64_t key = band;
    for (size_t i = 0; i < kBandRows; ++i) key = Mix(key, known.text[band * kBandRows + i]);
    keys_.push_back(key);
  }
}

// For each column, the hash of all others.
void NearDuplicates::ColumnKeys(const RowPlace& place) {
  uint64_t all = 0;
  std::vector<uint64_t> hashes;
  hashes.reserve(columns_.size());
  for (const size_t c : columns_) {
    const Cell cell = version_.CellAt(place.split, c, place.row);
    const std::string text = cell.kind == Cell::Kind::kBytes ? std::string(cell.text) : CellText(cell);
    hashes.push_back(HashOf(text, c * 2 + (cell.kind == Cell::Kind::kMissing ? 1 : 0)));
    all ^= hashes.back();
  }
  for (size_t i = 0; i < hashes.size(); ++i) keys_.push_back(Mix(all ^ hashes[i], i));
}

bool NearDuplicates::Close(const Known& a, const Known& b) const {
  if (method_ == Method::kPictures)
    return std::popcount(a.picture ^ b.picture) <= 3 && PicturesClose(a.place, b.place);
  size_t same = 0;
  for (size_t i = 0; i < a.text.size(); ++i) same += a.text[i] == b.text[i];
  return static_cast<double>(same) >= kTextSimilarity * static_cast<double>(a.text.size());
}

std::optional<RowPlace> NearDuplicates::Add(const RowPlace& place) {
  keys_.clear();
  Known known{place, 0, {}};
  switch (method_) {
    case Method::kPictures:
      PictureKeys(place, known);
      break;
    case Method::kVectors:
      VectorKeys(place);
      break;
    case Method::kTexts:
      TextKeys(place, known);
      break;
    case Method::kColumns:
      ColumnKeys(place);
      break;
    case Method::kNone:
      return std::nullopt;
  }
  const bool compared = method_ == Method::kPictures || method_ == Method::kTexts;
  const auto index = static_cast<uint32_t>(places_.size());
  places_.push_back(place);
  if (compared) known_.push_back(known);
  std::optional<RowPlace> found;
  for (const uint64_t key : keys_) {
    Bucket& bucket = buckets_[key];
    const size_t filled = std::min<size_t>(bucket.count, bucket.rows.size());
    for (size_t i = 0; i < filled && !found; ++i) {
      const uint32_t other = bucket.rows[i];
      if (!compared || Close(known_[other], known)) found = places_[other];
    }
    bucket.rows[bucket.count++ % bucket.rows.size()] = index;
  }
  return found;
}

}  // namespace sinter
