// Repositories judged by git itself: what we write it reads, checks and clones; what it writes we take or
// refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "platform/hub/lfs_pointer.h"
#include "platform/hub/repositories.h"
#include "platform/hub/testing/git.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;
using Files = std::vector<std::pair<std::string, std::string>>;

class GitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home", clock_);
    models_ = std::make_unique<Repositories>(RepositoryKind::kModel, *home_);
  }
  Manifest Of(const Files& files) {
    std::vector<ManifestFile> listed;
    for (const auto& [path, text] : files) {
      const BlobInfo info = *home_->store().Put(text);
      listed.push_back({path, info.size, info.digest});
    }
    return *Manifest::Make(std::move(listed));
  }
  static Files Model(std::string_view weights) {
    return {{"model.onnx", std::string("\0\1\xff", 3) + std::string(weights)},
            {"signature.json", "{}"},
            {"README.md", "# A model\n"},
            {"deep/er/notes.txt", ""}};
  }
  std::string Git(std::vector<std::string> words, int code = 0) {
    const GitRun run = RunGit(folder_.path(), std::move(words));
    EXPECT_EQ(run.code, code) << run.text;
    return run.text;
  }
  std::string InRepository(std::vector<std::string> words, int code = 0) {
    words.insert(words.begin(), "--git-dir=" + models_->GitFolder("m")->string());
    return Git(std::move(words), code);
  }
  void Fsck() {
    const std::string said = InRepository({"fsck", "--full", "--strict"});
    EXPECT_EQ(said.find("error"), said.npos) << said;
    EXPECT_EQ(said.find("warning"), said.npos) << said;
  }
  // A commit of `files` made by git, on top of what the repository has, and the pack that brings it.
  struct Made {
    GitId commit;
    std::string pack;
  };
  Made MakeWithGit(const Files& files, std::string_view message) {
    const Path work = folder_.path() / "work";
    if (!std::filesystem::exists(work)) {
      if (models_->GitFolder("m")) {
        Git({"clone", "-q", models_->GitFolder("m")->string(), work.string()});
      } else {
        Git({"init", "-q", work.string()});
      }
    }
    for (const auto& [path, text] : files) {
      EXPECT_TRUE(MakeFolders((work / path).parent_path()));
      EXPECT_TRUE(WriteFileAtomically(work / path, text));
    }
    Git({"-C", work.string(), "add", "-A"});
    Git({"-C", work.string(), "commit", "-q", "--allow-empty", "--allow-empty-message", "-m",
         std::string(message)});
    return Packed();
  }
  Made Packed() {
    const std::string work = (folder_.path() / "work").string();
    std::string head = Git({"-C", work, "rev-parse", "HEAD"});
    Git({"-C", work, "-c", "pack.threads=1", "repack", "-adq"});
    Made made{*ParseGitId(head.substr(0, 40)), {}};
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "work/.git/objects/pack")) {
      if (entry.path().extension() == ".pack") made.pack = *ReadFile(entry.path());
    }
    return made;
  }
  Result<RepositoryVersion> Push(const Made& made, const std::optional<GitId>& parent = std::nullopt) {
    return models_->Accept("m", std::as_bytes(std::span(made.pack)), made.commit, "main", parent, "ann");
  }
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Repositories> models_;
};

TEST_F(GitTest, ChecksReadsAndClonesWhatWeWrite) {
  const Files first = Model("one"), second = Model("two");
  auto v1 = models_->Add("m", Of(first), R"({"run":"r1"})", "ann <x> lee");
  ASSERT_TRUE(v1) << v1.error().ToString();
  clock_.Advance(std::chrono::seconds(5));
  auto v2 = models_->Add("m", Of(second), "", "bob");
  ASSERT_TRUE(v2) << v2.error().ToString();
  ASSERT_TRUE(models_->SetRef("m", "refs/tags/good", "1", {}, "ann"));
  ASSERT_TRUE(models_->SetRef("m", "refs/heads/dev/x", "main", {}, "ann"));
  Fsck();
  EXPECT_EQ(InRepository({"log", "--format=%H %P|%an|%ae|%at|%s", "main"}),
            v2->commit.Hex() + " " + v1->commit.Hex() + "|bob|bob@sinter.invalid|1700000005|Version 2\n" +
                v1->commit.Hex() + " |ann -x- lee|ann--x--lee@sinter.invalid|1700000000|Version 1\n");
  EXPECT_EQ(InRepository({"for-each-ref", "--format=%(refname) %(objectname)"}),
            "refs/heads/dev/x " + v2->commit.Hex() + "\nrefs/heads/main " + v2->commit.Hex() +
                "\nrefs/tags/good " + v1->commit.Hex() + "\n");
  EXPECT_EQ(InRepository({"show", "main:model.onnx"}),
            LfsPointerText({HashText(second[0].second), second[0].second.size()}));
  EXPECT_EQ(InRepository({"show", "main:.gitattributes"}), "*.onnx filter=lfs diff=lfs merge=lfs -text\n");

  // With git-lfs a clone has the bytes themselves, and finds nothing changed.
  const std::string clone = (folder_.path() / "clone").string();
  Git({"clone", "-q", models_->GitFolder("m")->string(), clone});
  for (const auto& [path, text] : second) EXPECT_EQ(*ReadFile(Path(clone) / path), text) << path;
  EXPECT_EQ(Git({"-C", clone, "status", "--porcelain"}), "");
  EXPECT_THAT(Git({"-C", clone, "lfs", "ls-files"}), HasSubstr("model.onnx"));
  EXPECT_THAT(Git({"-C", clone, "lfs", "fsck"}), HasSubstr("OK"));
  Git({"-C", clone, "checkout", "-q", "good"});
  EXPECT_EQ(*ReadFile(Path(clone) / "model.onnx"), first[0].second);
}

