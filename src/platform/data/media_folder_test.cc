#include "platform/data/media_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MediaFolderTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, std::string_view text = "x") {
    const Path path = folder_.path() / name;
    SINTER_CHECK(MakeFolders(path.parent_path()).has_value());
    SINTER_CHECK(WriteFileAtomically(path, text).has_value());
  }
  // "SPLIT FILE LABEL", "-" where there is none.
  std::vector<std::string> Found() {
    const auto folder = ScanMediaFolder(folder_.path());
    EXPECT_TRUE(folder) << folder.error().ToString();
    std::vector<std::string> lines;
    for (const MediaEntry& e : folder->entries)
      lines.push_back(
          fmt::format("{} {} {}", e.split.empty() ? "-" : e.split, e.file, e.label.value_or("-")));
    return lines;
  }
  std::string Why() {
    const auto folder = ScanMediaFolder(folder_.path());
    return folder ? "found" : folder.error().ToString();
  }
  TemporaryFolder folder_;
};

TEST_F(MediaFolderTest, FoldersAreClasses) {
  for (const auto* name : {"dogs/b.PNG", "cats/a.jpg", "cats/more/c.jpeg", "cats/notes.txt",
                           "cats/.hidden.jpg", "__MACOSX/cats/a.jpg", ".git/x.png", "e.gif"})
    Write(name);
  EXPECT_THAT(Found(),
              ElementsAre("- cats/a.jpg cats", "- cats/more/c.jpeg cats", "- dogs/b.PNG dogs", "- e.gif -"));
  EXPECT_TRUE(HoldsMedia(folder_.path()));
  EXPECT_FALSE(HoldsMedia(folder_.path() / ".git" / "x.png"));
  EXPECT_THAT(ScanMediaFolder(folder_.path())->others, ElementsAre("cats/notes.txt"));
}

// Not among them: what says something of an example. The first names are kept, all are counted.
TEST_F(MediaFolderTest, OtherFilesAreToldOf) {
  for (const auto* name : {"a/1.png", "a/1.txt", "b/2.png", "b/3.txt", "z.pdf", "b/x.py", "c/.y", "b/y"})
    Write(name);
  Write("labels.csv", "file,label\na/1.png,one\nb/2.png,two\n");
  const auto folder = ScanMediaFolder(folder_.path());
  ASSERT_TRUE(folder) << folder.error().ToString();
  EXPECT_THAT(folder->others, ElementsAre("b/3.txt", "b/x.py", "b/y"));
  EXPECT_EQ(folder->other_files, 4u);
}

TEST_F(MediaFolderTest, TablesWithADrawingAreTables) {
  Write("plot.png");
  EXPECT_TRUE(HoldsMedia(folder_.path()));
  Write("train.csv");
  EXPECT_FALSE(HoldsMedia(folder_.path()));
  EXPECT_FALSE(HoldsMedia(folder_.path() / ""));
  Write("labels.csv");
  EXPECT_TRUE(HoldsMedia(folder_.path()));
}

TEST_F(MediaFolderTest, OneFolderIsNoClass) {
  Write("images/a.jpg");
  Write("images/b.jpg");
  EXPECT_THAT(Found(), ElementsAre("- images/a.jpg -", "- images/b.jpg -"));
}

TEST_F(MediaFolderTest, FoldersAreSplits) {
  for (const auto* name : {"train/cats/a.jpg", "train/dogs/b.jpg", "val/cats/c.jpg", "test/dogs/d.jpg"})
    Write(name);
  EXPECT_THAT(Found(), ElementsAre("test test/dogs/d.jpg dogs", "train train/cats/a.jpg cats",
                                   "train train/dogs/b.jpg dogs", "val val/cats/c.jpg cats"));
  Write("lost.jpg");
  EXPECT_THAT(Why(), HasSubstr("lost.jpg lies beside the folders of splits"));
}

