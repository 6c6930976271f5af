#include "server/api/case_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

HardCase Case(int64_t number, uint8_t pixel) {
  Tensor picture = *Tensor::Create(DType::kU8, {1, 2, 2});
  std::memset(picture.mutable_raw(), pixel, 4);
  return {.number = number,
          .at_ms = 1000 + number,
          .revision = "3",
          .inputs = {{"picture", std::move(picture), ""}, {"colour", Tensor::Of<int64_t>({1}, {2}), "red"}},
          .index = 1,
          .class_name = "coat",
          .confidence = 0.25,
          .why = "unsure"};
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
  EXPECT_EQ((*read)[1].class_name, "coat");
  ASSERT_EQ((*read)[1].inputs.size(), 2u);
  EXPECT_EQ((*read)[1].inputs[0].row.dims(), Dims({1, 2, 2}));
  EXPECT_EQ(std::memcmp((*read)[1].inputs[0].row.raw(), cases[1].inputs[0].row.raw(), 4), 0);
  EXPECT_EQ((*read)[1].inputs[1].name, "colour");
  EXPECT_EQ((*read)[1].inputs[1].category, "red");
  EXPECT_TRUE(ReadCases(*CasesText({}))->empty());
  for (size_t cut = 0; cut < text->size(); ++cut) EXPECT_FALSE(ReadCases(text->substr(0, cut))) << cut;
}

// As many as two lives of a service may keep, of a table's many columns.
TEST(CaseFiles, HoldAsManyAsAreKept) {
  HardCase wide{.number = 1, .at_ms = 1, .revision = "1", .why = "unusual"};
  for (int i = 0; i < 100; ++i)
    wide.inputs.push_back({"column " + std::to_string(i), Tensor::Of<double>({1}, {i * 1.0}), ""});
  const std::vector<HardCase> cases(2000, wide);
  const auto read = ReadCases(*CasesText(cases));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->size(), 2000u);
  EXPECT_EQ(read->back().inputs.back().row.AsDouble(0), 99);
}

// Lives of a server add up to no more than one of them may keep.
TEST(CaseFiles, OfEarlierLivesTheNewestThatThereIsRoomFor) {
  TemporaryFolder folder;
  auto platform = *Platform::Open(folder.path() / "home");
  const Path cases = folder.path() / "home" / "cases";
  ASSERT_TRUE(MakeFolders(cases));
  std::vector<HardCase> large;
  for (int64_t i = 0; i < 4; ++i) {
    large.push_back({.number = i + 1, .at_ms = i, .revision = "1", .why = "unusual"});
    large.back().inputs.push_back({"x", *Tensor::Create(DType::kU8, {1, 15 << 20}), ""});
  }
  for (const int64_t life : {1, 2, 3}) {
    for (HardCase& one : large) one.at_ms = 10 * life + one.number;
    ASSERT_TRUE(WriteFileAtomically(cases / "s.now", *CasesText(large)));
    ASSERT_TRUE(AdoptCases(*platform));
  }
  const auto kept = ReadCases(*ReadFile(cases / "s.old"));
  ASSERT_TRUE(kept) << kept.error().ToString();
  ASSERT_EQ(kept->size(), 4u) << "64 MiB";
  EXPECT_EQ(kept->front().at_ms, 31);
}

// What is in a folder that is none of `known`.
std::vector<Path> Others(const Path& folder, const std::vector<Path>& known) {
  std::vector<Path> others;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (std::ranges::find(known, entry.path()) == known.end()) others.push_back(entry.path());
  }
  return others;
}

TEST(CaseFiles, DamagedOnesArePutAsideAndTold) {
  TemporaryFolder folder;
  auto platform = *Platform::Open(folder.path() / "home");
  const Path cases = folder.path() / "home" / "cases";
  const Path now = cases / "s.now", old = cases / "s.old";
  ASSERT_TRUE(MakeFolders(cases));
  const HardCase one[] = {Case(1, 7)};
  const std::string whole = *CasesText(one), torn = whole.substr(0, whole.size() - 1);

  // The older one is damaged, the newer one is whole.
  ASSERT_TRUE(WriteFileAtomically(old, torn));
  ASSERT_TRUE(WriteFileAtomically(now, whole));
  testing::internal::CaptureStderr();
  ASSERT_TRUE(AdoptCases(*platform));
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      AllOf(HasSubstr("cases of service s"), HasSubstr("s.old is damaged"), HasSubstr("was put aside as")));
  EXPECT_EQ(ReadCases(*ReadFile(old))->size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(now));
  std::vector<Path> aside = Others(cases, {old});
  ASSERT_EQ(aside.size(), 1u);
  EXPECT_THAT(aside[0].filename().string(), testing::StartsWith("s.damaged-"));
  EXPECT_EQ(*ReadFile(aside[0]), torn) << "as it was";

  // The newer one is: what was kept before stays.
  ASSERT_TRUE(WriteFileAtomically(now, "{"));
  ASSERT_TRUE(AdoptCases(*platform));
  EXPECT_EQ(ReadCases(*ReadFile(old))->size(), 1u);
  EXPECT_EQ(Others(cases, {old}).size(), 2u) << "each under a name of its own";

  // Alone, and damaged: it is in nobody's way any more.
  ASSERT_TRUE(WriteFileAtomically(old, torn));
  ASSERT_TRUE(AdoptCases(*platform));
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_EQ(Others(cases, {}).size(), 3u);
  testing::internal::CaptureStderr();
  ASSERT_TRUE(AdoptCases(*platform));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "told once";

  // They are users' data like the others: without a service, or its consent, they go.
  CaseSaver(*platform).Save();
  EXPECT_EQ(Others(cases, {}).size(), 0u);
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
