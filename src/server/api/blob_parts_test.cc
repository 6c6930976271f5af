#include "server/api/blob_parts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

class BlobParts : public testing::Test {
 protected:
  void SetUp() override { store_ = *BlobStore::Open(folder_.path()); }
  std::string Put(const Sha256Digest& whole, uint64_t offset, std::string_view bytes) {
    return store_->Put(BlobPartHeader(whole, offset) + std::string(bytes))->digest.Hex();
  }
  Result<BlobInfo> Join(const Sha256Digest& whole, const std::vector<std::string>& parts) {
    return JoinBlobParts(*store_, whole, Json{{"parts", parts}});
  }
  size_t Blobs() {
    size_t n = 0;
    EXPECT_TRUE(store_->ForEach([&](const BlobInfo&) -> Status { return ++n, Status(); }));
    return n;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(BlobParts, BecomeTheBlobAndGo) {
  const Sha256Digest whole = HashText("hello world");
  const std::string a = Put(whole, 0, "hello "), b = Put(whole, 6, "world");
  auto joined = Join(whole, {a, b});
  ASSERT_TRUE(joined) << joined.error().ToString();
  EXPECT_EQ(*store_->ReadText(whole, 100), "hello world");
  EXPECT_EQ(Blobs(), 1u);
  // A second one that sends the same: its parts go, the blob stays.
  const std::string again = Put(whole, 0, "hello ");
  EXPECT_EQ(Join(whole, {again, b})->size, 11u);
  EXPECT_EQ(Blobs(), 1u);
}

TEST_F(BlobParts, WhatIsNoPartOfItIsRefusedAndStays) {
  const Sha256Digest whole = HashText("hello world"), other = HashText("other");
  const std::string a = Put(whole, 0, "hello "), b = Put(whole, 6, "world"), c = Put(other, 6, "world");
  const std::string plain = store_->Put("kept by somebody")->digest.Hex();
  EXPECT_EQ(Join(whole, {b, a}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Join(whole, {a, c}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Join(whole, {a, plain}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Join(whole, {a, HashText("nowhere").Hex()}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Join(whole, {"x"}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Blobs(), 4u);
  ASSERT_TRUE(Join(whole, {a, b}));
  EXPECT_TRUE(Join(whole, {plain}));  // it is there already: nothing of others is taken away
  EXPECT_TRUE(store_->Has(*ParseSha256(plain)));
}

TEST_F(BlobParts, BytesThatAreNotWhatTheNameSaysGo) {
  const Sha256Digest whole = HashText("hello world");
  const std::string a = Put(whole, 0, "hello "), b = Put(whole, 6, "World");
  EXPECT_EQ(Join(whole, {a, b}).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(Blobs(), 0u);
}

}  // namespace
}  // namespace sinter
