#include "platform/hub/lfs_pointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/file.h"
#include "platform/hub/testing/git.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

TEST(LfsPointer, IsTheTextThatGitLfsWrites) {
  TemporaryFolder folder;
  const std::string contents("weights\0\1\2", 10);
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "file", contents));
  const GitRun lfs = RunGit(folder.path(), {"lfs", "pointer", "--file=" + (folder.path() / "file").string()});
  ASSERT_EQ(lfs.code, 0) << lfs.text;
  const LfsPointer pointer{HashText(contents), contents.size()};
  EXPECT_THAT(lfs.text, HasSubstr(LfsPointerText(pointer)));
  const auto back = ParseLfsPointer(LfsPointerText(pointer));
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(**back, pointer);
}

TEST(LfsPointer, OtherTextsAreFiles) {
  EXPECT_FALSE(*ParseLfsPointer(""));
  EXPECT_FALSE(*ParseLfsPointer("hello\n"));
  EXPECT_FALSE(*ParseLfsPointer("version https://git-lfs.github.com/spec/v0\n"));
  EXPECT_FALSE(*ParseLfsPointer(LfsPointerText({}) + std::string(1024, 'x')));
}

TEST(LfsPointer, LiesAreRefused) {
  const std::string good = LfsPointerText({HashText("a"), 1});
  auto why = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto parsed = ParseLfsPointer(text);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(why("size 1", "size 2"), "accepted");
  EXPECT_THAT(why("size 1", "size 01"), HasSubstr("size that is no number"));
  EXPECT_THAT(why("size 1", "size -1"), HasSubstr("size that is no number"));
  EXPECT_THAT(why("size 1", "size 99999999999999999999999"), HasSubstr("size that is no number"));
  EXPECT_THAT(why("size 1\n", "size 1"), HasSubstr("within a line"));
  EXPECT_THAT(why("size 1\n", "size 1\nsize 1\n"), HasSubstr("twice"));
  EXPECT_THAT(why("size 1\n", ""), HasSubstr("lacks"));
  EXPECT_THAT(why("sha256:", "sha1:"), HasSubstr("no sha256"));
  EXPECT_THAT(why("oid ", "aaa b\noid "), HasSubstr("does not know"));
  EXPECT_THAT(why("oid ", "ext-0-x sha256:1\noid "), HasSubstr("extensions"));
  EXPECT_THAT(why("spec/v1\n", "spec/v1 \n"), HasSubstr("without a key"));
  EXPECT_THAT(why("size 1\n", "size 1\n\n"), HasSubstr("without a key"));
}

// Git's own reading of the file that we write, over names made to trip it.
TEST(LfsPointer, AttributesNameExactlyTheLargeFiles) {
  TemporaryFolder folder;
  const std::array<std::string_view, 11> large{"a.onnx",      "deep/er/b.onnx", "mixed.dat", "with space.x1",
                                               "star*.y",     "br[a]cket",      "quo\"te.z", "ques?tion",
                                               "back.d/file", "\xc3\xa9.bin",   "x/!bang"};
  const std::array<std::string_view, 10> small{"README.md", "other.dat",   "a.txt", "onnx",
                                               "starx.y",   "brcket",      "bra",   "questiontion",
                                               "file",      "deep/x/!bang"};
  ASSERT_EQ(RunGit(folder.path(), {"init", "-q", (folder.path() / "r").string()}).code, 0);
  const std::string text = LfsAttributes(large, small);
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "r" / ".gitattributes", text));
  EXPECT_THAT(text, HasSubstr("*.onnx filter=lfs diff=lfs merge=lfs -text\n"));
  auto filter = [&](std::string_view path) {
    const GitRun asked = RunGit(folder.path(), {"-C", (folder.path() / "r").string(), "check-attr", "-z",
                                                "filter", "--", std::string(path)});
    const std::string value = asked.text.substr(asked.text.find('\0') + 1);
    return std::string(value.substr(value.find('\0') + 1).c_str());
  };
  for (const std::string_view path : large) EXPECT_EQ(filter(path), "lfs") << path << "\n" << text;
  for (const std::string_view path : small) EXPECT_EQ(filter(path), "unspecified") << path << "\n" << text;
}

}  // namespace
}  // namespace sinter
