#include "media/tables/csv.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "base/utf8.h"
#include "media/tables/gunzip.h"

namespace sinter {
namespace {

constexpr size_t kBlock = size_t{256} << 10;
constexpr size_t kBatchBytes = size_t{32} << 20;

bool IsNumber(std::string_view text) {
  double value = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [at, error] = std::from_chars(begin, end, value);
  return at == end && error != std::errc::invalid_argument && !text.empty();
}

class CsvReader final : public TableReader {
 public:
  explicit CsvReader(std::unique_ptr<ByteSource> source) : source_(std::move(source)), block_(kBlock) {}

  Status Start(const CsvOptions& options) {
    TRY_STATUS(SkipMark());
    delimiter_ = options.delimiter;
    if (delimiter_ == 0) {
      TRY(delimiter_, FindDelimiter());
    }
    // The first row is read with as many columns as it has: they are the table's.
    TableBatch row;
    TRY(const bool any, ReadRow(row, 0));
    if (!any) return InvalidArgument("no rows: the file is empty");
    std::vector<std::string> names;
    names.reserve(cells_);
    for (size_t i = 0; i < cells_; ++i) names.emplace_back(row.columns[i].Text(0));
    if (options.header.value_or(LooksLikeHeader(names))) {
      for (std::string& name : names) fields_.push_back({std::move(name), CellType::kText});
      if (Status status = CheckFields(fields_); !status)
        return std::move(status).error().In(fmt::format("line {}", row_line_));
    } else {
      for (size_t i = 0; i < cells_; ++i) fields_.push_back({fmt::format("c{}", i + 1), CellType::kText});
      first_ = std::move(row);
      first_.rows = 1;
      first_.lines = {row_line_};
    }
    return {};
  }

  const std::vector<TableField>& fields() const override { return fields_; }

  Status Next(TableBatch& batch, size_t rows) override {
    batch.Clear(fields_.size());
    if (rows == 0) return InvalidArgument("a batch of no rows");
    if (first_.rows > 0) {
      batch = std::move(first_);
      first_ = {};
    }
    const uint64_t begin = bytes_read_;
    while (batch.rows < rows && bytes_read_ - begin < kBatchBytes) {
      TRY(const bool any, ReadRow(batch, fields_.size()));
      if (!any) break;
      ++batch.rows;
      batch.lines.push_back(row_line_);
    }
    return {};
  }

 private:
  // Whether a byte is there; `at_` stands on it.
  Result<bool> More() {
    if (at_ < size_) return true;
    if (end_) return false;
    TRY(size_, source_->Read(block_));
    at_ = 0;
    end_ = size_ == 0;
    return !end_;
  }
  char Byte() const { return static_cast<char>(block_[at_]); }
  void Advance() {
    ++at_;
    ++column_;
    ++bytes_read_;
  }
  // Over one line end. A CR and an LF after it are one.
  Status EndLine() {
    const bool carriage = Byte() == '\r';
    Advance();
    if (carriage) {
      TRY(const bool more, More());
      if (more && Byte() == '\n') Advance();
    }
    ++line_;
    column_ = 1;
    return {};
  }

  static Error At(int64_t line, int64_t column, std::string_view message, std::string hint = {}) {
    return InvalidArgument(fmt::format("line {}, column {}: {}", line, column, message), std::move(hint));
  }
  Error Bound(std::string_view what, size_t bytes) const {
    return {ErrorCode::kResourceExhausted,
            fmt::format("line {}, column {}: {} of more than {} bytes", line_, column_, what, bytes),
            "is a quote never closed?"};
  }

