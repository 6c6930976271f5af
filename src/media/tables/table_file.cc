#include "media/tables/table_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "media/tables/parquet_table.h"

namespace sinter {
namespace {

class WatchedSource final : public ByteSource {
 public:
  WatchedSource(std::unique_ptr<ByteSource> source, std::function<void(uint64_t)> on_read)
      : source_(std::move(source)), on_read_(std::move(on_read)) {}
  Result<size_t> Read(std::span<std::byte> out) override {
    TRY(const size_t n, source_->Read(out));
    read_ += n;
    if (on_read_) on_read_(read_);
    return n;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::function<void(uint64_t)> on_read_;
  uint64_t read_ = 0;
};

// In front of every message: which file.
class NamedReader final : public TableReader {
 public:
  NamedReader(std::unique_ptr<TableReader> reader, std::string name)
      : reader_(std::move(reader)), name_(std::move(name)) {}
  const std::vector<TableField>& fields() const override { return reader_->fields(); }
  Status Next(TableBatch& batch, size_t rows) override {
    Status status = reader_->Next(batch, rows);
    if (!status) return std::move(status).error().In(name_);
    return status;
  }

 private:
  std::unique_ptr<TableReader> reader_;
  std::string name_;
};

std::string Extension(Path path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (extension == ".gz") return Extension(path.replace_extension());
  return extension;
}

Result<std::unique_ptr<TableReader>> Open(const Path& path, const TableFileOptions& options) {
  const auto format = TableFormatOf(path);
  if (!format)
    return Unsupported("its name says no table",
                       "NAME.csv, .tsv or .jsonl (and .gz after it), or .parquet; from Excel: save as CSV");
  const auto source = [&]() -> Result<std::unique_ptr<ByteSource>> {
    TRY(auto file, FileSource::Open(path));
    return std::unique_ptr<ByteSource>(std::make_unique<WatchedSource>(std::move(file), options.on_read));
  };
  if (*format == TableFormat::kParquet) {
    TRY(auto mapped, MappedFile::Open(path));
    if (options.on_read) options.on_read(mapped->bytes().size());
    return OpenParquetTable(std::move(mapped));
  }
  if (*format == TableFormat::kJsonLines) {
    TRY(auto first, source());
    TRY(auto fields, ScanJsonLines(std::move(first), options.json_lines));
    TRY(auto second, source());
    return OpenJsonLines(std::move(second), std::move(fields), options.json_lines);
  }
  CsvOptions csv = options.csv;
  if (csv.delimiter == 0 && Extension(path) == ".tsv") csv.delimiter = '\t';
  TRY(auto bytes, source());
  return OpenCsv(std::move(bytes), csv);
}

}  // namespace

std::optional<TableFormat> TableFormatOf(const Path& path) {
  const std::string extension = Extension(path);
  if (extension == ".csv" || extension == ".tsv" || extension == ".txt" || extension == ".data")
    return TableFormat::kCsv;
  if (extension == ".jsonl" || extension == ".ndjson") return TableFormat::kJsonLines;
  if (extension == ".parquet" && path.extension() != ".gz") return TableFormat::kParquet;
  return std::nullopt;
}

Result<std::unique_ptr<TableReader>> OpenTableFile(const Path& path, const TableFileOptions& options) {
  auto reader = Open(path, options);
  if (!reader) return std::move(reader).error().In(path.string());
  return std::unique_ptr<TableReader>(std::make_unique<NamedReader>(*std::move(reader), path.string()));
}

}  // namespace sinter
