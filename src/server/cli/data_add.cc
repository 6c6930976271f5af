// sinter data add: files into a version of a data set. Parsed here, so that the server reads no foreign
// files; what comes out goes there blob by blob.
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "platform/data/cell.h"
#include "platform/data/classes.h"
#include "platform/data/import_idx.h"
#include "platform/data/import_table.h"
#include "server/cli/context.h"
#include "server/cli/data_add_media.h"
#include "server/cli/data_commands.h"
#include "server/cli/output.h"
#include "server/cli/transfer.h"

namespace sinter {
namespace {

struct AddWords {
  std::string name, classes, key, label, delimiter;
  std::vector<std::string> paths, splits, columns;
  double test_share = -1;
  int64_t sample = 0;
  bool header = false, no_header = false, flatten = false;
  MediaWords media;

  bool OfTables() const {
    return !classes.empty() || !key.empty() || !label.empty() || !delimiter.empty() || !columns.empty() ||
           !splits.empty() || sample != 0 || header || no_header || flatten;
  }
};
AddWords words;

// "NAME=REST" at the last '=' that leaves something on both sides.
Result<std::pair<std::string, std::string>> Pair(const std::string& word, std::string_view example) {
  const size_t equals = word.rfind('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == word.size())
    return InvalidArgument(fmt::format("'{}' says nothing", word), fmt::format("write {}", example));
  return std::pair{word.substr(0, equals), word.substr(equals + 1)};
}

// What the data set's last version was made with; nothing where there is none.
struct Earlier {
  std::string ref;
  std::optional<DatasetInfo> info;
  double test_share = 0.2;
  std::string key, label;
  EarlierMedia media;
};

Result<Earlier> FindEarlier(ApiClient& client) {
  Earlier earlier;
  const auto version = client.Get("/datasets/" + EscapeSegment(words.name));
  if (!version) {
    if (version.error().code == ErrorCode::kNotFound) return earlier;
    return version.error();
  }
  earlier.ref = version->value("ref", "");
  const Json details = version->value("details", Json::object());
  if (const auto import = details.find("import"); import != details.end() && import->is_object()) {
    earlier.test_share = import->value("test_share", earlier.test_share);
    earlier.key = import->value("key", "");
    earlier.label = import->value("label", "");
    earlier.media.fit = import->value("fit", "");
    earlier.media.rate = import->value("rate", int64_t{0});
  }
  TRY(const Manifest manifest, ParseManifest(version->at("manifest").dump()));
  earlier.media.manifest = manifest;
  if (const ManifestFile* file = manifest.Find(kDatasetFile)) {
    TRY(const std::string text, client.GetBytes("/blobs/" + file->sha256.Hex()));
    TRY(earlier.info, ParseDataset(text));
  }
  return earlier;
}

bool HoldsIdx() {
  std::error_code error;
  if (words.paths.size() != 1 || !words.splits.empty() ||
      !std::filesystem::is_directory(words.paths[0], error))
    return false;
  for (auto it = std::filesystem::directory_iterator(words.paths[0], error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (TableFormatOf(it->path())) return false;
  }
  return true;  // or nothing that is known: then the error says what IDX files are called
}

Result<TableImport> TableOptions(Earlier earlier) {
  TableImport import;
  if (!words.splits.empty()) {
    if (!words.paths.empty())
      return InvalidArgument("files are given with and without a split",
                             "name the split of each: --split NAME=FILE");
    for (const std::string& word : words.splits) {
      TRY(const auto split, Pair(word, "--split train=FILE"));
      const auto found = std::ranges::find(import.splits, split.first, &TableSplit::name);
      TableSplit& to = found == import.splits.end() ? import.splits.emplace_back() : *found;
      to.name = split.first;
      to.files.emplace_back(split.second);
    }
  } else {
    TRY(import.splits, FindTableSplits({words.paths.begin(), words.paths.end()}));
  }
  const bool named = !import.splits[0].name.empty();
  if (named && (words.test_share >= 0 || !words.key.empty()))
    return InvalidArgument("the files name the splits already", "leave out --test-share and --key");
  import.test_share = words.test_share >= 0 ? words.test_share : earlier.test_share;
  import.key = words.key.empty() && !named ? earlier.key : words.key;
  import.label = words.label.empty() ? earlier.label : words.label;
  import.earlier = std::move(earlier.info);
  import.sample = words.sample;
  for (const std::string& word : words.columns) {
    TRY(const auto column, Pair(word, "--column NAME=TYPE"));
    TRY(import.columns[column.first], ParseColumnRequest(column.second));
  }
  if (!words.classes.empty()) {
    if (import.label.empty())
      return InvalidArgument("--classes are those of the label, and no column is named", "add --label NAME");
    TRY(const auto classes, ReadClasses(words.classes));
    import.columns[import.label] = {ColumnRequest::Type::kClass, classes};
  }
  if (words.delimiter == "tab" || words.delimiter == "\\t") words.delimiter = "\t";
  if (words.delimiter.size() > 1) return InvalidArgument("--delimiter is one character, or tab");
  if (!words.delimiter.empty()) import.files.csv.delimiter = words.delimiter[0];
  if (words.header) import.files.csv.header = true;
  if (words.no_header) import.files.csv.header = false;
  import.files.json_lines.flatten = words.flatten;
  return import;
}

void Describe(const DatasetInfo& info) {
  for (const DatasetSplit& s : info.splits) fmt::print("  {:<8} {} rows\n", s.name, s.rows);
  if (info.columns.size() > 1) {
    std::vector<std::vector<std::string>> rows{{"COLUMN", "KIND", "HOLDS"}};
    for (const DatasetColumn& c : info.columns) {
      std::string holds(DTypeName(c.dtype));
      if (!c.shape.empty()) holds = fmt::format("{}[{}]", holds, fmt::join(c.shape, ", "));
      if (c.kind == ColumnKind::kText) holds = "";
      if (c.kind == ColumnKind::kClass) holds = fmt::format("{} classes", c.classes.size());
      if (c.name == info.label) holds += ", the label";
      if (c.missing) holds += holds.empty() ? "some missing" : ", some missing";
      rows.push_back({c.name, std::string(ColumnKindName(c.kind)), holds});
    }
    fmt::print("{}", Table(rows));
  }
}

// What a newcomer may have overlooked, a line each.
void Warn(const DatasetInfo& info, bool media) {
  constexpr size_t kManyClasses = 50;
  const auto is_number = [](const std::string& name) { return ParseCellNumber(name).has_value(); };
  bool said = false;  // what the files are, or what is said in them
  for (const DatasetColumn& c : info.columns) {
    said |= c.kind == ColumnKind::kClass || c.name == "text";
    if (c.name == info.label && c.classes.size() > kManyClasses && std::ranges::all_of(c.classes, is_number))
      fmt::print(stderr, "the label {} is a number: its {} values are {} classes, in no order\n", c.name,
                 c.classes.size(), c.classes.size());
  }
  if (media && !said)
    fmt::print(stderr, "no labels: sort the files into one folder a class, or add labels.csv\n");
  for (const DatasetSplit& s : info.splits) {
    if (s.rows == 0 && words.test_share != 0)
      fmt::print(stderr, "the split {} has no rows: add more, or choose --test-share\n", s.name);
  }
}

Status Add(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(Earlier earlier, FindEarlier(*client));
  const std::string earlier_ref = earlier.ref;
  TRY(const auto temporary, ScratchFolder::Create());
  TRY(const auto store, BlobStore::Open(temporary->path() / "store"));
  StatusLine line(stderr);
  const auto progress = [&](const ImportProgress& p) { line.Share(p.file, p.done, p.total); };
  Json details = {
      {"source", fmt::format("{}", fmt::join(words.splits.empty() ? words.paths : words.splits, " "))}};
  Result<ImportedDataset> imported = Internal("nothing was imported");
  Json files;  // how many were decoded, known, damaged
  const bool media = words.paths.size() == 1 && HoldsMedia(words.paths[0]);
  if (media && words.OfTables())
    return InvalidArgument(
        fmt::format("{} holds pictures or sound, and these options are for tables", words.paths[0]),
        "a folder's classes and splits are its folders' names, or stand in labels.csv");
  if (!media && words.media.Any())
    return InvalidArgument(
        "--size, --fit, --channels, --seconds, --rate and --skip-damaged are for a folder of pictures or "
        "sound");
  if (media) {
    const double share = words.test_share >= 0 ? words.test_share : earlier.test_share;
    auto added = AddMediaFolder(*client, *store, words.paths[0], words.media, share, earlier.media, line);
    if (added) {
      details["import"] = {{"test_share", share}};
      if (added->form.kind == MediaKind::kSounds)
        details["import"]["rate"] = added->form.rate;
      else
        details["import"]["fit"] = PictureFitName(added->form.fit);
      files = {{"decoded", added->decoded}, {"known", added->known}, {"damaged", added->damaged}};
      imported = std::move(added->dataset);
    } else {
      imported = std::move(added).error();
    }
  } else if (HoldsIdx()) {
    IdxImport import;
    TRY(import.splits, FindIdxSplits(words.paths[0]));
    if (!words.classes.empty()) {
      TRY(import.classes, ReadClasses(words.classes));
    }
    imported = ImportIdx(*store, import, {}, progress);
  } else {
    TRY(const TableImport import, TableOptions(std::move(earlier)));
    imported = ImportTables(*store, import, {}, progress);
    if (import.splits[0].name.empty())
      details["import"] = {{"test_share", import.test_share}, {"key", import.key}};
    if (imported) details["import"]["label"] = imported->info.label;
  }
  line.End();
  if (!imported) return std::move(imported).error();
  TRY_STATUS(UploadBlobs(
      *client, "/blobs", *store, imported->manifest,
      [&](const TransferProgress& p) { line.Share("sending", p.done, p.total); }, words.name));
  line.End();
  TRY(Json version, client->Post(fmt::format("/datasets/{}/versions", EscapeSegment(words.name)),
                                 {{"manifest", Json::parse(ManifestText(imported->manifest))},
                                  {"details", std::move(details)}}));
  Warn(imported->info, media);
  if (context.json) {
    if (media) version["files"] = files;
    fmt::print("{}\n", version.dump());
    return {};
  }
  const std::string ref = version.value("ref", "");
  fmt::print("{}  {}  {}{}\n", ref, version.value("id", "").substr(0, 12),
             Bytes(version.value("bytes", uint64_t{0})), ref == earlier_ref ? "  nothing new" : "");
  Describe(imported->info);
  if (media)
    fmt::print("{} files decoded, {} known already{}\n", TextOf(files, "decoded"), TextOf(files, "known"),
               files["damaged"] == 0 ? "" : fmt::format(", {} left out", TextOf(files, "damaged")));
  return {};
}

}  // namespace

void AddDataAddCommand(CLI::App& data, CliContext& context) {
  CLI::App* add =
      data.add_subcommand("add",
                          "Imports a folder of pictures or sound, CSV, TSV, JSON Lines or Parquet, or IDX "
                          "files (as MNIST's), as a version of "
                          "a data set");
  add->add_option("name", words.name, "What the data set is called")->required();
  add->add_option("paths", words.paths,
                  "Files, or a folder of them; train.csv and test.csv there are splits. Or a folder of "
                  "pictures or sound: "
                  "CLASS/*.jpg, train/CLASS/*.png, or with a labels.csv (docs/pictures.md)");
  add->add_option("--split", words.splits, "NAME=FILE: whose rows are that split; more than one may follow");
  add->add_option(
         "--test-share", words.test_share,
         "Else: what share of the rows is for the test (0.2). A row's place follows from what it says "
         "(its label aside): rows that are added later move none")
      ->check(CLI::Range(0.0, 0.999));
  add->add_option("--key", words.key,
                  "A column: rows of one key stay in one split, which follows from the key");
  add->add_option("--label", words.label,
                  "The column to be predicted (else one called label, class or target)");
  add->add_option("--column", words.columns,
                  "NAME=TYPE instead of a guess: number, i64, f64, class, class:A|B|C, text, drop");
  add->add_option("--classes", words.classes,
                  "Of the label: fashion-mnist, digits, a file with a name a line, or names with commas");
  add->add_option("--sample-rows", words.sample, "Guess types from the first rows alone")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  add->add_option("--delimiter", words.delimiter, "Between cells of CSV (else found): a character, or tab");
  CLI::Option* header = add->add_flag("--header", words.header, "The first row of CSV names the columns");
  add->add_flag("--no-header", words.no_header, "It does not")->excludes(header);
  add->add_flag("--flatten", words.flatten, "JSON Lines: nested members are columns, named by their path");
  AddMediaOptions(*add, words.media);
  AddPlatformOptions(*add, context);
  add->callback([&context] {
    if (words.paths.empty() && words.splits.empty()) throw CLI::RequiredError("paths or --split");
    context.action = [&context] { return Add(context); };
  });
}

}  // namespace sinter
