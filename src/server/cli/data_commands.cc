#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "platform/data/classes.h"
#include "platform/data/import_idx.h"
#include "server/cli/context.h"
#include "server/cli/output.h"
#include "server/cli/repository_commands.h"
#include "server/cli/transfer.h"

namespace sinter {
namespace {

std::string name, folder, classes, ref, split = "train", out;

// Parsed here, so that the server reads no foreign files; what comes out goes there blob by blob.
Status Add(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  IdxImport import;
  TRY(import.splits, FindIdxSplits(folder));
  if (!classes.empty()) {
    TRY(import.classes, ReadClasses(classes));
  }
  TRY(const auto temporary, ScratchFolder::Create());
  TRY(const auto store, BlobStore::Open(temporary->path() / "store"));
  const bool terminal = isatty(STDERR_FILENO) != 0;
  std::string shown;
  auto progress = [&](const ImportProgress& p) {
    if (!terminal) return;
    const std::string line =
        fmt::format("{} {:3.0f}%", p.file,
                    p.total == 0 ? 0.0 : 100.0 * static_cast<double>(p.done) / static_cast<double>(p.total));
    if (line == shown) return;
    shown = line;
    fmt::print(stderr, "\r\033[K{}", line);
  };
  auto imported = ImportIdx(*store, import, {}, progress);
  if (terminal) fmt::print(stderr, "\r\033[K");
  if (!imported) return std::move(imported).error();
  TRY_STATUS(UploadBlobs(*client, "/blobs", *store, imported->manifest));
  TRY(const Json version, client->Post(fmt::format("/datasets/{}/versions", EscapeSegment(name)),
                                       {{"manifest", Json::parse(ManifestText(imported->manifest))},
                                        {"details", {{"source", folder}}}}));
  if (context.json) {
    fmt::print("{}\n", version.dump());
    return {};
  }
  fmt::print("{}  {}  {}\n", version.value("ref", ""), version.value("id", "").substr(0, 12),
             Bytes(version.value("bytes", uint64_t{0})));
  for (const DatasetSplit& s : imported->info.splits) fmt::print("  {:<8} {} rows\n", s.name, s.rows);
  return {};
}

Status Profile(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json all, client->Get(fmt::format("/datasets/{}/profile", EscapeSegment(ref))));
  if (!out.empty()) {
    TRY(const std::string png, client->GetBytes(fmt::format("/datasets/{}/samples?split={}",
                                                            EscapeSegment(ref), EscapeSegment(split))));
    TRY_STATUS(WriteFileAtomically(out, png));
    fmt::print(stderr, "samples of {} written to {}\n", split, out);
  }
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  const Json& profile = all["profile"];
  fmt::print("{}\n", all["version"].value("ref", ""));
  for (const Json& s : profile["splits"]) {
    fmt::print("\n{}: {} rows, {} duplicates ({} of rows in earlier splits)\n", TextOf(s, "name"),
               TextOf(s, "rows"), TextOf(s, "duplicates"), TextOf(s, "in_earlier_splits"));
    std::vector<std::vector<std::string>> rows{{"column", "kind", "min", "max", "mean", "std"}};
    for (const Json& column : s.value("columns", Json::array())) {
      rows.push_back({TextOf(column, "name"), TextOf(column, "kind"), TextOf(column, "min"),
                      TextOf(column, "max"), TextOf(column, "mean"), TextOf(column, "std")});
    }
    fmt::print("{}", Table(rows));
    std::vector<std::vector<std::string>> counts{{"class", "rows"}};
    for (const Json& c : s.value("classes", Json::array()))
      counts.push_back({TextOf(c, "name"), TextOf(c, "rows")});
    if (counts.size() > 1) fmt::print("\n{}", Table(counts));
  }
  return {};
}

}  // namespace

void AddDataCommands(CLI::App& app, CliContext& context) {
  CLI::App* data = app.add_subcommand("data", "Data sets and their versions");
  data->require_subcommand(1);
  CLI::App* add = data->add_subcommand("add", "Imports IDX files (as MNIST's) as a version of a data set");
  add->add_option("name", name, "What the data set is called")->required();
  add->add_option("folder", folder, "Where the files are")->required();
  add->add_option("--classes", classes,
                  "fashion-mnist, digits, a file with a name a line, or names with commas");
  AddPlatformOptions(*add, context);
  add->callback([&context] { context.action = [&context] { return Add(context); }; });
  CLI::App* show = data->add_subcommand("show", "A version and its files");
  show->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  AddPlatformOptions(*show, context);
  show->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json version, client->Get("/datasets/" + EscapeSegment(ref)));
      fmt::print("{}\n", context.json ? version.dump() : version.dump(2));
      return {};
    };
  });
  CLI::App* profile = data->add_subcommand("profile", "Counts, classes, ranges, duplicates, samples");
  profile->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  profile->add_option("--samples", out, "Write samples of each class to this PNG file");
  profile->add_option("--split", split, "Of which split the samples are")->capture_default_str();
  AddPlatformOptions(*profile, context);
  profile->callback([&context] { context.action = [&context] { return Profile(context); }; });
  AddRepositoryCommands(*data, context, RepositoryKind::kDataset);
  AddHistoryCommands(*data, context, RepositoryKind::kDataset);
}

}  // namespace sinter
