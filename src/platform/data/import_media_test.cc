#include "platform/data/import_media.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "media/pictures/png.h"
#include "platform/data/media_protocol.h"
#include "platform/data/profile.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Counts what it is asked.
class CountingDecoder final : public MediaDecoder {
 public:
  explicit CountingDecoder(std::atomic<int>& decoded) : decoded_(decoded) {}
  Result<PictureInfo> Inspect(std::span<const std::byte> file) override { return local_.Inspect(file); }
  Result<MediaRow> Decode(std::span<const std::byte> file, const MediaForm& form) override {
    ++decoded_;
    return local_.Decode(file, form);
  }

 private:
  LocalMediaDecoder local_;
  std::atomic<int>& decoded_;
};

class ImportMediaTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *BlobStore::Open(folder_.path() / "store"); }
  Path Pictures() const { return folder_.path() / "pictures"; }
  void Write(const std::string& name, std::string_view bytes) {
    const Path path = Pictures() / name;
    SINTER_CHECK(MakeFolders(path.parent_path()).has_value());
    SINTER_CHECK(WriteFileAtomically(path, bytes).has_value());
  }
  // A picture of one shade, told from others by it.
  static std::string Png(int64_t height, int64_t width, int64_t channels, int shade) {
    return *EncodePng(
        std::vector<uint8_t>(static_cast<size_t>(height * width * channels), static_cast<uint8_t>(shade)),
        height, width, channels);
  }
  Result<ImportedMedia> Try(MediaImport& import) {
    auto folder = ScanMediaFolder(Pictures());
    if (!folder) return std::move(folder).error();
    import.folder = *std::move(folder);
    for (int i = 0; i < 3; ++i) import.decoders.push_back(std::make_unique<CountingDecoder>(decoded_));
    import.on_damaged = [&](const std::string& file, const Error& why) {
      damaged_.push_back(fmt::format("{}: {}", file, why.message));
    };
    return ImportMedia(*store_, import);
  }
  std::shared_ptr<const DatasetVersion> Import(MediaImport import = {}) {
    last_ = Try(import);
    SINTER_CHECK(last_.has_value() || (fmt::print("{}\n", last_.error().ToString()), false));
    return *DatasetVersion::Open(*store_, last_->dataset.id);
  }
  // "SPLIT FILE LABEL FIRST-PIXEL"
  static std::vector<std::string> Rows(const DatasetVersion& v) {
    std::vector<std::string> lines;
    for (size_t s = 0; s < v.info().splits.size(); ++s) {
      for (int64_t row = 0; row < v.Rows(s); ++row) {
        lines.push_back(fmt::format(
            "{} {} {} {}", v.info().splits[s].name, v.Text(s, *v.ColumnIndex("file"), row),
            CellText(v.CellAt(s, *v.ColumnIndex("label"), row)), static_cast<int>(v.Row(s, 0, row)[0])));
      }
    }
    return lines;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
  std::atomic<int> decoded_ = 0;
  std::vector<std::string> damaged_;
  Result<ImportedMedia> last_ = Internal("none");
};

TEST_F(ImportMediaTest, ColumnsAreWhatTheFolderSays) {
  Write("train/dark/a.png", Png(4, 6, 1, 10));
  Write("train/light/b.png", Png(4, 6, 3, 200));
  Write("test/light/c.png", Png(8, 12, 1, 210));
  const auto version = Import();
  EXPECT_THAT(Rows(*version),
              ElementsAre("train train/dark/a.png dark 10", "train train/light/b.png light 200",
                          "test test/light/c.png light 210"));
  // The commonest size, in colour because one of them is.
  EXPECT_THAT(version->info().columns[0].shape, ElementsAre(4, 6, 3));
  EXPECT_EQ(version->info().label, "label");
  EXPECT_EQ(version->Text(0, *version->ColumnIndex("sha256"), 0), HashText(Png(4, 6, 1, 10)).Hex());
  EXPECT_EQ(Import()->id(), version->id());
}

TEST_F(ImportMediaTest, SizesAreFoundOrAskedFor) {
  Write("a.png", Png(300, 448, 1, 10));
  const auto version = Import();
  EXPECT_THAT(version->info().columns[0].shape, ElementsAre(150, 224));  // 224 on the long side, grey
  EXPECT_FALSE(version->ColumnIndex("label"));
  EXPECT_TRUE(SampleGrid(*version, HashShare(HashText(Png(300, 448, 1, 10))) < 0.2 ? 1 : 0));
  MediaImport import;
  import.size = {8, 16};
  import.channels = 3;
  import.fit = PictureFit::kCrop;
  EXPECT_THAT(Import(std::move(import))->info().columns[0].shape, ElementsAre(8, 16, 3));
  MediaImport wrong;
  wrong.size = {8, 5000};
  EXPECT_THAT(Try(wrong).error().message, HasSubstr("sides are 1 to 4,096"));
}

