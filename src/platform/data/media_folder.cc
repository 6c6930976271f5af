#include "platform/data/media_folder.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/utf8.h"
#include "media/tables/table_file.h"
#include "platform/data/cell.h"

namespace sinter {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostFiles = 1'000'000;
constexpr uint64_t kLargestTable = uint64_t{64} << 20;

// Also formats that are not read: their files are to be told of, not passed over.
constexpr std::string_view kPictures[] = {".jpg", ".jpeg", ".jpe",  ".jfif", ".png",  ".gif",
                                          ".bmp", ".tif",  ".tiff", ".webp", ".heic", ".avif"};

bool IsPicture(const Path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::ranges::find(kPictures, extension) != std::end(kPictures);
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

std::vector<std::string> PartsOf(std::string_view file) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= file.size();) {
    const size_t end = std::min(file.find('/', begin), file.size());
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
    if (!listed) TRY_STATUS(ReadFolders());
    return std::move(folder_);
  }

 private:
  Status FindFiles() {
    Status found;
    TRY_STATUS(ForEachFile(folder_.path, [&](const Path& path) {
      if (!IsPicture(path)) return true;
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
    if (folder_.entries.empty()) return NotFound(fmt::format("{} holds no pictures", folder_.path.string()));
    std::ranges::sort(folder_.entries, {}, &MediaEntry::file);
    return {};
  }

  // False: there is no list.
  Result<bool> ReadList() {
    for (const std::string_view name : {"labels.csv", "labels.tsv", "metadata.csv", "metadata.tsv"}) {
      std::error_code ignored;
      const Path path = folder_.path / name;
      if (!fs::is_regular_file(path, ignored)) continue;
      folder_.labels_from = name;
      TRY(const uint64_t size, FileSize(path));
      if (size > kLargestTable)
        return Error{ErrorCode::kResourceExhausted, fmt::format("{} is larger than 64 MB", path.string()),
                     ""};
      TRY_STATUS(ReadTable(path));
      return true;
    }
    return false;
  }

  struct Columns {
    size_t file = 0, label = SIZE_MAX, split = SIZE_MAX;
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
    columns.named = file != SIZE_MAX || columns.label != SIZE_MAX;
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
      if (reader->fields().size() > 1) columns.label = 1;
    }
    std::map<std::string, MediaEntry*, std::less<>> known;
    for (MediaEntry& entry : folder_.entries) known.emplace(entry.file, &entry);
    std::vector<MediaEntry> absent;
    std::set<std::string> seen;
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
        const auto where = [&](Error error) {
          return std::move(error).In(fmt::format("{}: line {}", path.string(), batch.lines[r]));
        };
        const auto normal = NormalisePath(text(columns.file).value_or(""));
        if (!normal) return where(normal.error());
        if (!seen.insert(*normal).second)
          return where(InvalidArgument(fmt::format("{} stands twice", *normal)));
        MediaEntry made{*normal, 0, "", std::nullopt};
        const auto found = known.find(*normal);
        MediaEntry& entry = found == known.end() ? made : *found->second;
        entry.label = text(columns.label);
        entry.split = text(columns.split).value_or("");
        if (columns.split != SIZE_MAX && entry.split.empty())
          return where(InvalidArgument(fmt::format("{} has no split, and others have one", *normal)));
        if (found == known.end()) absent.push_back(std::move(made));
      }
    }
    // A picture that the list of splits leaves out belongs nowhere.
    if (columns.split != SIZE_MAX)
      std::erase_if(folder_.entries, [](const MediaEntry& entry) { return entry.split.empty(); });
    folder_.entries.insert(folder_.entries.end(), absent.begin(), absent.end());
    std::ranges::sort(folder_.entries, {}, &MediaEntry::file);
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

  MediaFolder folder_;
};

}  // namespace

bool HoldsMedia(const Path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return false;
  bool found = false;
  (void)ForEachFile(folder, [&](const Path& path) { return !(found = IsPicture(path)); });
  return found;
}

Result<MediaFolder> ScanMediaFolder(const Path& folder) { return Scanner(folder).Run(); }

}  // namespace sinter
