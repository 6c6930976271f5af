#include "platform/store/partial_blobs.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sinter {
namespace {

class PartialBlobsTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store_ = *BlobStore::Open(folder_.path() / "store");
    partial_ = *PartialBlobs::Open(folder_.path() / "partial", *store_);
  }
  Result<std::optional<BlobInfo>> Send(const BlobInfo& blob, uint64_t offset, std::string_view bytes,
                                       std::string_view owner = "ann") {
    TRY(PartialPiece piece, partial_->Append(blob, owner, offset));
    TRY_STATUS(piece.Write(std::as_bytes(std::span(bytes.data(), bytes.size()))));
    return piece.Finish();
  }
  size_t Left() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_.path() / "partial"),
                                             std::filesystem::directory_iterator()));
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
  std::unique_ptr<PartialBlobs> partial_;
  const std::string text_ = "0123456789";
  const BlobInfo blob_{HashText(text_), text_.size()};
};

TEST_F(PartialBlobsTest, PiecesBecomeABlobAlsoAfterARestart) {
  EXPECT_EQ(partial_->Received(blob_.digest, "ann"), 0u);
  EXPECT_FALSE(Send(blob_, 0, "0123")->has_value());
  Reopen();
  EXPECT_EQ(partial_->Received(blob_.digest, "ann"), 4u);
  EXPECT_FALSE(store_->Has(blob_.digest));
  EXPECT_FALSE(Send(blob_, 4, "45")->has_value());
  const auto done = Send(blob_, 6, "6789");
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_EQ(**done, blob_);
  EXPECT_EQ(*store_->ReadText(blob_.digest, 100), text_);
  EXPECT_EQ(Left(), 0u);
  EXPECT_EQ(**Send(blob_, 0, text_), blob_);  // once more, in one piece
  EXPECT_EQ(Left(), 0u);
}

TEST_F(PartialBlobsTest, APieceThatBreaksOffKeepsWhatCame) {
  {
    auto piece = partial_->Append(blob_, "ann", 0);
    ASSERT_TRUE(piece->Write(std::as_bytes(std::span("012", 3))));
    EXPECT_EQ(partial_->Append(blob_, "ann", 3).error().code, ErrorCode::kConflict);  // one at a time
    EXPECT_TRUE(partial_->Append(blob_, "bob", 0));                                   // others have their own
  }
  EXPECT_EQ(partial_->Received(blob_.digest, "ann"), 3u);
  EXPECT_EQ(Send(blob_, 2, "2").error().code, ErrorCode::kConflict);
  EXPECT_EQ(Send(blob_, 4, "4").error().code, ErrorCode::kConflict);
  EXPECT_EQ(**Send(blob_, 3, "3456789"), blob_);
}

TEST_F(PartialBlobsTest, FromTheStartItBeginsAnew) {
  ASSERT_TRUE(Send(blob_, 0, "xxxxx"));
  ASSERT_TRUE(Send(blob_, 0, "01"));
  EXPECT_EQ(partial_->Received(blob_.digest, "ann"), 2u);
  EXPECT_EQ(**Send(blob_, 2, "23456789"), blob_);
}

TEST_F(PartialBlobsTest, WrongBytesAreThrownAway) {
  EXPECT_EQ(Send(blob_, 0, "0123456789x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Send(blob_, 0, "9876543210").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(partial_->Received(blob_.digest, "ann"), 0u);
  EXPECT_FALSE(store_->Has(blob_.digest));
  EXPECT_EQ(**Send(blob_, 0, text_), blob_);
}

TEST_F(PartialBlobsTest, WhatNobodyCameBackForGoes) {
  ASSERT_TRUE(Send(blob_, 0, "01"));
  ASSERT_TRUE(Send(blob_, 0, "0", "bob"));
  const auto first = std::filesystem::directory_iterator(folder_.path() / "partial")->path();
  std::filesystem::last_write_time(first,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(200));
  Reopen();
  EXPECT_EQ(Left(), 1u);
}

}  // namespace
}  // namespace sinter
