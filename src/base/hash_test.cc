#include "base/hash.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(Sha256, KnownAnswers) {  // FIPS 180-2, appendix B
  EXPECT_EQ(HashText("").Hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashText("abc").Hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 parts;
  parts.Update("a");
  parts.Update("bc");
  EXPECT_EQ(parts.Finish(), HashText("abc"));
}

TEST(Sha256, OneSpellingOnly) {
  const std::string hex = HashText("abc").Hex();
  EXPECT_EQ(ParseSha256(hex), HashText("abc"));
  std::string upper = hex;
  upper[0] = 'B';
  EXPECT_FALSE(ParseSha256(upper));
  EXPECT_FALSE(ParseSha256(hex.substr(1)));
  EXPECT_FALSE(ParseSha256(hex.substr(1) + "g"));
}

}  // namespace
}  // namespace sinter
