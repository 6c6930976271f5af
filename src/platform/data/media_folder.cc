#include "platform/data/media_folder.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/utf8.h"
#include "media/tables/lines.h"
#include "media/tables/table_file.h"
#include "platform/data/cell.h"

namespace sinter {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostFiles = 1'000'000, kMostOthers = 10'000;
constexpr uint64_t kLargestTable = uint64_t{64} << 20;

// Also formats that are not read: their files are to be told of, not passed over.
constexpr std::string_view kPictures[] = {".jpg", ".jpeg", ".jpe",  ".jfif", ".png",  ".gif",
                                          ".bmp", ".tif",  ".tiff", ".webp", ".heic", ".avif"};

constexpr std::string_view kSounds[] = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3",
                                        ".m4a", ".aac",  ".wma", ".aif", ".aiff"};
constexpr std::string_view kLists[] = {"labels.csv", "labels.tsv", "metadata.csv", "metadata.tsv"};
constexpr uint64_t kLargestText = 64 << 10, kMostText = uint64_t{256} << 20;

std::optional<MediaKind> KindOf(const Path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(kPictures, extension) != std::end(kPictures)) return MediaKind::kPictures;
  if (std::ranges::find(kSounds, extension) != std::end(kSounds)) return MediaKind::kSounds;
  return std::nullopt;
}

// Calls visit(path) for every file, until it says false.
template <class Visit>
Status ForEachFile(const Path& folder, const Visit& visit) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || name == "__MACOSX") {
      it.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !visit(it->path())) return {};
  }
  if (error) return SystemError(error.value(), "cannot list", folder);
  return {};
}

