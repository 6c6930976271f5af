#include "media/tables/parquet.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/file.h"

namespace sinter {
namespace {

// Files that pyarrow wrote; they are the fuzz target's corpus too, and compat.parquet makes many more.
std::shared_ptr<const MappedFile> File(const std::string& name) {
  auto file = MappedFile::Open(Path(SINTER_SOURCE_DIR) / "fuzz/corpus/parquet" / name);
  EXPECT_TRUE(file) << name;
  return *file;
}

Status ReadAll(std::span<const std::byte> bytes) {
  TRY(const auto reader, ParquetReader::Open(bytes));
  std::vector<ParquetValues> batch;
  for (size_t rows = 1; rows != 0;) {
    TRY(rows, reader->Next(1000, batch));
  }
  return {};
}

TEST(Parquet, ValuesNullsAndBatches) {
  for (const std::string name : {"plain_none", "dictionary_snappy", "v2_zstd"}) {
    const auto file = File(name);
    const auto reader = ParquetReader::Open(file->bytes());
    ASSERT_TRUE(reader) << reader.error().ToString();
    EXPECT_EQ((*reader)->rows(), 6);
    ASSERT_EQ((*reader)->columns().size(), 2u);
    EXPECT_EQ((*reader)->columns()[0].kind, ParquetKind::kInteger);
    EXPECT_EQ((*reader)->columns()[1].kind, ParquetKind::kText);
    std::string seen;
    std::vector<ParquetValues> batch;
    for (;;) {
      const auto rows = (*reader)->Next(4, batch);
      ASSERT_TRUE(rows) << rows.error().ToString();
      if (*rows == 0) break;
      for (size_t i = 0; i < *rows; ++i) {
        seen += batch[0].present[i] ? std::to_string(batch[0].integers[i]) : "null";
        seen += batch[1].present[i] ? "," + std::string(batch[1].texts[i]) + ";" : ",null;";
      }
      seen += "|";
    }
    EXPECT_EQ(seen, "1,ash;null,null;3,;3,榆;|3,ash;-4,elm;|") << name;
  }
}

TEST(Parquet, SelectedColumnsAloneInTheirOrder) {
  const auto file = File("times");
  const auto reader = ParquetReader::Open(file->bytes());
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->Select({3, 0}));
  std::vector<ParquetValues> batch;
  EXPECT_EQ((*reader)->Next(10, batch).value(), 1u);
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[0].texts[0], "1969-12-31T23:59:59.999999999");
  EXPECT_EQ(batch[1].texts[0], "2020-02-29");
  EXPECT_EQ((*reader)->Select({4}).error().code, ErrorCode::kInvalidArgument);
}

TEST(Parquet, ListsAreNamedAndNotRead) {
  const auto file = File("nested");
  const auto reader = ParquetReader::Open(file->bytes());
  ASSERT_TRUE(reader);
  ASSERT_EQ((*reader)->columns().size(), 3u);
  EXPECT_EQ((*reader)->columns()[1].name, "s.b");
  EXPECT_TRUE((*reader)->columns()[2].repeated);
  EXPECT_EQ((*reader)->Select({2}).error().code, ErrorCode::kUnsupported);
}

TEST(Parquet, DecimalsAndHalves) {
  const auto file = File("decimals");
  const auto reader = ParquetReader::Open(file->bytes());
  ASSERT_TRUE(reader);
  std::vector<ParquetValues> batch;
  ASSERT_EQ((*reader)->Next(10, batch).value(), 2u);
  EXPECT_EQ(batch[0].reals, (std::vector<double>{1.25, -3.5}));
  EXPECT_EQ(batch[1].reals, (std::vector<double>{-1e20, -1e20}));
  EXPECT_EQ(batch[2].reals, (std::vector<double>{1.5, 2.5}));
}

TEST(Parquet, ErrorsSayWhatAndWhere) {
  const auto error = [](const std::string& name) { return ReadAll(File(name)->bytes()).error(); };
  EXPECT_EQ(error("not_parquet").ToString(), "it does not end as a Parquet file does: it is cut off");
  EXPECT_EQ(error("encrypted_footer").ToString(), "its footer is encrypted");
  EXPECT_EQ(error("unsigned_too_large").ToString(),
            "column 'u': unsigned numbers over 2^63 - 1 (write the column as text)");
  EXPECT_EQ(
      error("brotli").ToString(),
      "column 'i': its pages are compressed with Brotli (write it with snappy, gzip, zstd, lz4_raw or none)");
  EXPECT_EQ(error("page_of_300_mib").ToString(),
            "column 'i': a page of 300 MiB; at most 256 are read (write it with smaller pages)");
  EXPECT_EQ(error("page_of_300_mib").code, ErrorCode::kResourceExhausted);
}

TEST(Parquet, EveryTruncationIsRefused) {
  const auto file = File("v2_zstd");
  for (size_t length = 0; length < file->bytes().size(); ++length)
    EXPECT_EQ(ReadAll(file->bytes().first(length)).error().code, ErrorCode::kCorrupt) << length;
}

// The footer stays, so that what it points to is read: pages cut off, lengths that lie, levels that are none.
TEST(Parquet, NoFlippedBitOfAPageIsTrusted) {
  for (const std::string name : {"plain_none", "delta", "dictionary_gzip", "v2_zstd", "booleans"}) {
    const auto file = File(name);
    std::vector<std::byte> bytes(file->bytes().begin(), file->bytes().end());
    int refused = 0;
    for (size_t bit = 32; bit < 8 * 120; ++bit) {
      bytes[bit / 8] ^= std::byte{1} << bit % 8;
      const Status read = ReadAll(bytes);
      refused += read ? 0 : 1;
      bytes[bit / 8] ^= std::byte{1} << bit % 8;
    }
    EXPECT_GT(refused, 100) << name;
  }
}

}  // namespace
}  // namespace sinter
