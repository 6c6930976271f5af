#include "platform/runs/code_of_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(CodeOfFolder, WithoutARepositoryItsFilesAreHashed) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "r.yaml", "epochs: 1\n"));
  const CodeVersion one = CodeOfFolder(folder.path(), "0.1.0");
  EXPECT_EQ(one.sinter, "0.1.0");
  EXPECT_EQ(one.commit, "");
  EXPECT_EQ(one.files.size(), 64U);
  EXPECT_EQ(one.note, "");
  EXPECT_EQ(CodeOfFolder(folder.path(), "0.1.0"), one);
  ASSERT_TRUE(WriteFileAtomically(folder.path() / ".hidden", "no"));
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "link");
  EXPECT_EQ(CodeOfFolder(folder.path(), "0.1.0"), one);
  std::filesystem::rename(folder.path() / "r.yaml", folder.path() / "s.yaml");
  EXPECT_NE(CodeOfFolder(folder.path(), "0.1.0").files, one.files) << "names count";
  const auto read = ReadCodeVersion(CodeVersionJson(one), "code");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, one);
}

TEST(CodeOfFolder, WhatIsTooLargeIsNotRead) {
  const TemporaryFolder folder;
  for (int i = 0; i < 2001; ++i) std::ofstream(folder.path() / std::to_string(i)).put('x');
  EXPECT_THAT(CodeOfFolder(folder.path(), "v").note, HasSubstr("more than 2000 files"));
  EXPECT_THAT(CodeOfFolder(folder.path() / "none", "v").note, HasSubstr("cannot list"));
}

TEST(CodeVersion, WhatItIsNot) {
  const auto problem = [](const Json& json) { return ReadCodeVersion(json, "code").error().message; };
  EXPECT_THAT(problem({{"sinter", "1"}, {"commit", "abc"}}), HasSubstr("'commit' must be 40"));
  EXPECT_THAT(problem({{"diff", std::string(64, 'G')}}), HasSubstr("'diff' must be 64"));
  EXPECT_THAT(problem({{"note", std::string(301, 'n')}}), HasSubstr("'note' has more than 300"));
  EXPECT_THAT(problem({{"more", 1}}), HasSubstr("more"));
  EXPECT_EQ(*ReadCodeVersion(Json::object(), "code"), CodeVersion());
  EXPECT_EQ(CodeVersionJson({}), Json::object());
}

}  // namespace
}  // namespace sinter
