#include "platform/data/import_media.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "platform/data/column_types.h"
#include "platform/data/column_writer.h"
#include "platform/data/ordered_work.h"

namespace sinter {
namespace {

constexpr uint64_t kLargestFile = uint64_t{256} << 20;
constexpr int64_t kLongSide = 224;
constexpr std::string_view kImage = "image", kSound = "sound", kSeconds = "seconds", kText = "text",
                           kLabel = "label", kFile = "file", kSha = "sha256";

struct DigestHash {
  size_t operator()(const Sha256Digest& digest) const {
    size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};

class Importer {
 public:
  Importer(BlobStore& store, const MediaImport& import, const CancelToken& cancel,
           const std::function<void(const ImportProgress&)>& progress)
      : store_(store),
        import_(import),
        entries_(import.folder.entries),
        cancel_(cancel),
        progress_(progress) {}

  Result<ImportedMedia> Run() {
    if (import_.decoders.empty()) return Internal("an import without a decoder");
    if (!(import_.test_share >= 0 && import_.test_share < 1))
      return InvalidArgument(fmt::format("a test share of {}", import_.test_share), "0 to below 1");
    for (const MediaEntry& entry : entries_) bytes_ += entry.size;
    FindEarlierForm();
    TRY_STATUS(ReadAll());
    TRY_STATUS(ChooseForm());
    FindKnown();
    TRY_STATUS(MakeSplits());
    TRY_STATUS(MakeColumns());
    for (size_t s = 0; s < info_.splits.size(); ++s) TRY_STATUS(WriteSplit(s));
    if (made_.decoded + made_.known == 0) return NoneLeft();
    if (made_.damaged > 0 && !import_.skip_damaged)
      return Corrupt(fmt::format("{} of {} files cannot be read", made_.damaged, entries_.size()),
                     "mend or remove them, or leave them out with --skip-damaged");
    const std::string text = DatasetText(info_);
    TRY_STATUS(ParseDataset(text));  // names of splits that are no names are found here
    TRY(const BlobInfo description, store_.Put(text));
    files_.push_back({std::string(kDatasetFile), description.size, description.digest});
    TRY(made_.dataset.manifest, Manifest::Make(std::move(files_)));
    TRY(made_.dataset.id, PutManifest(store_, made_.dataset.manifest));
    made_.dataset.info = std::move(info_);
    return std::move(made_);
  }

 private:
  struct Known {  // of the earlier version
    uint32_t split = 0;
    int64_t row = 0;
  };
  struct Read {
    Sha256Digest sha;
    PictureInfo info;  // where the form is still to be found
  };