TEST_F(GitTest, ManifestsFollowFromCommits) {
  const Files files = Model("one");
  auto version = models_->Add("m", Of(files), "", "ann");
  ASSERT_TRUE(version) << version.error().ToString();
  const auto derived = ManifestOfGitCommit(*models_->GitFolder("m"), home_->store(), version->commit);
  ASSERT_TRUE(derived) << derived.error().ToString();
  EXPECT_EQ(derived->files, models_->ManifestOf(*version)->files);
  EXPECT_EQ(VersionId(*derived), version->id);
}

TEST_F(GitTest, OddFilesComeBackAsTheyWere) {
  Files files = Model("one");
  files.emplace_back("fake.txt", LfsPointerText({HashText("elsewhere"), 7}));
  EXPECT_THAT(models_->Add("m", Of(files), "", "ann").error().message, HasSubstr("'fake.txt' is a git-lfs"));
  files.pop_back();
  files.emplace_back("lie.txt", "version https://git-lfs.github.com/spec/v1\nhello\n");
  files.emplace_back("large.txt", std::string((1 << 20) + 1, 'x'));
  files.emplace_back("odd name [1]*.txt", std::string("\xff", 1));
  files.emplace_back(".gitattributes", "* -text\n");
  auto version = models_->Add("m", Of(files), "", "ann");
  ASSERT_TRUE(version) << version.error().ToString();
  files.pop_back();  // the hub's own, and no part of the version
  EXPECT_EQ(version->id, VersionId(Of(files)));
  EXPECT_EQ(ManifestOfGitCommit(*models_->GitFolder("m"), home_->store(), version->commit)->files,
            Of(files).files);
  Fsck();
  const std::string clone = (folder_.path() / "clone").string();
  Git({"clone", "-q", models_->GitFolder("m")->string(), clone});
  for (const auto& [path, text] : files) EXPECT_EQ(*ReadFile(Path(clone) / path), text) << path;
  EXPECT_EQ(Git({"-C", clone, "status", "--porcelain"}), "");
}

TEST_F(GitTest, TheSameAuthorTimeMessageAndTreeAreTheSameCommit) {
  auto here = models_->Add("m", Of(Model("one")), "", "ann");
  TemporaryFolder other;
  auto home = *Home::Open(other.path() / "home", clock_);
  for (const auto& [path, text] : Model("one")) ASSERT_TRUE(home->store().Put(text));
  Repositories elsewhere(RepositoryKind::kModel, *home);
  auto there = elsewhere.Add("another", Of(Model("one")), R"({"said":"other things"})", "ann");
  ASSERT_TRUE(there) << there.error().ToString();
  EXPECT_EQ(here->commit, there->commit);
}

