#include "media/tables/jsonl.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/function_ref.h"
#include "base/json_scanner.h"
#include "media/tables/lines.h"

namespace sinter {
namespace {

constexpr size_t kBatchBytes = size_t{32} << 20;

enum class Kind : uint8_t { kNull, kBool, kWhole, kNumber, kText };

// One value of a row, not nested.
struct Value {
  Kind kind = Kind::kNull;
  bool truth = false;
  int64_t whole = 0;  // of kWhole
  double number = 0;  // of kWhole and kNumber
  std::string text;   // of kText what it says, of the others how it is written
};

// Reads the rows' values, with the path of each.
class RowScanner {
 public:
  using Visit = FunctionRef<Status(const std::string& name, const Value& value)>;
  explicit RowScanner(bool flatten) : flatten_(flatten) {}

  Status Scan(std::string_view line, Visit visit) {
    JsonScanner scanner(line);
    name_.clear();
    if (scanner.Peek() != '{') return InvalidArgument("a row must be an object: {\"column\": value, ...}");
    TRY_STATUS(Object(scanner, line, visit));
    if (!scanner.AtEnd()) {
      if (!scanner.ok()) return scanner.status();
      return InvalidArgument(fmt::format("something follows the object (at byte {})", scanner.offset()));
    }
    return {};
  }

 private:
  Status Object(JsonScanner& scanner, std::string_view line, Visit visit) {
    std::string key;
    const size_t length = name_.size();
    scanner.EnterObject();
    while (scanner.NextKey(key)) {
      if (length > 0) name_ += '.';
      name_ += key;
      TRY_STATUS(Any(scanner, line, visit));
      name_.resize(length);
    }
    return scanner.status();
  }

  Status List(JsonScanner& scanner, std::string_view line, Visit visit) {
    const size_t length = name_.size();
    scanner.EnterArray();
    for (size_t i = 0; scanner.NextItem(); ++i) {
      name_ += fmt::format(".{}", i);
      TRY_STATUS(Any(scanner, line, visit));
      name_.resize(length);
    }
    return scanner.status();
  }

  Status Any(JsonScanner& scanner, std::string_view line, Visit visit) {
    if (const auto fault = FieldNameFault(name_); !fault.empty())
      return InvalidArgument(fmt::format("a column's name {} (at byte {})", fault, scanner.offset()));
    const char c = scanner.Peek();
    if (c == '{' || c == '[') {
      if (!flatten_) {
        return InvalidArgument(fmt::format("column '{}' holds {} (at byte {})", name_,
                                           c == '{' ? "an object" : "a list", scanner.offset()),
                               "--flatten makes a column of each of its members");
      }
      return c == '{' ? Object(scanner, line, visit) : List(scanner, line, visit);
    }
    const size_t begin = scanner.offset();
    value_ = {};
    switch (c) {
      case '"':
        value_.kind = Kind::kText;
        scanner.String(value_.text);
        break;
      case 't':
      case 'f':
        value_.kind = Kind::kBool;
        scanner.Bool(value_.truth);
        break;
      case 'n':
        scanner.Null();
        break;
      default:
        value_.kind = Kind::kNumber;
        scanner.Number(value_.number);
    }
    if (!scanner.ok()) return scanner.status();
    if (c != '"') value_.text = line.substr(begin, scanner.offset() - begin);
    if (value_.text.size() > kCellBytes)
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("column '{}' holds a text of more than {} bytes", name_, kCellBytes), ""};
    if (value_.kind == Kind::kNumber) {
      JsonScanner whole(value_.text);
      if (whole.Int(value_.whole) && whole.AtEnd()) value_.kind = Kind::kWhole;
    }
    return visit(name_, value_);
  }

  bool flatten_;
  std::string name_;
  Value value_;
};

Error In(Error error, int64_t line) { return std::move(error).In(fmt::format("line {}", line)); }

class JsonLinesReader final : public TableReader {
 public:
  JsonLinesReader(LineReader lines, std::vector<TableField> fields, bool flatten)
      : lines_(std::move(lines)), fields_(std::move(fields)), rows_(flatten) {
    for (size_t i = 0; i < fields_.size(); ++i) index_[fields_[i].name] = i;
  }
  const std::vector<TableField>& fields() const override { return fields_; }