TEST_F(ImportMediaTest, NoRowLeavesItsSplit) {
  for (int i = 0; i < 40; ++i)
    Write(fmt::format("{}/{}.png", i % 2 == 0 ? "even" : "odd", i), Png(2, 2, 1, i));
  const auto first = Rows(*Import());
  for (int i = 40; i < 60; ++i)
    Write(fmt::format("{}/{}.png", i % 2 == 0 ? "even" : "odd", i), Png(2, 2, 1, i));
  const auto second = Rows(*Import());
  EXPECT_EQ(second.size(), 60u);
  for (const std::string& row : first) EXPECT_THAT(second, ::testing::Contains(row));
  const auto tests = std::ranges::count_if(second, [](const auto& row) { return row.starts_with("test"); });
  EXPECT_GT(tests, 4);
  EXPECT_LT(tests, 24);
}

TEST_F(ImportMediaTest, OnlyNewFilesAreDecoded) {
  for (int i = 0; i < 10; ++i) Write(fmt::format("{}/{}.png", i % 2, i), Png(6, 5, 1, i * 10));
  const auto first = Import();
  EXPECT_EQ(decoded_, 10);
  Write("2/new.png", Png(50, 50, 1, 99));
  std::filesystem::rename(Pictures() / "0" / "0.png", Pictures() / "0" / "renamed.png");
  MediaImport import;
  import.earlier = first;
  import.earlier_fit = PictureFit::kLetterbox;
  const auto second = Import(std::move(import));
  EXPECT_EQ(decoded_, 11);
  EXPECT_EQ(last_->known, 10);
  EXPECT_THAT(second->info().columns[1].classes, ElementsAre("0", "1", "2"));
  // The same as if all had been decoded, but for the size, which the data set keeps.
  MediaImport again;
  again.size = {6, 5};
  EXPECT_EQ(Import(std::move(again))->id(), second->id());
  // Another form is decoded anew.
  MediaImport other;
  other.earlier = second;
  other.earlier_fit = PictureFit::kLetterbox;
  other.size = {3, 3};
  decoded_ = 0;
  EXPECT_THAT(Import(std::move(other))->info().columns[0].shape, ElementsAre(3, 3));
  EXPECT_EQ(decoded_, 11);
}

TEST_F(ImportMediaTest, DamageIsToldOfEachFile) {
  const std::string whole = Png(20, 20, 1, 5);
  Write("a/good.png", Png(20, 20, 1, 6));
  Write("a/cut.png", std::string_view(whole).substr(0, whole.size() - 20));
  std::string pixels = whole;
  pixels[pixels.size() - 20] ^= 1;  // seen when it is decoded, not before
  Write("a/pixels.png", pixels);
  Write("b/nothing.jpg", "");
  Write("b/text.png", "hello");
  Write("b/other.gif", "GIF89a");
  MediaImport import;
  const auto refused = Try(import);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "5 of 6 files cannot be read");
  EXPECT_THAT(damaged_, ElementsAre("a/cut.png: PNG: it is cut short", "b/nothing.jpg: it is empty",
                                    "b/other.gif: it is a GIF file; pictures are read from JPEG and PNG",
                                    "b/text.png: it is no picture: neither JPEG nor PNG",
                                    HasSubstr("a/pixels.png: PNG: IDAT")));
  MediaImport skipping;
  skipping.skip_damaged = true;
  EXPECT_THAT(Rows(*Import(std::move(skipping))), ElementsAre(HasSubstr("a/good.png a 6")));
  EXPECT_EQ(last_->damaged, 5);
  std::filesystem::remove(Pictures() / "a" / "good.png");
  MediaImport none;
  none.skip_damaged = true;
  EXPECT_THAT(Try(none).error().message, HasSubstr("can be read"));
}

TEST_F(ImportMediaTest, ProfileKnowsRowsByTheirPixels) {
  std::vector<uint8_t> slope(20 * 20 * 3);
  for (size_t i = 0; i < slope.size(); ++i) slope[i] = static_cast<uint8_t>(i / 3 * 7 % 251);
  Write("train/a/1.png", *EncodePng(slope, 20, 20, 3));
  Write("train/b/2.png", *EncodePng(slope, 20, 20, 3));
  slope[0] ^= 3;  // another file, and almost the same colours
  Write("test/a/3.png", *EncodePng(slope, 20, 20, 3));
  const auto profile = ProfileDataset(*Import());
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->splits[0].duplicates, 1);
  EXPECT_EQ(profile->splits[0].contradictions, 1);
  EXPECT_EQ(profile->splits[1].near_in_earlier_splits, 1);
  const auto grid = SampleGrid(*Import(), 0);
  ASSERT_TRUE(grid) << grid.error().ToString();
  const auto shown = DecodePicture(std::as_bytes(std::span(*grid)));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->channels, 3);
}

