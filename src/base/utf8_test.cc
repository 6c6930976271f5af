#include "base/utf8.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(Utf8, KnownGoodAndBad) {
  for (std::string_view good :
       {"", "a", "\xc3\xa9", "\xe5\x9b\xbe", "\xf0\x9f\x99\x82", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (std::string_view bad : {"\x80", "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                               "\xf4\x90\x80\x80", "\xf0\x9f\x99", "a\xc3(", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

}  // namespace
}  // namespace sinter