TEST_F(GitTest, TheCacheIsMadeAgainWhateverHappensToIt) {
  auto v1 = models_->Add("m", Of(Model("one")), "", "ann");
  const Path cache = *models_->GitFolder("m");
  auto damage = [&](auto&& how) {
    how();
    auto log = models_->Log(*models_->Find("m"), 0, 10);
    ASSERT_TRUE(log) << log.error().ToString();
    Fsck();
  };
  auto first = [&](std::string_view extension) {
    for (const auto& entry : std::filesystem::directory_iterator(cache / "objects" / "pack"))
      if (entry.path().extension() == extension) return entry.path();
    return Path();
  };
  damage([&] { std::filesystem::remove_all(home_->CacheFolder()); });
  damage([&] { std::filesystem::remove(first(".pack")); });
  damage([&] { std::filesystem::remove(first(".idx")); });
  damage([&] { std::filesystem::remove(cache / "packed-refs"); });
  damage([&] { std::filesystem::remove_all(cache / "lfs"); });
  damage([&] {  // another file in its place: the store's own is a link to the same bytes
    const Path pack = first(".pack");
    const uint64_t size = *FileSize(pack);
    std::filesystem::remove(pack);
    ASSERT_TRUE(WriteFileAtomically(pack, std::string(size, 'x')));
  });
  EXPECT_EQ(Git({"-C", folder_.path().string(), "clone", "-q", cache.string(), "c"}), "");
  EXPECT_EQ(*ReadFile(folder_.path() / "c" / "model.onnx"), Model("one")[0].second);
  // Removed again and again while commits are made.
  std::atomic<bool> stop{false};
  std::thread remover([&] {
    while (!stop) {
      std::error_code ignored;
      std::filesystem::remove_all(home_->CacheFolder(), ignored);
      std::this_thread::yield();
    }
  });
  int made = 0;
  for (int i = 0; i < 5; ++i) made += models_->Add("m", Of(Model(std::to_string(i))), "", "ann").has_value();
  stop = true;
  remover.join();
  ASSERT_TRUE(models_->Add("m", Of(Model("last")), "", "ann"));
  EXPECT_EQ(models_->Find("m")->number, made + 2);
  Fsck();
}

TEST_F(GitTest, ManyPacksBecomeOne) {
  std::vector<GitId> commits;
  constexpr int kCommits = static_cast<int>(Repositories::kMostPacks) + 3;
  for (int i = 0; i < kCommits; ++i) {
    const auto version = models_->Add("m", Of(Model(std::to_string(i))), "", "ann");
    ASSERT_TRUE(version) << version.error().ToString();
    commits.push_back(version->commit);
  }
  EXPECT_EQ(home_->records().List({.kind = "model_pack"})->records.size(), 4u);
  Fsck();
  const std::string count = InRepository({"count-objects", "-v"});
  EXPECT_THAT(count, HasSubstr("packs: 4\n"));
  EXPECT_THAT(count, HasSubstr("garbage: 0\n"));
  EXPECT_EQ(InRepository({"rev-list", "--count", "main"}), std::to_string(kCommits) + "\n");
  ASSERT_TRUE(models_->Repack("m"));
  EXPECT_EQ(home_->records().List({.kind = "model_pack"})->records.size(), 1u);
  EXPECT_EQ(models_->Log(*models_->Find("m@1"), 0, 10)->at(0).commit, commits[0]);
  const std::string clone = (folder_.path() / "clone").string();
  Git({"clone", "-q", models_->GitFolder("m")->string(), clone});
  EXPECT_EQ(*ReadFile(Path(clone) / "model.onnx"), Model(std::to_string(kCommits - 1))[0].second);
}

TEST_F(GitTest, TakesACommitThatGitMade) {
  Files files = Model("one");
  files.emplace_back(".gitattributes", "*.onnx filter=lfs diff=lfs merge=lfs -text\n");
  const Made first = MakeWithGit(files, "By git");
  EXPECT_THAT(Push(first).error().message, HasSubstr("'model.onnx': the blob of its git-lfs pointer"));
  ASSERT_TRUE(home_->store().Put(files[0].second));  // as git-lfs sends it
  auto v1 = Push(first);
  ASSERT_TRUE(v1) << v1.error().ToString();
  EXPECT_EQ(v1->number, 1);
  EXPECT_EQ(v1->commit, first.commit);
  files.pop_back();
  EXPECT_EQ(v1->id, VersionId(Of(files)));
  EXPECT_EQ(models_->Find("m@" + first.commit.Hex())->number, 1);
  EXPECT_EQ(Push(first).error().code, ErrorCode::kConflict);  // main is there by now

  // Ours on top of git's, git's on top of ours.
  auto v2 = models_->Add("m", Of(Model("two")), "", "ann");
  ASSERT_TRUE(v2) << v2.error().ToString();
  std::filesystem::remove_all(folder_.path() / "work");
  const Made third = MakeWithGit({{"README.md", "# Better\n"}}, "By git again");
  EXPECT_EQ(Push(third, v1->commit).error().code, ErrorCode::kConflict);
  auto v3 = Push(third, v2->commit);
  ASSERT_TRUE(v3) << v3.error().ToString();
  EXPECT_EQ(v3->number, 3);
  const auto log = models_->Log(*v3, 0, 10);
  ASSERT_EQ(log->size(), 3u);
  EXPECT_EQ(log->at(0).message, "By git again\n");
  EXPECT_EQ(log->at(0).author, "tester");
  EXPECT_EQ(log->at(0).parents, std::vector<GitId>{v2->commit});
  EXPECT_EQ(models_->Log(*v3, 1, 1)->at(0).commit, v2->commit);
  Fsck();
}