std::vector<std::string> PartsOf(std::string_view file, char separator = '/') {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= file.size();) {
    const size_t end = std::min(file.find(separator, begin), file.size());
    parts.emplace_back(file.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class Scanner {
 public:
  explicit Scanner(const Path& path) { folder_.path = path; }

  Result<MediaFolder> Run() {
    TRY_STATUS(FindFiles());
    TRY(const bool listed, ReadList());
    if (!listed) {
      TRY_STATUS(ReadFolders());
      TRY_STATUS(ReadTexts());
    }
    FindOthers();
    return std::move(folder_);
  }

 private:
  Status FindFiles() {
    Status found;
    size_t sounds = 0;
    TRY_STATUS(ForEachFile(folder_.path, [&](const Path& path) {
      const auto kind = KindOf(path);
      if (!kind) {
        ++folder_.other_files;
        if (others_.size() < kMostOthers) others_.push_back(path.lexically_relative(folder_.path));
        return true;
      }
      sounds += kind == MediaKind::kSounds;
      MediaEntry entry;
      entry.file = path.lexically_relative(folder_.path).generic_string();
      std::error_code ignored;
      entry.size = fs::file_size(path, ignored);
      if (!IsUtf8(entry.file) || entry.file.size() > 1024)
        found = InvalidArgument(fmt::format("{}: a name that is no UTF-8, or too long", path.string()),
                                "rename it");
      else if (folder_.entries.size() == kMostFiles)
        found = Error{ErrorCode::kResourceExhausted, "more than a million files", "add them in parts"};
      folder_.entries.push_back(std::move(entry));
      return found.has_value();
    }));
    TRY_STATUS(found);
    if (folder_.entries.empty())
      return NotFound(fmt::format("{} holds no pictures and no sounds", folder_.path.string()));
    if (sounds > 0 && sounds < folder_.entries.size())
      return InvalidArgument(fmt::format("{} holds {} pictures and {} sounds", folder_.path.string(),
                                         folder_.entries.size() - sounds, sounds),
                             "a data set has files of one kind: give each a folder");
    if (sounds > 0) folder_.kind = MediaKind::kSounds;
    std::ranges::sort(folder_.entries, {}, &MediaEntry::file);
    return {};
  }

  // False: there is no list.
  Result<bool> ReadList() {
    for (const std::string_view name : kLists) {
      std::error_code ignored;
      const Path path = folder_.path / name;
      if (!fs::is_regular_file(path, ignored)) continue;
      folder_.labels_from = name;
      TRY(const uint64_t size, FileSize(path));
      if (size > kLargestTable)
        return Error{ErrorCode::kResourceExhausted, fmt::format("{} is larger than 64 MB", path.string()),
                     ""};
      TRY(const bool lj_speech, HasBars(path));
      TRY_STATUS(lj_speech ? ReadLines(path, '|', "") : ReadTable(path));
      return Finish();
    }
    if (folder_.kind == MediaKind::kPictures) return false;
    for (const std::string_view name : {"train", "test", "dev", "validated"}) {
      std::error_code ignored;
      const Path path = folder_.path / fmt::format("{}.tsv", name);
      if (!fs::is_regular_file(path, ignored) || (name == "validated" && !folder_.labels_from.empty()))
        continue;
      folder_.labels_from = path.filename().string();
      TRY(const uint64_t size, FileSize(path));
      if (size > kLargestTable)
        return Error{ErrorCode::kResourceExhausted, fmt::format("{} is larger than 64 MB", path.string()),
                     ""};
      TRY_STATUS(ReadLines(path, '\t', name == "validated" ? "" : name));
    }
    if (folder_.labels_from.empty()) return false;
    return Finish();
  }

  struct Columns {
    size_t file = 0, label = SIZE_MAX, split = SIZE_MAX, text = SIZE_MAX;
    bool named = false;
  };
  static Columns ColumnsOf(const std::vector<TableField>& fields) {
    Columns columns;
    const auto find = [&](std::initializer_list<std::string_view> names) {
      for (const std::string_view name : names) {
        for (size_t i = 0; i < fields.size(); ++i) {
          if (fields[i].name == name) return i;
        }
      }
      return SIZE_MAX;
    };
    const size_t file = find({"file", "file_name", "filename", "path", "image"});
    columns.label = find({"label", "class", "category", "target"});
    columns.split = find({"split"});
    columns.text = find({"text", "sentence", "transcription", "transcript", "caption"});
    columns.named = file != SIZE_MAX || columns.label != SIZE_MAX || columns.text != SIZE_MAX;
    if (file != SIZE_MAX) columns.file = file;
    return columns;
  }

  Status ReadTable(const Path& path) {
    TableFileOptions options;
    TRY(auto reader, OpenTableFile(path, options));
    Columns columns = ColumnsOf(reader->fields());
    if (!columns.named) {
      // No column has a name that is known: then the first row is an example too.
      options.csv.header = false;
      TRY(reader, OpenTableFile(path, options));
      if (reader->fields().size() > 1)
        (folder_.kind == MediaKind::kSounds ? columns.text : columns.label) = 1;
    }
    for (TableBatch batch;;) {
      TRY_STATUS(reader->Next(batch, 1024));
      if (batch.rows == 0) break;
      for (size_t r = 0; r < batch.rows; ++r) {
        const auto text = [&](size_t column) -> std::optional<std::string> {
          if (column == SIZE_MAX) return std::nullopt;
          const Cell cell = CellOf(batch.columns[column], reader->fields()[column].type, r);
          if (cell.kind == Cell::Kind::kMissing) return std::nullopt;
          return CellText(cell);
        };
        Row row{text(columns.file).value_or(""), text(columns.split).value_or(""), text(columns.label),
                text(columns.text)};
        Status taken = Take(std::move(row), columns.split != SIZE_MAX);
        if (!taken)
          return std::move(taken).error().In(fmt::format("{}: line {}", path.string(), batch.lines[r]));
      }
    }
    return {};
  }

  struct Row {
    std::string file, split;
    std::optional<std::string> label, text;
  };

  // What a list says of one file.
  Status Take(Row row, bool has_split) {
    if (known_.empty()) {
      for (size_t i = 0; i < folder_.entries.size(); ++i) known_.emplace(folder_.entries[i].file, i);
    }
    TRY(std::string file, NormalisePath(row.file));
    // As corpora of speech name them.
    for (const std::string& other :
         {"clips/" + file, "wavs/" + file, "wavs/" + file + ".wav", file + ".wav"}) {
      if (!known_.contains(file) && folder_.kind == MediaKind::kSounds && known_.contains(other))
        file = other;
    }
    if (!seen_.insert(file).second) return InvalidArgument(fmt::format("{} stands twice", file));
    if (has_split && row.split.empty())
      return InvalidArgument(fmt::format("{} has no split, and others have one", file));
    splits_ |= has_split;
    MediaEntry made{file, 0, "", std::nullopt, std::nullopt};
    const auto found = known_.find(file);
    MediaEntry& entry = found == known_.end() ? made : folder_.entries[found->second];
    entry.label = std::move(row.label);
    entry.split = std::move(row.split);
    entry.text = std::move(row.text);
    if (found == known_.end()) absent_.push_back(std::move(made));
    return {};
  }

  Result<bool> Finish() {
    // A file that the list of splits leaves out belongs nowhere.
    if (splits_) std::erase_if(folder_.entries, [](const MediaEntry& entry) { return entry.split.empty(); });
    folder_.entries.insert(folder_.entries.end(), absent_.begin(), absent_.end());
    std::ranges::sort(folder_.entries, {}, &MediaEntry::file);
    return true;
  }

  // Whether a list of sounds has '|' in its first line.
  Result<bool> HasBars(const Path& path) const {
    if (folder_.kind != MediaKind::kSounds) return false;
    TRY(auto source, FileSource::Open(path));
    TRY(LineReader lines, LineReader::Open(std::move(source)));
    std::string_view line;
    TRY(const bool any, lines.Next(line));
    return any && line.find('|') != line.npos;
  }

  // Cells without quotes. The first line names columns where one of them is called path; else the first cell
  // is the file and the last its text.
  Status ReadLines(const Path& path, char separator, std::string_view split) {
    TRY(auto source, FileSource::Open(path));
    TRY(LineReader lines, LineReader::Open(std::move(source)));
    size_t file = 0, text = SIZE_MAX;
    for (std::string_view line;;) {
      TRY(const bool any, lines.Next(line));
      if (!any) return {};
      if (LineReader::Blank(line)) continue;
      std::vector<std::string> cells = PartsOf(line, separator);
      const auto find = [&](std::string_view name) {
        return static_cast<size_t>(std::ranges::find(cells, name) - cells.begin());
      };
      if (lines.line() == 1 && find("path") < cells.size()) {
        file = find("path");
        if (find("sentence") < cells.size()) text = find("sentence");
        continue;
      }
      const size_t at = text == SIZE_MAX ? cells.size() - 1 : text;
      const auto failed = [&](Error error) {
        return std::move(error).In(fmt::format("{}: line {}", path.string(), lines.line()));
      };
      if (file >= cells.size() || at >= cells.size()) return failed(InvalidArgument("too few cells"));
      if (!IsUtf8(line)) return failed(InvalidArgument("it is no UTF-8"));
      Row row{cells[file], std::string(split), std::nullopt, std::nullopt};
      if (at != file) row.text = cells[at];
      Status taken = Take(std::move(row), !split.empty());
      if (!taken) return failed(std::move(taken).error());
    }
  }

  // NAME.txt beside NAME.wav.
  Status ReadTexts() {
    uint64_t bytes = 0;
    for (MediaEntry& entry : folder_.entries) {
      const Path path = (folder_.path / entry.file).replace_extension(".txt");
      std::error_code ignored;
      if (!fs::is_regular_file(path, ignored)) continue;
      TRY(std::string text, ReadFile(path, kLargestText));
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
      if (!IsUtf8(text)) return InvalidArgument(fmt::format("{} is no UTF-8", path.string()));
      bytes += text.size();
      if (bytes > kMostText)
        return Error{ErrorCode::kResourceExhausted, "the texts have more than 256 MB", "add them in parts"};
      entry.text = std::move(text);
    }
    return {};
  }

  Status ReadFolders() {
    std::set<std::string> first;
    for (const MediaEntry& entry : folder_.entries) first.insert(PartsOf(entry.file)[0]);
    const bool splits = first.contains("train") || first.contains("test");
    std::set<std::string> classes;
    for (MediaEntry& entry : folder_.entries) {
      std::vector<std::string> parts = PartsOf(entry.file);
      if (splits && parts.size() == 1)
        return InvalidArgument(fmt::format("{} lies beside the folders of splits, in none of them",
                                           (folder_.path / entry.file).string()),
                               fmt::format("the splits are {}", fmt::join(first, ", ")));
      if (splits) {
        entry.split = parts[0];
        parts.erase(parts.begin());
      }
      if (parts.size() == 1) continue;
      entry.label = parts[0];
      classes.insert(parts[0]);
    }
    if (classes.size() == 1) {
      for (MediaEntry& entry : folder_.entries) entry.label.reset();
    }
    return {};
  }

  // Of the other files those that say nothing: no list, and no text beside an example.
  void FindOthers() {
    std::set<Path> stems;
    for (const MediaEntry& entry : folder_.entries) stems.insert(Path(entry.file).replace_extension());
    std::ranges::sort(others_);
    for (const Path& path : others_) {
      const std::string name = path.filename().string();
      const bool list = path == folder_.labels_from || std::ranges::find(kLists, name) != std::end(kLists) ||
                        (folder_.kind == MediaKind::kSounds && path.extension() == ".tsv");
      if (list || (path.extension() == ".txt" && stems.contains(Path(path).replace_extension())))
        --folder_.other_files;
      else if (folder_.others.size() < 3)
        folder_.others.push_back(path.generic_string());
    }
  }

  MediaFolder folder_;
  std::vector<Path> others_;
  // Of a list:
  std::map<std::string, size_t, std::less<>> known_;  // entries by file
  std::set<std::string> seen_;
  std::vector<MediaEntry> absent_;
  bool splits_ = false;
};

}  // namespace

bool HoldsMedia(const Path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  bool above = false, below = false, tables = false;
  (void)ForEachFile(folder, [&](const Path& path) {
    const bool media = KindOf(path).has_value();
    const bool inside = path.lexically_relative(folder).has_parent_path();
    above |= media && !inside;
    below |= media && inside;
    return !below;
  });
  if (below || !above) return below;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (std::ranges::find(kLists, name) != std::end(kLists)) return true;
    tables |= TableFormatOf(it->path()) && it->path().extension() != ".txt";
  }
  return !tables;
}

Result<MediaFolder> ScanMediaFolder(const Path& folder) { return Scanner(folder).Run(); }

}  // namespace sinter