  Status Next(TableBatch& batch, size_t rows) override {
    batch.Clear(fields_.size());
    if (rows == 0) return InvalidArgument("a batch of no rows");
    size_t bytes = 0;
    std::string_view line;
    while (batch.rows < rows && bytes < kBatchBytes) {
      TRY(const bool any, lines_.Next(line));
      if (!any) break;
      if (LineReader::Blank(line)) continue;
      const auto visit = [&](const std::string& name, const Value& value) { return Add(batch, name, value); };
      if (Status status = rows_.Scan(line, visit); !status)
        return In(std::move(status).error(), lines_.line());
      for (size_t i = 0; i < fields_.size(); ++i) {
        if (batch.columns[i].missing.size() == batch.rows) batch.columns[i].AddMissing(fields_[i].type);
      }
      ++batch.rows;
      batch.lines.push_back(lines_.line());
      bytes += line.size();
    }
    return {};
  }

 private:
  Status Add(TableBatch& batch, const std::string& name, const Value& value) const {
    const auto found = index_.find(name);
    if (found == index_.end()) return InvalidArgument(fmt::format("the column '{}' is new here", name));
    TableColumn& column = batch.columns[found->second];
    const CellType type = fields_[found->second].type;
    if (column.missing.size() != batch.rows)
      return InvalidArgument(fmt::format("the column '{}' stands twice", name));
    bool fits = true;
    if (value.kind == Kind::kNull) {
      column.AddMissing(type);
    } else if (type == CellType::kText) {
      column.AddText(value.text);
    } else {
      if (type == CellType::kF64) {
        fits = value.kind == Kind::kNumber || value.kind == Kind::kWhole;
        column.floats.push_back(value.number);
      } else {
        fits = value.kind == (type == CellType::kI64 ? Kind::kWhole : Kind::kBool);
        column.ints.push_back(type == CellType::kI64 ? value.whole : value.truth);
      }
      column.missing.push_back(0);
    }
    if (fits) return {};
    return InvalidArgument(
        fmt::format("column '{}' is {}, and here is {}", name, CellTypeName(type), value.text.substr(0, 64)));
  }

  LineReader lines_;
  std::vector<TableField> fields_;
  std::unordered_map<std::string, size_t> index_;
  RowScanner rows_;
};

}  // namespace

Result<std::vector<TableField>> ScanJsonLines(std::unique_ptr<ByteSource> source,
                                              const JsonLinesOptions& options) {
  TRY(LineReader lines, LineReader::Open(std::move(source)));
  struct Seen {
    bool text = false, truth = false, number = false, broken = false;
  };
  std::vector<TableField> fields;
  std::vector<Seen> seen;
  std::unordered_map<std::string, size_t> index;
  RowScanner rows(options.flatten);
  std::string_view line;
  const auto visit = [&](const std::string& name, const Value& value) -> Status {
    const auto [at, is_new] = index.try_emplace(name, fields.size());
    if (is_new) {
      if (fields.size() == kTableFields)
        return Error{ErrorCode::kResourceExhausted, fmt::format("more than {} columns", kTableFields), ""};
      fields.push_back({name, CellType::kText});
      seen.emplace_back();
    }
    Seen& s = seen[at->second];
    s.text |= value.kind == Kind::kText;
    s.truth |= value.kind == Kind::kBool;
    s.number |= value.kind == Kind::kWhole || value.kind == Kind::kNumber;
    s.broken |= value.kind == Kind::kNumber;
    return {};
  };
  for (;;) {
    TRY(const bool any, lines.Next(line));
    if (!any) break;
    if (LineReader::Blank(line)) continue;
    if (Status status = rows.Scan(line, visit); !status) return In(std::move(status).error(), lines.line());
  }
  if (fields.empty()) return InvalidArgument("no rows: no line holds an object with a member");
  for (size_t i = 0; i < fields.size(); ++i) {
    const Seen& s = seen[i];
    if (s.text || (s.truth && s.number)) continue;
    if (s.truth) fields[i].type = CellType::kBool;
    if (s.number) fields[i].type = s.broken ? CellType::kF64 : CellType::kI64;
  }
  return fields;
}

Result<std::unique_ptr<TableReader>> OpenJsonLines(std::unique_ptr<ByteSource> source,
                                                   std::vector<TableField> fields,
                                                   const JsonLinesOptions& options) {
  TRY_STATUS(CheckFields(fields));
  TRY(LineReader lines, LineReader::Open(std::move(source)));
  return std::unique_ptr<TableReader>(
      std::make_unique<JsonLinesReader>(std::move(lines), std::move(fields), options.flatten));
}

}  // namespace sinter
