#include "server/cli/data_add_media.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "server/cli/media_workers.h"

namespace sinter {
namespace {

constexpr uint64_t kPiece = uint64_t{8} << 20;

// The blobs of a version that a server has, brought into a store here piece by piece when they are asked for.
class ServerBlobs final : public BlobSource {
 public:
  ServerBlobs(ApiClient& client, BlobStore& store, const Manifest& manifest)
      : client_(client), store_(store), manifest_(manifest) {}
  Result<std::shared_ptr<const MappedFile>> Open(const Sha256Digest& digest) const override {
    if (store_.Has(digest)) return store_.Open(digest);
    const auto file = std::ranges::find(manifest_.files, digest, &ManifestFile::sha256);
    if (file == manifest_.files.end())
      return NotFound(fmt::format("no file with the sha256 {}", digest.Hex()));
    TRY(BlobWriter writer, store_.NewWriter());
    while (writer.size() < file->size) {
      TRY(const std::string piece, client_.GetRange("/blobs/" + digest.Hex(), writer.size(),
                                                    std::min(kPiece, file->size - writer.size())));
      TRY_STATUS(writer.Write(piece));
    }
    TRY([[maybe_unused]] const BlobInfo info, writer.Commit(digest));
    return store_.Open(digest);
  }

 private:
  ApiClient& client_;
  BlobStore& store_;
  const Manifest& manifest_;
};

// "64x48" is width and height, as pictures are spoken of; "64" is a square. Given as height, width.
Result<std::pair<int64_t, int64_t>> SizeOf(const std::string& text) {
  int64_t sides[2] = {};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  size_t count = 0;
  while (count < 2) {
    const auto [stopped, error] = std::from_chars(at, end, sides[count]);
    if (error != std::errc()) break;
    ++count;
    at = stopped;
    if (at == end || *at != 'x') break;
    ++at;
  }
  if (count == 0 || at != end || sides[0] < 1)
    return InvalidArgument(fmt::format("--size '{}' is no size", text),
                           "write WIDTHxHEIGHT, as 64x48, or 64");
  return std::pair{count == 2 ? sides[1] : sides[0], sides[0]};
}

}  // namespace

void AddMediaOptions(CLI::App& add, MediaWords& words) {
  add.add_option(
      "--size", words.size,
      "Of pictures: WIDTHxHEIGHT, or one number (else the commonest, at most 224 on the long side)");
  add.add_option("--fit", words.fit,
                 "How pictures of another shape come to that size (letterbox: black around)")
      ->check(CLI::IsMember({"letterbox", "crop", "stretch"}));
  add.add_option("--channels", words.channels,
                 "Of pictures: 1 grey, 3 colour (else grey where all of them are)")
      ->check(CLI::IsMember({1, 3}));
  add.add_option("--seconds", words.seconds, "Of sound: what each is cut or filled up to (1)")
      ->check(CLI::Range(0.001, 3600.0));
  add.add_option("--rate", words.rate, "Of sound: samples a second (16000)")
      ->check(CLI::Range(1'000, 192'000));
  add.add_flag("--skip-damaged", words.skip_damaged, "Leave out files that cannot be read, and say which");
}

Result<ImportedMedia> AddMediaFolder(ApiClient& client, BlobStore& store, const Path& folder,
                                     const MediaWords& words, double test_share, const EarlierMedia& earlier,
                                     StatusLine& line) {
  MediaImport import;
  TRY(import.folder, ScanMediaFolder(folder));
  const bool sounds = import.folder.kind == MediaKind::kSounds;
  if (const size_t others = import.folder.other_files; others > 0)
    fmt::print(stderr, "{} other file{} left out: {}{}\n", others, others == 1 ? "" : "s",
               fmt::join(import.folder.others, ", "), others > import.folder.others.size() ? ", ..." : "");
  if (sounds ? words.OfPictures() : words.OfSound())
    return InvalidArgument(
        fmt::format("{} holds {}", folder.string(), sounds ? "sound" : "pictures"),
        sounds ? "--size, --fit and --channels are for pictures" : "--seconds and --rate are for sound");
  if (!words.size.empty()) {
    TRY(import.size, SizeOf(words.size));
  }
  if (words.channels != 0) import.channels = words.channels;
  if (!words.fit.empty()) import.fit = PictureFitOf(words.fit);
  if (words.rate != 0) import.rate = words.rate;
  if (words.seconds != 0) import.seconds = words.seconds;
  import.test_share = test_share;
  import.skip_damaged = words.skip_damaged;
  if (!earlier.manifest.files.empty()) {
    TRY(const BlobInfo manifest, store.Put(ManifestText(earlier.manifest)));
    const ServerBlobs blobs(client, store, earlier.manifest);
    TRY(import.earlier, DatasetVersion::Open(blobs, manifest.digest));
    import.earlier_fit = PictureFitOf(earlier.fit);
    if (earlier.rate >= 1'000 && earlier.rate <= 192'000) import.earlier_rate = earlier.rate;
  }
  const int threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16);
  TRY(MediaWorkers workers, StartMediaWorkers(threads));
  if (!workers.isolated)
    fmt::print(stderr, "files are decoded without a sandbox: {}\n", workers.isolated.error().message);
  import.decoders = std::move(workers.decoders);
  import.on_damaged = [&](const std::string& file, const Error& why) {
    line.End();
    fmt::print(stderr, "{}: {}\n", (folder / file).string(), why.ToString());
  };
  return ImportMedia(store, import, {},
                     [&](const ImportProgress& p) { line.Share(p.file, p.done, p.total); });
}

}  // namespace sinter