// 16 bits, one channel.
std::string Wav(const std::vector<int16_t>& samples, uint32_t rate) {
  const auto put = [](std::string& out, auto value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const auto bytes = static_cast<uint32_t>(samples.size() * 2);
  std::string out = "RIFF";
  put(out, uint32_t{36} + bytes);
  out += "WAVEfmt ";
  for (const uint32_t value : {uint32_t{16}, uint32_t{0x10001}, rate, rate * 2, uint32_t{0x100002}})
    put(out, value);
  out += "data";
  put(out, bytes);
  for (const int16_t sample : samples) put(out, sample);
  return out;
}

TEST_F(ImportMediaTest, SoundsAreCutOrFilledUp) {
  Write("train/low/a.wav", Wav(std::vector<int16_t>(3000, 8192), 1000));
  Write("train/low/b.wav", Wav({16384, -16384}, 1000));
  Write("train/low/b.txt", "short");
  Write("test/high/c.wav", Wav(std::vector<int16_t>(40, 100), 8000));
  MediaImport import;
  import.seconds = 2;
  import.rate = 1000;
  const auto version = Import(std::move(import));
  std::vector<std::string> names;
  for (const DatasetColumn& c : version->info().columns) names.push_back(c.name);
  EXPECT_THAT(names, ElementsAre("sound", "label", "seconds", "text", "file", "sha256"));
  EXPECT_THAT(version->info().columns[0].shape, ElementsAre(2000));
  const auto sample = [&](int64_t row, size_t at) {
    float value = 0;
    std::memcpy(&value, version->Row(0, 0, row).data() + at * sizeof value, sizeof value);
    return value;
  };
  EXPECT_EQ(sample(0, 1999), 0.25f);
  EXPECT_EQ(sample(1, 0), 0.5f);
  EXPECT_EQ(sample(1, 1), -0.5f);
  EXPECT_EQ(sample(1, 2), 0.0f);
  EXPECT_DOUBLE_EQ(version->Number(0, 2, 0), 3);
  EXPECT_DOUBLE_EQ(version->Number(1, 2, 0), 0.005);
  EXPECT_EQ(version->Text(0, 3, 1), "short");
  EXPECT_TRUE(version->Missing(0, 3, 0));
  // Rate and length stay, and what is known is not decoded again.
  decoded_ = 0;
  MediaImport again;
  again.earlier = version;
  again.earlier_rate = 1000;
  EXPECT_EQ(Import(std::move(again))->id(), version->id());
  EXPECT_EQ(decoded_, 0);
}

TEST_F(ImportMediaTest, StopsWhenAsked) {
  for (int i = 0; i < 5; ++i) Write(fmt::format("{}.png", i), Png(2, 2, 1, i));
  MediaImport import;
  CancelSource cancel;
  cancel.Cancel();
  import.folder = *ScanMediaFolder(Pictures());
  import.decoders.push_back(std::make_unique<LocalMediaDecoder>());
  EXPECT_EQ(ImportMedia(*store_, import, cancel.token()).error().code, ErrorCode::kCancelled);
}

TEST(MediaProtocol, QuestionsAndAnswersComeBack) {
  const std::string file = "\x01\n\x02";
  const MediaForm form{.shape = {4, 6, 3}, .fit = PictureFit::kCrop};
  const std::string asked = EncodeMediaQuestion({form, std::as_bytes(std::span(file))});
  const auto question = DecodeMediaQuestion(asked);
  ASSERT_TRUE(question) << question.error().ToString();
  EXPECT_EQ(question->form, form);
  EXPECT_EQ(question->file.size(), 3u);
  EXPECT_FALSE(DecodeMediaQuestion(EncodeMediaQuestion({std::nullopt, {}}))->form);
  EXPECT_EQ(DecodeMediaInfo(EncodeMediaInfo({4, 6, 3})).value_or(PictureInfo()), (PictureInfo{4, 6, 3}));
  const std::vector<std::byte> row(72, std::byte{7});
  EXPECT_EQ(DecodeMediaRow(EncodeMediaRow({row}, form.kind), form).value_or(MediaRow()).bytes, row);
  const MediaForm heard{.kind = MediaKind::kSounds, .rate = 8000, .samples = 18};
  EXPECT_EQ(DecodeMediaQuestion(EncodeMediaQuestion({heard, {}}))->form, heard);
  const auto sound = DecodeMediaRow(EncodeMediaRow({row, 2.5}, heard.kind), heard);
  ASSERT_TRUE(sound);
  EXPECT_EQ(sound->bytes, row);
  EXPECT_EQ(sound->seconds, 2.5);
  EXPECT_EQ(DecodeMediaRow(EncodeMediaRow({}, form.kind), form).error().message, "a row of 0 bytes, not 72");
  const auto failed = DecodeMediaInfo(EncodeMediaFailure(Unsupported("no", "do")));
  EXPECT_EQ(failed.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(failed.error().ToString(), "no (do)");
}

}  // namespace
}  // namespace sinter
