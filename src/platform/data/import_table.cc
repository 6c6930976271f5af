#include "platform/data/import_table.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/data/column_writer.h"

namespace sinter {
namespace {

constexpr size_t kGroup = 64;  // columns written at once: three files each, for each split
constexpr size_t kBatchRows = 1024;

class Importer {
 public:
  Importer(BlobStore& store, const TableImport& import, const CancelToken& cancel,
           const std::function<void(const ImportProgress&)>& progress)
      : store_(store), import_(import), cancel_(cancel), progress_(progress) {}

  Result<ImportedDataset> Run() {
    TRY_STATUS(CheckImport());
    TRY_STATUS(Guess());
    TRY_STATUS(MakeColumns());
    for (size_t begin = 0; begin < info_.columns.size(); begin += kGroup) {
      TRY_STATUS(Write(begin, std::min(begin + kGroup, info_.columns.size())));
    }
    const std::string text = DatasetText(info_);
    TRY_STATUS(ParseDataset(text));  // names of splits that are no names are found here
    TRY(const BlobInfo description, store_.Put(text));
    files_.push_back({std::string(kDatasetFile), description.size, description.digest});
    TRY(Manifest manifest, Manifest::Make(std::move(files_)));
    TRY(const Sha256Digest id, PutManifest(store_, manifest));
    return ImportedDataset{id, std::move(manifest), std::move(info_)};
  }

 private:
  // A batch of one file: `names` are the indexes of its fields in names_.
  struct Seen {
    size_t split;  // of import_.splits
    const std::vector<TableField>& fields;
    const std::vector<size_t>& names;
    const TableBatch& batch;
    const Path& path;
    int64_t first_row;  // of the batch in its file
  };
  using Visit = std::function<Status(const Seen&)>;

  Status CheckImport() {
    if (import_.splits.empty()) return InvalidArgument("an import of no files");
    hashed_ = import_.splits.size() == 1 && import_.splits[0].name.empty();
    if (hashed_ && !(import_.test_share >= 0 && import_.test_share < 1))
      return InvalidArgument(fmt::format("a test share of {}", import_.test_share), "0 to below 1");
    for (const TableSplit& split : import_.splits) {
      if (split.files.empty()) return InvalidArgument(fmt::format("split '{}' has no files", split.name));
      if (split.name.empty() && !hashed_) return InvalidArgument("a split without a name beside others");
      for (const Path& file : split.files) {
        TRY(const uint64_t size, FileSize(file));
        bytes_ += size;
      }
      if (!hashed_) info_.splits.push_back({split.name, 0});
    }
    if (hashed_) info_.splits = {{"train", 0}, {"test", 0}};
    return {};
  }

  // All batches of all files, in order; until `visit` was shown `most` rows.
  Status ForEachBatch(std::string_view doing, int64_t most, const Visit& visit) {
    uint64_t done = 0;
    int64_t rows = 0;
    for (size_t s = 0; s < import_.splits.size(); ++s) {
      for (const Path& path : import_.splits[s].files) {
        const std::string shown = fmt::format("{} {}", doing, path.filename().string());
        TableFileOptions options = import_.files;
        options.on_read = [&](uint64_t read) {
          if (progress_) progress_({shown, done + read, bytes_});
        };
        TRY(const auto reader, OpenTableFile(path, options));
        TRY(const std::vector<size_t> names, NamesOf(*reader, path));
        int64_t first_row = 0;
        for (TableBatch batch;;) {
          if (cancel_.Cancelled())
            return Error{ErrorCode::kCancelled, fmt::format("import of {} was stopped", path.string()), ""};
          const int64_t left = std::min<int64_t>(kBatchRows, most - rows);
          if (left == 0) return {};
          TRY_STATUS(reader->Next(batch, static_cast<size_t>(left)));
          if (batch.rows == 0) break;
          TRY_STATUS(visit({s, reader->fields(), names, batch, path, first_row}));
          first_row += static_cast<int64_t>(batch.rows);
          rows += static_cast<int64_t>(batch.rows);
        }
        TRY(const uint64_t size, FileSize(path));
        done += size;
      }
    }
    return {};
  }

  Result<std::vector<size_t>> NamesOf(const TableReader& reader, const Path& path) {
    const bool csv = TableFormatOf(path) == TableFormat::kCsv;
    const bool first = names_.empty();
    std::vector<size_t> indexes;
    for (const TableField& field : reader.fields()) {
      const auto [at, is_new] = index_.try_emplace(field.name, names_.size());
      if (is_new && ((csv && !first) || !guesses_open_)) {
        return InvalidArgument(
            fmt::format("{}: the column '{}' is not in the files before", path.string(), field.name),
            "all files of a data set have the same columns");
      }
      if (is_new) names_.push_back(field.name);
      indexes.push_back(at->second);
    }
    if (csv && !first && indexes.size() < names_.size()) {
      return InvalidArgument(fmt::format("{} has {} columns, the files before have {}", path.string(),
                                         indexes.size(), names_.size()),
                             "all files of a data set have the same columns");
    }
    return indexes;
  }