TEST_F(GitTest, RefusesWhatNoVersionMayHold) {
  ASSERT_TRUE(models_->Add("m", Of(Model("one")), "", "ann"));
  const GitId parent = models_->Find("m")->commit;
  const Path work = folder_.path() / "work";
  auto refused = [&](
                     const Files& files, const std::function<void()>& more = [] {}) {
    std::filesystem::remove_all(work);
    MakeWithGit({}, "");
    more();
    const Made made = MakeWithGit(files, "trick");
    const auto pushed = Push(made, parent);
    EXPECT_EQ(models_->Find("m")->number, 1);
    return pushed ? std::string("accepted") : pushed.error().message;
  };
  const std::string lying = LfsPointerText({HashText(Model("one")[0].second), 99});
  EXPECT_THAT(refused({{"lie.txt", lying}}), HasSubstr("says 99 bytes"));
  EXPECT_THAT(refused({{"lie.txt", "version https://git-lfs.github.com/spec/v1\nx"}}), HasSubstr("pointer"));
  EXPECT_THAT(refused({{"readme.MD", "x"}}), HasSubstr("case alone"));
  EXPECT_THAT(refused({{"deep/.gitattributes", "x"}}), HasSubstr("git's own"));
  EXPECT_THAT(refused({{".lfsconfig", "x"}}), HasSubstr("git's own"));
  EXPECT_THAT(refused({{"x", "y"}}, [&] { std::filesystem::create_symlink("/etc/passwd", work / "link"); }),
              HasSubstr("symbolic link"));
  EXPECT_THAT(refused({{"x", "y"}}, [&] { std::filesystem::remove(work / "signature.json"); }),
              HasSubstr("signature.json"));
  // A trick that a later commit takes back is in the history all the same.
  EXPECT_THAT(refused({{"x", "y"}},
                      [&] {
                        MakeWithGit({{"a/.gitattributes", "x"}}, "in");
                        std::filesystem::remove_all(work / "a");
                      }),
              HasSubstr("git's own"));
}

TEST_F(GitTest, RefusesPacksThatAreNone) {
  const Made made = MakeWithGit(Model("one"), "By git");
  auto why = [&](std::string pack, const GitId& commit) {
    const auto pushed = Push({commit, std::move(pack)});
    EXPECT_FALSE(models_->Find("m"));
    return pushed ? std::string("accepted") : pushed.error().message;
  };
  EXPECT_THAT(why("", made.commit), HasSubstr("no git pack"));
  EXPECT_THAT(why(std::string(64, 'x'), made.commit), HasSubstr("no git pack"));
  std::string pack = made.pack;
  pack[7] = 9;
  EXPECT_THAT(why(pack, made.commit), HasSubstr("version 9"));
  pack = made.pack;
  pack[8] = '\x7f';
  EXPECT_THAT(why(pack, made.commit), HasSubstr("cannot hold"));
  EXPECT_THAT(why(made.pack, *ParseGitId(std::string(40, 'a'))), HasSubstr("does not hold the commit"));
  for (size_t cut = 32; cut < made.pack.size(); cut += 97)
    EXPECT_NE(why(made.pack.substr(0, cut), made.commit), "accepted") << cut;
  for (size_t at = 12; at < made.pack.size(); at += 37) {
    pack = made.pack;
    pack[at] = static_cast<char>(pack[at] ^ 0x10);
    EXPECT_NE(why(pack, made.commit), "accepted") << at;
  }
  // What the commit builds on is not here.
  MakeWithGit({{"more", "text"}}, "second");
  const std::string work = (folder_.path() / "work").string();
  const std::string list = (folder_.path() / "list").string();
  const GitId second = *ParseGitId(Git({"-C", work, "rev-parse", "HEAD"}).substr(0, 40));
  Git({"-C", work, "bundle", "create", "-q", list, "HEAD^..HEAD"});
  const std::string bundle = *ReadFile(list);
  EXPECT_THAT(why(bundle.substr(bundle.find("PACK")), second), HasSubstr("missing delta bases"));
  // Commits without their trees.
  const std::string commits = (folder_.path() / "commits.pack").string();
  ASSERT_EQ(
      std::system(("cd '" + work + "' && git rev-list HEAD | git pack-objects -q --stdout >'" + commits + "'")
                      .c_str()),
      0);
  EXPECT_THAT(why(*ReadFile(commits), second), HasSubstr("which is missing"));
  EXPECT_TRUE(Push({made.commit, made.pack}));
}

}  // namespace
}  // namespace sinter
