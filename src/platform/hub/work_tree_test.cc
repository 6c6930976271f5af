#include "platform/hub/work_tree.h"

#include <gtest/gtest.h>

#include "platform/hub/testing/git.h"

namespace sinter {
namespace {

std::string Git(const Path& tree, std::vector<std::string> words) {
  words.insert(words.begin(), {"-C", tree.string()});
  const GitRun run = RunGit(tree.parent_path(), std::move(words));
  EXPECT_EQ(run.code, 0) << run.text;
  return run.text;
}

void CommitAll(const Path& tree) {
  Git(tree, {"add", "-A"});
  Git(tree, {"commit", "-q", "-m", "all"});
}

TEST(WorkTree, WhatIsCommittedAndWhatDiffers) {
  const TemporaryFolder folder;
  const Path tree = folder.path() / "tree", inner = tree / "recipes";
  EXPECT_FALSE(StateOfWorkTree(folder.path())->has_value());
  ASSERT_TRUE(MakeFolders(inner));
  Git(tree, {"init", "-q", "-b", "main", "."});
  ASSERT_TRUE(WriteFileAtomically(inner / "r.yaml", "epochs: 1\n"));
  const auto unborn = *StateOfWorkTree(inner);
  ASSERT_TRUE(unborn);
  EXPECT_EQ(unborn->commit, "");
  EXPECT_TRUE(unborn->dirty);
  CommitAll(tree);
  const auto clean = *StateOfWorkTree(inner);
  EXPECT_EQ(clean->commit + "\n", Git(tree, {"rev-parse", "HEAD"}));
  EXPECT_FALSE(clean->dirty);
  EXPECT_EQ(clean->diff, "");

  ASSERT_TRUE(WriteFileAtomically(inner / "r.yaml", "epochs: 2\n"));
  const auto changed = *StateOfWorkTree(inner);
  EXPECT_TRUE(changed->dirty);
  EXPECT_EQ(changed->diff.size(), 64U);
  ASSERT_TRUE(WriteFileAtomically(inner / "r.yaml", "epochs: 3\n"));
  const auto other = *StateOfWorkTree(inner);
  EXPECT_NE(other->diff, changed->diff);
  Git(tree, {"add", "-A"});  // staged or not makes no difference
  EXPECT_EQ((*StateOfWorkTree(inner))->diff, other->diff);
  ASSERT_TRUE(WriteFileAtomically(inner / "r.yaml", "epochs: 2\n"));
  EXPECT_EQ((*StateOfWorkTree(inner))->diff, changed->diff) << "the same files, the same hash";
  ASSERT_TRUE(WriteFileAtomically(inner / "r.yaml", "epochs: 1\n"));
  Git(tree, {"add", "-A"});
  EXPECT_FALSE((*StateOfWorkTree(inner))->dirty);
  ASSERT_TRUE(WriteFileAtomically(tree / "helper.py", "x = 1\n"));
  const auto untracked = *StateOfWorkTree(inner);
  EXPECT_TRUE(untracked->dirty);
  ASSERT_TRUE(WriteFileAtomically(tree / "helper.py", "x = 2\n"));
  EXPECT_NE((*StateOfWorkTree(inner))->diff, untracked->diff);
  ASSERT_TRUE(WriteFileAtomically(tree / ".git/info/exclude", "helper.py\n"));
  EXPECT_FALSE((*StateOfWorkTree(inner))->dirty) << "what is ignored is no difference";
}

TEST(WorkTree, NothingOfTheFolderIsRun) {
  const TemporaryFolder folder;
  const Path tree = folder.path() / "tree", mark = folder.path() / "ran";
  ASSERT_TRUE(MakeFolders(tree));
  Git(tree, {"init", "-q", "-b", "main", "."});
  ASSERT_TRUE(WriteFileAtomically(tree / "a.txt", "one\n"));
  CommitAll(tree);
  const std::string touch = "touch " + mark.string();
  Git(tree, {"config", "core.fsmonitor", touch});
  Git(tree, {"config", "filter.evil.clean", touch + "; cat"});
  Git(tree, {"config", "diff.evil.command", touch});
  Git(tree, {"config", "diff.evil.textconv", touch});
  std::error_code ignored;
  std::filesystem::remove(mark, ignored);
  ASSERT_TRUE(WriteFileAtomically(tree / ".gitattributes", "*.txt filter=evil diff=evil\n"));
  ASSERT_TRUE(WriteFileAtomically(tree / "a.txt", "two\n"));
  const auto state = StateOfWorkTree(tree);
  ASSERT_TRUE(state) << state.error().ToString();
  EXPECT_TRUE((*state)->dirty);
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST(WorkTree, ABrokenRepositoryIsAnError) {
  const TemporaryFolder folder;
  const Path tree = folder.path() / "tree";
  ASSERT_TRUE(MakeFolders(tree));
  Git(tree, {"init", "-q", "-b", "main", "."});
  ASSERT_TRUE(WriteFileAtomically(tree / ".git/refs/heads/main", std::string(40, '1') + "\n"));
  const auto state = StateOfWorkTree(tree);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace sinter
