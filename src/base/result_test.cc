#include "base/result.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

Result<int> Half(int x) {
  if (x % 2 != 0) return InvalidArgument("3 is odd", "give an even number");
  return x / 2;
}

Result<int> Quarter(int x) {
  TRY(int half, Half(x));
  return Half(half);
}

Status Check(int x) {
  TRY_STATUS(Half(x));
  return {};
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(3).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Check(2));
  EXPECT_EQ(Check(3).error().ToString(), "3 is odd (give an even number)");
}

TEST(Result, ContextGoesInFront) {
  EXPECT_EQ(Corrupt("short file").In("a.onnx").ToString(), "a.onnx: short file");
}

}  // namespace
}  // namespace sinter
