#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <nlohmann/json.hpp>

#include "media/sound/sound.h"
#include "platform/labels/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kRate = 8000, kSamples = 800;

// "sounds": 4 rows of 800 samples, a tone of 200 Hz and more each; of row i the first (i + 1) / 40 s are its
// own. Of the last the length is not known. Beside it a text.
class LabellingSoundTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home");
    datasets_ = std::make_unique<Repositories>(RepositoryKind::kDataset, *home_);
    labellings_ = std::make_unique<Labellings>(home_->records(), home_->store(), *datasets_, source_);
    Add("sounds", R"({"import":{"rate":8000}})");
    Add("numbers", "{}");
  }
  void Add(const std::string& name, std::string_view details) {
    std::string sound, seconds, text, offsets;
    const auto put = [](std::string& out, auto value) {
      out.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    put(offsets, uint64_t{0});
    for (int row = 0; row < 4; ++row) {
      for (int i = 0; i < kSamples; ++i) {
        const bool own = row == 3 || i < (row + 1) * 200;
        put(sound, own ? static_cast<float>(0.5 * std::sin(i * (row + 1) * 0.157)) : 0.0F);
      }
      put(seconds, row == 3 ? std::numeric_limits<double>::quiet_NaN() : (row + 1) / 40.0);
      text += "text";
      put(offsets, static_cast<uint64_t>(text.size()));
    }
    DatasetInfo info{{{"sound", ColumnKind::kVector, DType::kF32, {kSamples}},
                      {"seconds", ColumnKind::kNumber, DType::kF64, {}, {}, true},
                      {"text", ColumnKind::kText, DType::kU8, {}}},
                     {{"train", 4}}};
    NameFiles(info.columns);
    std::vector<ManifestFile> files;
    const auto file = [&](std::string path, const std::string& bytes) {
      const auto blob = *home_->store().Put(bytes);
      files.push_back({std::move(path), blob.size, blob.digest});
    };
    file(std::string(kDatasetFile), DatasetText(info));
    file(ColumnPath("train", info.columns[0]), sound);
    file(ColumnPath("train", info.columns[1]), seconds);
    file(ColumnPath("train", info.columns[2]), text);
    file(OffsetsPath("train", info.columns[2]), offsets);
    const auto added = datasets_->Add(name, *Manifest::Make(std::move(files)), details, "ann");
    ASSERT_TRUE(added) << added.error().ToString();
  }
  Status Create(const std::string& name, const Json& spec) {
    TRY(LabellingSpec read, ReadLabellingSpec(spec));
    TRY_STATUS(labellings_->Create(name, std::move(read), "ann"));
    return {};
  }
  Json Content(const std::string& name, size_t item) {
    return (*labellings_->Next(name, "ana", 10))["items"][item]["content"];
  }
  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Repositories> datasets_;
  ColumnSource source_;
  std::unique_ptr<Labellings> labellings_;
};

TEST_F(LabellingSoundTest, IsHeardAsLongAsItIs) {
  ASSERT_TRUE(Create("said", {{"dataset", "sounds"}, {"task", "transcript"}}));
  EXPECT_EQ((*labellings_->Show("said"))["spec"]["content"], "sound");
  EXPECT_EQ(Content("said", 1), Json({{"kind", "sound"}, {"rate", kRate}, {"seconds", 0.05}}));
  EXPECT_EQ(Content("said", 3)["seconds"], 0.1);
  for (const int row : {0, 1, 2, 3}) {
    const auto media = labellings_->Media("said", row);
    ASSERT_TRUE(media) << media.error().ToString();
    EXPECT_EQ(media->type, "audio/wav");
    const auto sound = DecodeSound(std::as_bytes(std::span(media->bytes)));
    ASSERT_TRUE(sound) << sound.error().ToString();
    EXPECT_EQ(sound->rate, kRate);
    ASSERT_EQ(sound->samples.size(), row == 3 ? 800u : 200u * (static_cast<size_t>(row) + 1));
    EXPECT_NEAR(sound->samples[77], 0.5 * std::sin(77 * (row + 1) * 0.157), 1e-4);
  }
  EXPECT_EQ(labellings_->Media("said", 4).error().code, ErrorCode::kNotFound);
  // The transcript goes into a version, and the next labelling of that has its sound too.
  ASSERT_TRUE(labellings_->Answer("said", 2, "ana", {{"value", {{"text", "two"}}}}, "ana"));
  const auto committed = labellings_->Commit("said", {}, "ann");
  ASSERT_TRUE(committed) << committed.error().ToString();
  EXPECT_EQ(committed->ref, "sounds@2");
  ASSERT_TRUE(Create("again", {{"dataset", "sounds"},
                               {"task", "transcript"},
                               {"column", "labels"},
                               {"rows", {{"where", "labels is missing"}}}}));
  EXPECT_EQ((*labellings_->Show("again"))["status"]["items"], 3);
  EXPECT_EQ(Content("again", 2)["kind"], "sound");
}

TEST_F(LabellingSoundTest, NumbersAreSoundWhenSomebodySaysTheirRate) {
  ASSERT_TRUE(Create("rows", {{"dataset", "numbers"}, {"task", "transcript"}, {"content", "sound"}}));
  EXPECT_EQ(Content("rows", 0)["kind"], "row");
  EXPECT_EQ(labellings_->Media("rows", 0).error().code, ErrorCode::kUnsupported);
  ASSERT_TRUE(Create("rated", {{"dataset", "numbers"}, {"task", "transcript"}, {"rate", 16'000}}));
  EXPECT_EQ(Content("rated", 0), Json({{"kind", "sound"}, {"rate", 16'000}, {"seconds", 0.025}}));
  const Status text =
      Create("x", {{"dataset", "sounds"}, {"task", "transcript"}, {"content", "text"}, {"rate", 8000}});
  EXPECT_THAT(text.error().message, HasSubstr("content is no sound"));
  EXPECT_THAT(Create("x", {{"dataset", "sounds"}, {"rate", 10}}).error().ToString(),
              HasSubstr("must be 1,000 to 192,000"));
  // Other columns of a data set of sound are shown as they are.
  ASSERT_TRUE(Create("text", {{"dataset", "sounds"}, {"task", "transcript"}, {"content", "text"}}));
  EXPECT_EQ(Content("text", 0)["kind"], "text");
}

TEST(SoundRate, StandsInTheDetailsOfAnImport) {
  EXPECT_EQ(SoundRateOf(R"({"import":{"rate":16000}})"), 16'000);
  for (const char* none :
       {"", "[]", "{}", R"({"import":1})", R"({"import":{}})", R"({"import":{"rate":"x"}})",
        R"({"import":{"rate":0}})", R"({"import":{"rate":1e9}})"})
    EXPECT_EQ(SoundRateOf(none), 0) << none;
}

}  // namespace
}  // namespace sinter