TEST_F(MediaFolderTest, AListSaysIt) {
  for (const auto* name : {"a.jpg", "deep/b.jpg", "c.jpg"}) Write(name);
  Write("labels.csv", "label,file\nyes,a.jpg\n,deep/b.jpg\nno,gone.jpg\n");
  EXPECT_THAT(Found(), ElementsAre("- a.jpg yes", "- c.jpg -", "- deep/b.jpg -", "- gone.jpg no"));
  // Without names of columns: the file, then its class.
  Write("labels.csv", "a.jpg,yes\nc.jpg,no\n");
  EXPECT_THAT(Found(), ElementsAre("- a.jpg yes", "- c.jpg no", "- deep/b.jpg -"));
  // With splits, what is not listed is not taken.
  Write("labels.csv", "file_name,split,label\na.jpg,train,yes\nc.jpg,test,no\n");
  EXPECT_THAT(Found(), ElementsAre("train a.jpg yes", "test c.jpg no"));
}

TEST_F(MediaFolderTest, SoundsHaveTexts) {
  Write("a/1.wav");
  Write("a/1.txt", "good morning\n");
  Write("b/2.mp3");
  const auto folder = ScanMediaFolder(folder_.path());
  ASSERT_TRUE(folder) << folder.error().ToString();
  EXPECT_EQ(folder->kind, MediaKind::kSounds);
  EXPECT_EQ(folder->entries[0].text, "good morning");
  EXPECT_FALSE(folder->entries[1].text);
  EXPECT_THAT(Found(), ElementsAre("- a/1.wav a", "- b/2.mp3 b"));
  Write("c/3.png");
  EXPECT_THAT(Why(), HasSubstr("holds 1 pictures and 2 sounds"));
}

TEST_F(MediaFolderTest, CorporaOfSpeechAreKnown) {
  const auto texts = [&] {
    const auto folder = ScanMediaFolder(folder_.path());
    EXPECT_TRUE(folder) << folder.error().ToString();
    std::vector<std::string> lines;
    for (const MediaEntry& e : folder->entries)
      lines.push_back(fmt::format("{} {}: {}", e.split, e.file, e.text.value_or("-")));
    return lines;
  };
  Write("wavs/LJ001-0001.wav");
  Write("wavs/LJ001-0002.wav");
  Write("metadata.csv", "LJ001-0001|\"Printing, in 1890|\"Printing, in eighteen ninety\nLJ001-0003|a|b\n");
  EXPECT_THAT(texts(), ElementsAre(" LJ001-0003: b", " wavs/LJ001-0001.wav: \"Printing, in eighteen ninety",
                                   " wavs/LJ001-0002.wav: -"));
  std::filesystem::remove(folder_.path() / "metadata.csv");
  Write("clips/x.mp3");
  Write("clips/y.mp3");
  Write("train.tsv", "client_id\tpath\tsentence\tup_votes\n1\tx.mp3\tHe said \"no\".\t2\n");
  Write("test.tsv", "client_id\tpath\tsentence\tup_votes\n1\ty.mp3\tYes.\t2\n");
  EXPECT_THAT(texts(), ElementsAre("train clips/x.mp3: He said \"no\".", "test clips/y.mp3: Yes."));
  Write("test.tsv", "client_id\tpath\tsentence\n1\ty.mp3\n");
  EXPECT_THAT(Why(), HasSubstr("test.tsv: line 2: too few cells"));
}

TEST_F(MediaFolderTest, RefusalsSayWhere) {
  EXPECT_THAT(Why(), HasSubstr("holds no pictures and no sounds"));
  Write("a.jpg");
  Write("labels.csv", "file,label\na.jpg,x\na.jpg,y\n");
  EXPECT_THAT(Why(), HasSubstr("labels.csv: line 3: a.jpg stands twice"));
  Write("labels.csv", "file,label\n../../etc/passwd.jpg,x\n");
  EXPECT_THAT(Why(), HasSubstr("labels.csv: line 2: "));
  Write("labels.csv", "file,label,split\na.jpg,x,train\nb.jpg,x,\n");
  EXPECT_THAT(Why(), HasSubstr("b.jpg has no split"));
}

}  // namespace
}  // namespace sinter
