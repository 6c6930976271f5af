#include "platform/hub/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::HasSubstr;

ManifestFile File(std::string path, std::string_view contents) {
  return {std::move(path), contents.size(), HashText(contents)};
}

TEST(Manifest, OneTextForOneVersion) {
  auto manifest = Manifest::Make({File("b/c", "two"), File("a", "one")});
  ASSERT_TRUE(manifest);
  const std::string text = ManifestText(*manifest);
  EXPECT_EQ(text, R"({"files":[{"path":"a","sha256":")" + HashText("one").Hex() +
                      R"(","size":3},{"path":"b/c","sha256":")" + HashText("two").Hex() +
                      R"(","size":3}],"format":"sinter.manifest.v1"})");
  auto back = ParseManifest(text);
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(back->files, manifest->files);
  EXPECT_EQ(VersionId(*manifest), VersionId(*Manifest::Make({File("a", "one"), File("b/c", "two")})));
  EXPECT_EQ(manifest->Find("b/c")->size, 3u);
  EXPECT_EQ(manifest->Find("b"), nullptr);
}

TEST(Manifest, RefusesTricks) {
  auto why = [](std::vector<ManifestFile> files) {
    auto manifest = Manifest::Make(std::move(files));
    return manifest ? std::string("accepted") : manifest.error().message;
  };
  EXPECT_THAT(why({File("../a", "")}), HasSubstr("'..'"));
  EXPECT_THAT(why({File("/etc/passwd", "")}), HasSubstr("absolute"));
  EXPECT_THAT(why({File("a\\b", "")}), HasSubstr("backslash"));
  EXPECT_THAT(why({File("\xff", "")}), HasSubstr("UTF-8"));
  EXPECT_THAT(why({File(std::string("a\0b", 3), "")}), HasSubstr("control"));
  EXPECT_THAT(why({File(std::string(1025, 'a'), "")}), HasSubstr("1,024"));
  EXPECT_THAT(why({File("a", "1"), File("a", "2")}), HasSubstr("twice"));
  EXPECT_THAT(why({File("a", "1"), File("a-b", "3"), File("a/b", "2")}), HasSubstr("folder of 'a/b'"));
}

TEST(Manifest, RefusesOtherTexts) {
  const std::string text = ManifestText(*Manifest::Make({File("a", "one")}));
  auto why = [](std::string_view t) {
    auto manifest = ParseManifest(t);
    return manifest ? std::string("accepted") : manifest.error().message;
  };
  auto with = [&](std::string_view from, std::string_view to) {
    std::string t = text;
    t.replace(t.find(from), from.size(), to);
    return why(t);
  };
  EXPECT_EQ(why(text), "accepted");
  EXPECT_THAT(why(" " + text), HasSubstr("canonical"));
  EXPECT_THAT(why(text.substr(0, 40)), HasSubstr("not JSON"));
  EXPECT_THAT(with("v1", "v9"), HasSubstr("sinter.manifest.v9"));
  EXPECT_THAT(with("\"size\":3", "\"size\":-3"), HasSubstr("negative"));
  EXPECT_THAT(with("\"size\":3", "\"size\":3,\"x\":1"), HasSubstr("unknown field 'x'"));
  EXPECT_THAT(with("\"path\":\"a\"", "\"path\":\"..\""), HasSubstr("'..'"));
  EXPECT_THAT(with(HashText("one").Hex(), "12"), HasSubstr("64 lower-case"));
}

TEST(Manifest, IsKeptWithItsFilesOnly) {
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  const Manifest manifest = *Manifest::Make({File("a", "one")});
  EXPECT_EQ(PutManifest(*store, manifest).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(store->Put("one"));
  auto id = PutManifest(*store, manifest);
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, VersionId(manifest));
  EXPECT_EQ(ReadManifest(*store, *id)->files, manifest.files);
  Manifest lying = manifest;
  lying.files[0].size = 4;
  EXPECT_EQ(PutManifest(*store, lying).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sinter
