#include "base/scratch_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace sinter {
namespace {

// TMPDIR for as long as it lives.
class Temporary {
 public:
  explicit Temporary(const Path& path) { ::setenv("TMPDIR", path.c_str(), 1); }
  ~Temporary() { ::unsetenv("TMPDIR"); }
};

TEST(ScratchFolder, IsPrivateAndGoesWithItsObject) {
  const TemporaryFolder parent;
  const Temporary here(parent.path());
  Path path;
  {
    const auto folder = ScratchFolder::Create();
    ASSERT_TRUE(folder) << folder.error().ToString();
    path = (*folder)->path();
    EXPECT_EQ(path.parent_path(), parent.path());
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0700u);
    ASSERT_TRUE(WriteFileAtomically(path / "file", "bytes"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ScratchFolder, NowhereToMakeOneIsSaidNotFatal) {
  const Temporary nowhere("/nowhere/at/all");
  const auto folder = ScratchFolder::Create();
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("/nowhere/at/all"), std::string::npos) << folder.error().message;
  EXPECT_NE(folder.error().ToString().find("TMPDIR"), std::string::npos);
}

}  // namespace
}  // namespace sinter
