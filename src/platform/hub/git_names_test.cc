#include "platform/hub/git_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "platform/hub/testing/git.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(GitNames, PathsThatGitOrAnotherSystemWouldTakeForItsOwn) {
  for (const char* path : {"a", "a/b.txt", ".gitattributes", ".gitignore", "a/.gitkeep", "git", "gitx~1x",
                           "a b/c", "\xc3\xa9", "a/.github/x", "digits~1"}) {
    EXPECT_TRUE(CheckGitPath(path)) << path;
  }
  for (const char* path : {".git",
                           ".git/hooks/post-checkout",
                           "a/.git/config",
                           ".GIT",
                           "a/.Git",
                           ".git.",
                           ".git ",
                           ".git::$INDEX",
                           "git~1",
                           "GIT~1/config",
                           "gitmod~1",
                           "gi7eba~1",
                           ".g\xe2\x80\x8cit",
                           ".git\xef\xbb\xbf",
                           ".gitmodules",
                           "a/.gitattributes",
                           ".lfsconfig",
                           "...",
                           "a/. .",
                           "../a",
                           "/a",
                           "a//b",
                           "a\\b",
                           "a\nb"}) {
    EXPECT_EQ(CheckGitPath(path).error().code, ErrorCode::kInvalidArgument) << path;
  }
  EXPECT_FALSE(CheckGitPath(std::string_view("a\0b", 3)));
  EXPECT_FALSE(CheckGitPath("\xff"));
  EXPECT_FALSE(CheckGitPath(std::string(1025, 'a')));
}

TEST(GitNames, TreesWhosePathsGetIntoEachOthersWay) {
  auto why = [](const std::vector<std::string>& paths) {
    std::vector<ManifestFile> files;
    files.reserve(paths.size());
    for (const std::string& path : paths) files.push_back({path, 0, {}});
    const auto checked = CheckGitTree(files);
    return checked ? std::string("accepted") : checked.error().message;
  };
  EXPECT_EQ(why({"a", "a-b", "b/c", "b/d"}), "accepted");
  EXPECT_THAT(why({"README.md", "readme.md"}), HasSubstr("case alone"));
  EXPECT_THAT(why({"Data/a", "data/b"}), HasSubstr("'Data' and 'data'"));
  EXPECT_THAT(why({"a", "b/.git"}), HasSubstr("git's own"));
}

// Git's own judgement on the same names: what we accept, it accepts.
TEST(GitNames, RefsThatGitAccepts) {
  TemporaryFolder folder;
  for (const char* name : {"dev", "feature/x", "v1.0", "a-b_c", "\xc3\xa9", "1a", "abc"}) {
    EXPECT_TRUE(CheckRefName(name)) << name;
    EXPECT_EQ(RunGit(folder.path(), {"check-ref-format", "refs/heads/" + std::string(name)}).code, 0) << name;
  }
  for (const char* name : {"", "/a", "a/", "a//b", ".a", "a/.b", "a.", "a.lock", "a..b", "a b", "a~b", "a^b",
                           "a:b", "a?b", "a*b", "a[b", "a\\b", "a\x7f", "a.lock/b"}) {
    EXPECT_EQ(CheckRefName(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_NE(RunGit(folder.path(), {"check-ref-format", "refs/heads/" + std::string(name)}).code, 0) << name;
  }
  // Ours alone: they read as something else.
  for (const char* name : {"-a", "a@b", "12", "latest", "HEAD", "abcdef0", "0123456789abcdef"})
    EXPECT_FALSE(CheckRefName(name)) << name;
  EXPECT_FALSE(CheckRefName(std::string(201, 'a')));
  EXPECT_FALSE(CheckRefName("\xff"));
}

}  // namespace
}  // namespace sinter