  Status SkipMark() {
    // The first block must hold the mark: sources may give a byte at a time.
    while (size_ < 3) {
      TRY(const size_t n, source_->Read(std::span(block_).subspan(size_)));
      if (n == 0) break;
      size_ += n;
    }
    end_ = size_ == 0;
    const std::string_view begin(reinterpret_cast<const char*>(block_.data()), size_);
    if (begin.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (begin.starts_with("\xFF\xFE") || begin.starts_with("\xFE\xFF"))
      return Unsupported("the text is UTF-16", "save it as UTF-8");
    return {};
  }

  // Counts in the first row, as far as the first block goes, outside of quotes.
  Result<char> FindDelimiter() {
    while (size_ < block_.size()) {
      TRY(const size_t n, source_->Read(std::span(block_).subspan(size_)));
      if (n == 0) break;
      size_ += n;
    }
    constexpr std::string_view kDelimiters = ",;\t|";
    size_t counts[kDelimiters.size()] = {};
    bool quoted = false, any = false;
    for (size_t i = at_; i < size_; ++i) {
      const char c = static_cast<char>(block_[i]);
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if ((c == '\n' || c == '\r') && any) break;
      any = any || (c != '\n' && c != '\r');
      if (const size_t d = kDelimiters.find(c); d != kDelimiters.npos) ++counts[d];
    }
    return kDelimiters[static_cast<size_t>(std::ranges::max_element(counts) - counts)];
  }

  static bool LooksLikeHeader(const std::vector<std::string>& cells) {
    std::unordered_set<std::string_view> seen;
    return std::ranges::all_of(cells, [&](const std::string& cell) {
      return FieldNameFault(cell).empty() && !IsNumber(cell) && seen.insert(cell).second;
    });
  }

  // Appends one row. `wanted` 0: as many columns as are there, which are then `cells_`. False: the end.
  Result<bool> ReadRow(TableBatch& batch, size_t wanted) {
    for (;;) {  // blank lines
      TRY(const bool more, More());
      if (!more) return false;
      if (Byte() != '\n' && Byte() != '\r') break;
      TRY_STATUS(EndLine());
    }
    row_line_ = line_;
    const uint64_t begin = bytes_read_;
    for (cells_ = 0;;) {
      if (wanted == 0 && cells_ == kTableFields)
        return Error{ErrorCode::kResourceExhausted,
                     fmt::format("line {}: more than {} columns", row_line_, kTableFields), ""};
      if (wanted == 0) batch.columns.resize(cells_ + 1);
      if (wanted != 0 && cells_ == wanted) {
        return At(row_line_, column_, fmt::format("more than {} cells in a row", wanted),
                  "a cell that holds the delimiter stands in quotes");
      }
      TRY(const bool last, ReadCell(batch.columns[cells_]));
      ++cells_;
      if (bytes_read_ - begin > kRowBytes) return Bound("a row", kRowBytes);
      if (last) break;
    }
    if (wanted != 0 && cells_ != wanted)
      return At(row_line_, 1, fmt::format("a row of {} cells, the table has {}", cells_, wanted));
    return true;
  }

  // Appends a cell and passes what ends it. True: the row ends too.
  Result<bool> ReadCell(TableColumn& column) {
    const int64_t cell_line = line_, cell_column = column_;
    const size_t begin = column.bytes.size();
    TRY(bool more, More());
    bool quoted = false;
    if (more && Byte() == '"') {
      quoted = true;
      Advance();
      TRY_STATUS(ReadQuoted(column.bytes, cell_line, cell_column));
      TRY(more, More());
      if (more && Byte() != delimiter_ && Byte() != '\n' && Byte() != '\r')
        return At(line_, column_, "text after a closing quote", "a quote inside a quoted cell is doubled");
    } else {
      TRY_STATUS(ReadPlain(column.bytes));
      TRY(more, More());
    }
    const std::string_view cell = std::string_view(column.bytes).substr(begin);
    if (!IsUtf8(cell) || cell.find('\0') != cell.npos)
      return At(cell_line, cell_column, "the cell is no UTF-8 text", "save the file as UTF-8");
    column.missing.push_back(cell.empty() && !quoted ? 1 : 0);
    column.offsets.push_back(column.bytes.size());
    if (!more) return true;
    if (Byte() != delimiter_) {
      TRY_STATUS(EndLine());
      return true;
    }
    Advance();
    return false;
  }

  Status ReadPlain(std::string& out) {
    const size_t begin = out.size();
    for (;;) {
      TRY(const bool more, More());
      if (!more) return {};
      size_t end = at_;
      while (end < size_) {
        const char c = static_cast<char>(block_[end]);
        if (c == delimiter_ || c == '\n' || c == '\r') break;
        ++end;
      }
      Take(out, end);
      if (out.size() - begin > kCellBytes) return Bound("a cell", kCellBytes);
      if (at_ < size_) return {};
    }
  }

  // To the closing quote and past it; the opening one is passed.
  Status ReadQuoted(std::string& out, int64_t cell_line, int64_t cell_column) {
    const size_t begin = out.size();
    for (;;) {
      TRY(const bool more, More());
      if (!more) return At(cell_line, cell_column, "a quote that is never closed");
      size_t end = at_;
      while (end < size_) {
        const char c = static_cast<char>(block_[end]);
        if (c == '"' || c == '\n' || c == '\r') break;
        ++end;
      }
      Take(out, end);
      if (out.size() - begin > kCellBytes) return Bound("a cell", kCellBytes);
      if (at_ == size_) continue;
      if (Byte() != '"') {  // a line end belongs to the cell, as it is
        const bool carriage = Byte() == '\r';
        out.push_back(Byte());
        Advance();
        TRY(const bool after, More());
        if (carriage && after && Byte() == '\n') {
          out.push_back('\n');
          Advance();
        }
        ++line_;
        column_ = 1;
        continue;
      }
      Advance();
      TRY(const bool after, More());
      if (!after || Byte() != '"') return {};
      out.push_back('"');
      Advance();
    }
  }

  void Take(std::string& out, size_t end) {
    const size_t n = end - at_;
    out.append(reinterpret_cast<const char*>(block_.data()) + at_, n);
    at_ = end;
    column_ += static_cast<int64_t>(n);
    bytes_read_ += n;
  }

  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> block_;
  size_t at_ = 0, size_ = 0;
  bool end_ = false;
  uint64_t bytes_read_ = 0;
  int64_t line_ = 1, column_ = 1, row_line_ = 1;
  char delimiter_ = ',';
  size_t cells_ = 0;  // of the row read last
  std::vector<TableField> fields_;
  TableBatch first_;  // a first row that is no header
};

}  // namespace

Result<std::unique_ptr<TableReader>> OpenCsv(std::unique_ptr<ByteSource> source, const CsvOptions& options) {
  const char d = options.delimiter;
  if (d == '"' || d == '\n' || d == '\r' || static_cast<unsigned char>(d) >= 0x80)
    return InvalidArgument("a delimiter is one ASCII character, no quote and no line end");
  TRY(auto plain, MaybeGunzip(std::move(source)));
  auto reader = std::make_unique<CsvReader>(std::move(plain));
  TRY_STATUS(reader->Start(options));
  return std::unique_ptr<TableReader>(std::move(reader));
}

}  // namespace sinter