  // A form that all but the files settle: no head has to be looked at.
  void FindEarlierForm() {
    made_.form.kind = import_.folder.kind;
    if (made_.form.kind == MediaKind::kSounds) {
      FindSoundForm();
      return;
    }
    made_.form.fit = import_.fit.value_or(import_.earlier_fit.value_or(PictureFit::kLetterbox));
    std::optional<PictureInfo> shape;
    if (import_.earlier != nullptr) {
      if (const auto column = import_.earlier->FeatureColumn()) {
        const DatasetColumn& image = import_.earlier->info().columns[*column];
        if (image.kind == ColumnKind::kPicture && image.dtype == DType::kU8)
          shape = PictureInfo{image.shape[0], image.shape[1], image.shape.size() == 3 ? image.shape[2] : 1};
      }
    }
    if (!shape && !(import_.size && import_.channels)) return;
    made_.form.shape = shape.value_or(PictureInfo());
    Ask();
    form_known_ = true;
  }
  void FindSoundForm() {
    MediaForm& form = made_.form;
    form.rate = import_.rate.value_or(import_.earlier_rate.value_or(16'000));
    double seconds = 1;
    if (import_.earlier != nullptr && import_.earlier_rate) {
      const auto column = import_.earlier->ColumnIndex(kSound);
      if (column && import_.earlier->info().columns[*column].shape.size() == 1)
        seconds = static_cast<double>(import_.earlier->info().columns[*column].shape[0]) /
                  static_cast<double>(*import_.earlier_rate);
    }
    seconds = import_.seconds.value_or(seconds);
    form.samples = std::llround(std::clamp(seconds, 0.0, 1e6) * static_cast<double>(form.rate));
    form_known_ = true;
  }
  void Ask() {
    PictureInfo& shape = made_.form.shape;
    if (import_.size) std::tie(shape.height, shape.width) = *import_.size;
    if (import_.channels) shape.channels = *import_.channels;
  }

  Error NoneLeft() const { return Corrupt(fmt::format("none of {} files can be read", entries_.size())); }
  Status Stopped() const {
    if (!cancel_.Cancelled()) return {};
    return Error{ErrorCode::kCancelled, fmt::format("import of {} was stopped", import_.folder.path.string()),
                 ""};
  }
  void Progress(std::string_view doing, uint64_t done) const {
    if (progress_) progress_({doing, done, bytes_});
  }
  // An error of the file itself; one of the machine ends the import.
  Status Damaged(size_t entry, const Error& why) {
    if (why.code == ErrorCode::kUnavailable || why.code == ErrorCode::kInternal) return why;
    ++made_.damaged;
    good_[entry] = false;
    if (import_.on_damaged) import_.on_damaged(entries_[entry].file, why);
    return {};
  }
  Result<std::string> FileOf(size_t entry) const {
    return ReadFile(import_.folder.path / entries_[entry].file, kLargestFile);
  }

  // Hashes every file, and looks at its head where that is needed.
  Status ReadAll() {
    good_.assign(entries_.size(), true);
    shas_.resize(entries_.size());
    uint64_t done = 0;
    const auto make = [&](int thread, int64_t at) -> Result<Read> {
      TRY(const std::string file, FileOf(static_cast<size_t>(at)));
      Read read{HashText(file), {}};
      if (form_known_) return read;
      TRY(read.info, import_.decoders[static_cast<size_t>(thread)]->Inspect(std::as_bytes(std::span(file))));
      return read;
    };
    const auto take = [&](int64_t at, Result<Read> read) -> Status {
      TRY_STATUS(Stopped());
      const auto entry = static_cast<size_t>(at);
      done += entries_[entry].size;
      Progress("reading", done);
      if (!read) return Damaged(entry, read.error());
      shas_[entry] = read->sha;
      if (!form_known_) ++sizes_[{read->info.height, read->info.width}];
      colour_ |= read->info.channels == 3;
      return {};
    };
    TRY_STATUS(WorkInOrder<Result<Read>>(static_cast<int64_t>(entries_.size()),
                                         static_cast<int>(import_.decoders.size()), make, take));
    if (std::ranges::find(good_, true) == good_.end()) return NoneLeft();
    return {};
  }

  Status ChooseForm() {
    if (!form_known_) {
      // The commonest; of those that are there equally often the larger.
      auto best = sizes_.begin();
      for (auto it = sizes_.begin(); it != sizes_.end(); ++it) {
        if (it->second >= best->second) best = it;
      }
      auto [height, width] = best->first;
      if (const int64_t most = std::max(height, width); most > kLongSide) {
        const auto shrunk = [&](int64_t side) {
          return std::max<int64_t>(1, (side * kLongSide + most / 2) / most);
        };
        height = shrunk(height);
        width = shrunk(width);
      }
      made_.form.shape = {height, width, colour_ ? 3 : 1};
      Ask();
    }
    return CheckMediaForm(made_.form);
  }

  // Rows of the earlier version that need not be decoded again.
  void FindKnown() {
    const bool sounds = made_.form.kind == MediaKind::kSounds;
    if (import_.earlier == nullptr) return;
    if (sounds ? import_.earlier_rate != made_.form.rate : import_.earlier_fit != made_.form.fit) return;
    const DatasetVersion& earlier = *import_.earlier;
    const auto image = earlier.ColumnIndex(Feature().name), sha = earlier.ColumnIndex(kSha);
    if (!image || !sha || earlier.info().columns[*sha].kind != ColumnKind::kText) return;
    const DatasetColumn& column = earlier.info().columns[*image];
    const DatasetColumn wanted = Feature();
    if (column.kind != wanted.kind || column.dtype != wanted.dtype || column.shape != wanted.shape) return;
    if (sounds) {
      const auto seconds = earlier.ColumnIndex(kSeconds);
      if (!seconds || earlier.info().columns[*seconds].kind != ColumnKind::kNumber) return;
      seconds_ = *seconds;
    }
    image_ = *image;
    for (size_t s = 0; s < earlier.info().splits.size(); ++s) {
      for (int64_t row = 0; row < earlier.Rows(s); ++row) {
        if (const auto digest = ParseSha256(earlier.Text(s, *sha, row)))
          known_.emplace(*digest, Known{static_cast<uint32_t>(s), row});
      }
    }
  }
  DatasetColumn Feature() const {
    const PictureInfo& shape = made_.form.shape;
    if (made_.form.kind == MediaKind::kSounds)
      return {std::string(kSound), ColumnKind::kVector, DType::kF32, {made_.form.samples}, {}, false, {}};
    DatasetColumn column{
        std::string(kImage), ColumnKind::kPicture, DType::kU8, {shape.height, shape.width}, {}, false, {}};
    if (shape.channels != 1) column.shape.push_back(shape.channels);
    return column;
  }

  Status MakeSplits() {
    const bool named = std::ranges::any_of(entries_, [](const MediaEntry& e) { return !e.split.empty(); });
    std::map<std::string, std::vector<size_t>> splits;
    if (!named) splits = {{"test", {}}, {"train", {}}};
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!good_[i]) continue;
      const bool test = HashShare(shas_[i]) < import_.test_share;
      splits[named ? entries_[i].split : test ? "test" : "train"].push_back(i);
    }
    for (const std::string_view first : {"train", "test"}) {
      if (auto split = splits.extract(std::string(first)))
        Add(std::move(split.key()), std::move(split.mapped()));
    }
    for (auto& [name, rows] : splits) Add(name, std::move(rows));
    return {};
  }
  void Add(std::string name, std::vector<size_t> rows) {
    info_.splits.push_back({std::move(name), 0});
    rows_.push_back(std::move(rows));
  }