  Status Guess() {
    guesses_open_ = true;
    const int64_t most = import_.sample > 0 ? import_.sample : INT64_MAX;
    int64_t rows = 0;
    const auto look = [&](const Seen& seen) -> Status {
      guesses_.resize(names_.size());
      rows += static_cast<int64_t>(seen.batch.rows);
      for (size_t f = 0; f < seen.fields.size(); ++f) {
        ColumnGuess& guess = guesses_[seen.names[f]];
        for (size_t r = 0; r < seen.batch.rows; ++r)
          guess.Add(CellOf(seen.batch.columns[f], seen.fields[f].type, r));
      }
      return {};
    };
    TRY_STATUS(ForEachBatch("reading", most, look));
    guesses_open_ = import_.sample > 0;  // a later file's columns may not have been met yet
    guesses_.resize(names_.size());
    if (rows == 0) return InvalidArgument("the files hold no rows");
    // A column that some files lack is missing there.
    for (ColumnGuess& guess : guesses_) {
      for (int64_t r = guess.rows(); r < rows; ++r) guess.Add({});
    }
    return {};
  }

  // The label asked for, or the earlier version's, or one by its name.
  Result<std::string> Label() const {
    if (!import_.label.empty()) return import_.label;
    if (import_.earlier && index_.contains(import_.earlier->label)) return import_.earlier->label;
    for (const std::string_view usual : {"label", "class", "target"}) {
      for (const std::string& name : names_) {
        std::string lower = name;
        std::ranges::transform(lower, lower.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (lower != usual) continue;
        // Only where it may well be classes: a target may be a number.
        const auto column = guesses_[index_.at(name)].Column(name, {}, true, nullptr);
        if (column && column->classes.size() <= 256) return name;
      }
    }
    return std::string();
  }

  Status CheckNames() const {
    std::vector<std::string> asked;
    asked.reserve(import_.columns.size() + 2);
    for (const auto& [name, request] : import_.columns) asked.push_back(name);
    if (!import_.label.empty()) asked.push_back(import_.label);
    if (!import_.key.empty()) asked.push_back(import_.key);
    for (const std::string& name : asked) {
      if (!index_.contains(name))
        return NotFound(fmt::format("there is no column '{}'", name.substr(0, 256)),
                        fmt::format("there are {}", fmt::join(names_, ", ")));
    }
    return {};
  }

  Status MakeColumns() {
    TRY_STATUS(CheckNames());
    TRY(info_.label, Label());
    for (size_t i = 0; i < names_.size(); ++i) {
      const auto asked = import_.columns.find(names_[i]);
      const ColumnRequest request = asked == import_.columns.end() ? ColumnRequest() : asked->second;
      const bool is_label = names_[i] == info_.label;
      if (request.type == ColumnRequest::Type::kDrop) {
        if (is_label) return InvalidArgument(fmt::format("the label '{}' cannot be dropped", names_[i]));
        continue;
      }
      const DatasetColumn* earlier = nullptr;
      if (import_.earlier) {
        const auto found = std::ranges::find(import_.earlier->columns, names_[i], &DatasetColumn::name);
        if (found != import_.earlier->columns.end()) earlier = &*found;
      }
      TRY(DatasetColumn column, guesses_[i].Column(names_[i], request, is_label, earlier));
      if (is_label && column.kind != ColumnKind::kClass)
        return InvalidArgument(fmt::format("the label '{}' is asked to be a {}, and must be a class",
                                           names_[i], ColumnKindName(column.kind)));
      info_.columns.push_back(std::move(column));
      sources_.push_back(i);
    }
    if (info_.columns.empty()) return InvalidArgument("every column is dropped");
    NameFiles(info_.columns);
    guesses_.clear();
    return {};
  }

  // One pass, which writes the columns begin to end of all splits.
  Status Write(size_t begin, size_t end) {
    const size_t splits = info_.splits.size(), width = end - begin;
    std::vector<CellConverter> converters;
    std::vector<ColumnWriter> writers;  // split * width + column
    for (size_t c = begin; c < end; ++c) converters.emplace_back(info_.columns[c]);
    for (size_t s = 0; s < splits; ++s) {
      for (size_t c = begin; c < end; ++c) {
        TRY(ColumnWriter writer, ColumnWriter::Open(store_, info_.columns[c], true));
        writers.push_back(std::move(writer));
      }
    }
    std::vector<int64_t> rows(splits);
    RowHasher all(names_), keys({import_.key});
    constexpr size_t kNone = SIZE_MAX;
    std::vector<size_t> field_of;  // by name; kNone where the file lacks it
    const auto write = [&](const Seen& seen) -> Status {
      field_of.assign(names_.size(), kNone);
      for (size_t f = 0; f < seen.names.size(); ++f) field_of[seen.names[f]] = f;
      const auto cell = [&](size_t name, size_t row) {
        const size_t f = field_of[name];
        return f == kNone ? Cell() : CellOf(seen.batch.columns[f], seen.fields[f].type, row);
      };
      for (size_t r = 0; r < seen.batch.rows; ++r) {
        size_t split = seen.split;
        if (hashed_) {
          RowHasher& hasher = import_.key.empty() ? all : keys;
          hasher.Begin();
          for (size_t n = 0; n < names_.size(); ++n) {
            if (import_.key.empty() ? names_[n] != info_.label : names_[n] == import_.key)
              hasher.Add(import_.key.empty() ? n : 0, cell(n, r));
          }
          split = HashShare(hasher.Finish()) < import_.test_share ? 1 : 0;
        }
        for (size_t i = 0; i < width; ++i) {
          const auto failed = [&](Error error) {
            const std::string place =
                seen.batch.lines.empty() ? fmt::format("row {}", seen.first_row + static_cast<int64_t>(r) + 1)
                                         : fmt::format("line {}", seen.batch.lines[r]);
            return std::move(error).In(
                fmt::format("{}: {}, column '{}'", seen.path.string(), place, info_.columns[begin + i].name));
          };
          const auto value = converters[i].Convert(cell(sources_[begin + i], r));
          if (!value) return failed(value.error());
          TRY_STATUS(writers[split * width + i].Add(*value));
        }
        ++rows[split];
      }
      return {};
    };
    TRY_STATUS(ForEachBatch("writing", INT64_MAX, write));
    for (size_t s = 0; s < splits; ++s) {
      if (begin > 0 && rows[s] != info_.splits[s].rows)
        return Error{ErrorCode::kConflict, "a file changed while it was read", "import it again"};
      info_.splits[s].rows = rows[s];
    }
    for (size_t i = 0; i < width; ++i) {
      DatasetColumn& column = info_.columns[begin + i];
      column.missing = false;
      for (size_t s = 0; s < splits; ++s) column.missing |= writers[s * width + i].any_missing();
      for (size_t s = 0; s < splits; ++s)
        TRY_STATUS(writers[s * width + i].Finish(info_.splits[s].name, column, files_));
    }
    return {};
  }

  BlobStore& store_;
  const TableImport& import_;
  const CancelToken& cancel_;
  const std::function<void(const ImportProgress&)>& progress_;
  bool hashed_ = false, guesses_open_ = false;
  uint64_t bytes_ = 0;              // of all files
  std::vector<std::string> names_;  // of all fields, in the order in which they are met
  std::map<std::string, size_t> index_;
  std::vector<ColumnGuess> guesses_;  // by name
  std::vector<size_t> sources_;       // of each column of info_, its name's index
  DatasetInfo info_;
  std::vector<ManifestFile> files_;
};

}  // namespace

Result<std::vector<TableSplit>> FindTableSplits(const std::vector<Path>& paths) {
  TableSplit all;
  std::map<std::string, TableSplit> named;
  for (const Path& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      all.files.push_back(path);
      continue;
    }
    std::vector<Path> found;
    for (auto it = std::filesystem::directory_iterator(path, error);
         !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
      if (it->is_regular_file() && TableFormatOf(it->path())) found.push_back(it->path());
    }
    if (error) return SystemError(error.value(), "cannot list", path);
    std::ranges::sort(found);
    for (const Path& file : found) {
      std::string stem = file.filename().string();
      stem.resize(std::min(stem.find('.'), stem.size()));
      named[stem].name = stem;
      named[stem].files.push_back(file);
      all.files.push_back(file);
    }
  }
  if (all.files.empty())
    return NotFound(fmt::format("no tables in {}", paths.empty() ? "" : paths[0].string()),
                    "NAME.csv, .tsv or .jsonl (and .gz after it), or .parquet; from Excel: save as CSV");
  if (paths.size() != 1 || (!named.contains("train") && !named.contains("test")))
    return std::vector<TableSplit>{std::move(all)};
  std::vector<TableSplit> splits;
  splits.reserve(named.size());
  for (auto& [name, split] : named) splits.push_back(std::move(split));
  std::ranges::stable_partition(splits, [](const TableSplit& s) { return s.name == "train"; });
  return splits;
}

Result<ImportedDataset> ImportTables(BlobStore& store, const TableImport& import, const CancelToken& cancel,
                                     const std::function<void(const ImportProgress&)>& progress) {
  return Importer(store, import, cancel, progress).Run();
}

}  // namespace sinter
