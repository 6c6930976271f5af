#include "server/api/case_files.h"

#include <gtest/gtest.h>

#include <cstring>

namespace sinter {
namespace {

HardCase Case(int64_t number, uint8_t pixel) {
  HardCase one{number, 1000 + number, "3", *Tensor::Create(DType::kU8, {1, 2, 2}), 1, 0.25, "unsure"};
  std::memset(one.input.mutable_raw(), pixel, 4);
  return one;
}

TEST(CaseFiles, ComeBackWholeOrNotAtAll) {
  const HardCase cases[] = {Case(1, 7), Case(2, 9)};
  const auto text = CasesText(cases);
  ASSERT_TRUE(text) << text.error().ToString();
  const auto read = ReadCases(*text);
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[1].number, 2);
  EXPECT_EQ((*read)[1].at_ms, 1002);
  EXPECT_EQ((*read)[1].confidence, 0.25);
  EXPECT_EQ((*read)[1].input.dims(), Dims({1, 2, 2}));
  EXPECT_EQ(std::memcmp((*read)[1].input.raw(), cases[1].input.raw(), 4), 0);
  EXPECT_TRUE(ReadCases(*CasesText({}))->empty());
  for (size_t cut = 0; cut < text->size(); ++cut) EXPECT_FALSE(ReadCases(text->substr(0, cut))) << cut;
}

TEST(CaseFiles, OfServicesThatAreGoneNothingStays) {
  TemporaryFolder folder;
  auto platform = *Platform::Open(folder.path() / "home");
  const Path now = folder.path() / "home" / "cases" / "s.now",
             old = folder.path() / "home" / "cases" / "s.old";
  ASSERT_TRUE(MakeFolders(now.parent_path()));
  const HardCase cases[] = {Case(1, 7)};
  ASSERT_TRUE(WriteFileAtomically(now, *CasesText(cases)));
  ASSERT_TRUE(AdoptCases(*platform));
  EXPECT_FALSE(std::filesystem::exists(now));
  EXPECT_EQ(ReadCases(*ReadFile(old))->size(), 1u);
  EXPECT_EQ(ReadKeptCases(*platform, "s").error().code, ErrorCode::kNotFound);
  CaseSaver saver(*platform);
  saver.Save();
  EXPECT_FALSE(std::filesystem::exists(old));
}

}  // namespace
}  // namespace sinter