  Status MakeColumns() {
    info_.columns.push_back(Feature());
    ColumnGuess guess;
    bool labelled = false, any_text = false, all_text = true;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!good_[i]) continue;
      labelled |= entries_[i].label.has_value();
      any_text |= entries_[i].text.has_value();
      all_text &= entries_[i].text.has_value();
      guess.Add(entries_[i].label ? Cell::Text(*entries_[i].label) : Cell());
    }
    if (labelled) {
      const DatasetColumn* earlier = nullptr;
      if (import_.earlier != nullptr) {
        if (const auto column = import_.earlier->ColumnIndex(kLabel))
          earlier = &import_.earlier->info().columns[*column];
      }
      TRY(DatasetColumn label, guess.Column(std::string(kLabel), {}, true, earlier));
      info_.columns.push_back(std::move(label));
      info_.label = kLabel;
    }
    if (made_.form.kind == MediaKind::kSounds)
      info_.columns.push_back({std::string(kSeconds), ColumnKind::kNumber, DType::kF64, {}, {}, false, {}});
    if (any_text)
      info_.columns.push_back({std::string(kText), ColumnKind::kText, DType::kU8, {}, {}, !all_text, {}});
    for (const auto name : {kFile, kSha})
      info_.columns.push_back({std::string(name), ColumnKind::kText, DType::kU8, {}, {}, false, {}});
    NameFiles(info_.columns);
    return {};
  }

  // The earlier version's, or decoded.
  Result<MediaRow> RowOf(int thread, size_t entry) const {
    if (const auto known = known_.find(shas_[entry]); known != known_.end()) {
      const auto row = import_.earlier->Row(known->second.split, image_, known->second.row);
      MediaRow kept{{row.begin(), row.end()}, 0};
      if (made_.form.kind == MediaKind::kSounds)
        kept.seconds = import_.earlier->Number(known->second.split, seconds_, known->second.row);
      return kept;
    }
    TRY(const std::string file, FileOf(entry));
    if (HashText(file) != shas_[entry])
      return Error{ErrorCode::kConflict, "it changed while it was read", "add the folder again"};
    return import_.decoders[static_cast<size_t>(thread)]->Decode(std::as_bytes(std::span(file)), made_.form);
  }

  Status WriteSplit(size_t s) {
    const std::vector<size_t>& rows = rows_[s];
    TRY(BlobWriter image, store_.NewWriter());
    std::vector<CellConverter> converters;
    std::vector<ColumnWriter> writers;  // of all columns but the first
    for (size_t c = 1; c < info_.columns.size(); ++c) {
      converters.emplace_back(info_.columns[c]);
      TRY(ColumnWriter writer, ColumnWriter::Open(store_, info_.columns[c], info_.columns[c].missing));
      writers.push_back(std::move(writer));
    }
    const auto make = [&](int thread, int64_t at) { return RowOf(thread, rows[static_cast<size_t>(at)]); };
    const auto take = [&](int64_t at, Result<MediaRow> row) -> Status {
      TRY_STATUS(Stopped());
      const size_t entry = rows[static_cast<size_t>(at)];
      written_ += entries_[entry].size;
      Progress("decoding", written_);
      if (!row) return Damaged(entry, row.error());
      ++(known_.contains(shas_[entry]) ? made_.known : made_.decoded);
      TRY_STATUS(image.Write(row->bytes));
      const std::string sha = shas_[entry].Hex();
      for (size_t i = 0; i < writers.size(); ++i) {
        const std::string& name = info_.columns[i + 1].name;
        Cell cell = Cell::Text(name == kFile ? entries_[entry].file : sha);
        if (name == kLabel) cell = entries_[entry].label ? Cell::Text(*entries_[entry].label) : Cell();
        if (name == kText) cell = entries_[entry].text ? Cell::Text(*entries_[entry].text) : Cell();
        if (name == kSeconds) cell = Cell::Number(row->seconds);
        TRY(const auto value, converters[i].Convert(cell));
        TRY_STATUS(writers[i].Add(value));
      }
      ++info_.splits[s].rows;
      return {};
    };
    TRY_STATUS(WorkInOrder<Result<MediaRow>>(static_cast<int64_t>(rows.size()),
                                             static_cast<int>(import_.decoders.size()), make, take));
    const std::string& split = info_.splits[s].name;
    TRY(const BlobInfo blob, image.Commit());
    files_.push_back({ColumnPath(split, info_.columns[0]), blob.size, blob.digest});
    for (size_t i = 0; i < writers.size(); ++i)
      TRY_STATUS(writers[i].Finish(split, info_.columns[i + 1], files_));
    return {};
  }

  BlobStore& store_;
  const MediaImport& import_;
  const std::vector<MediaEntry>& entries_;
  const CancelToken& cancel_;
  const std::function<void(const ImportProgress&)>& progress_;
  uint64_t bytes_ = 0, written_ = 0;
  std::vector<bool> good_;  // by entry
  std::vector<Sha256Digest> shas_;
  std::map<std::pair<int64_t, int64_t>, int64_t> sizes_;  // height, width: how many
  bool form_known_ = false, colour_ = false;
  size_t image_ = 0, seconds_ = 0;  // of the earlier version
  std::unordered_map<Sha256Digest, Known, DigestHash> known_;
  std::vector<std::vector<size_t>> rows_;  // by split: entries
  DatasetInfo info_;
  std::vector<ManifestFile> files_;
  ImportedMedia made_;
};

}  // namespace

Result<ImportedMedia> ImportMedia(BlobStore& store, const MediaImport& import, const CancelToken& cancel,
                                  const std::function<void(const ImportProgress&)>& progress) {
  return Importer(store, import, cancel, progress).Run();
}

}  // namespace sinter
