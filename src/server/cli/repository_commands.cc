#include "server/cli/repository_commands.h"

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/output.h"
#include "server/cli/pages.h"
#include "server/cli/pull.h"
#include "server/cli/transfer.h"

namespace sinter {
namespace {

std::string name, ref, folder, message, reason, branch = "main";

// One line that is written over, where a person looks.
class TransferLine {
 public:
  explicit TransferLine(std::string_view what) : what_(what), terminal_(isatty(STDERR_FILENO) != 0) {}
  ~TransferLine() {
    if (!shown_.empty()) fmt::print(stderr, "\r\033[K");
  }
  TransferLine(const TransferLine&) = delete;
  TransferLine& operator=(const TransferLine&) = delete;
  TransferSink Sink() {
    return [this](const TransferProgress& progress) { Show(progress); };
  }

 private:
  void Show(const TransferProgress& progress) {
    if (!terminal_) return;
    const double share =
        progress.total == 0 ? 1 : static_cast<double>(progress.done) / static_cast<double>(progress.total);
    std::string line =
        fmt::format("{} {:3.0f}% of {}  {:.50}", what_, 100 * share, Bytes(progress.total), progress.file);
    if (line == shown_) return;
    shown_ = std::move(line);
    fmt::print(stderr, "\r\033[K{}", shown_);
  }
  std::string_view what_;
  bool terminal_;
  std::string shown_;
};

Status Push(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const FolderFiles files, FolderFiles::Read(folder));
  {
    TransferLine line("push");
    TRY_STATUS(UploadBlobs(*client, "/blobs", files, files.manifest(), line.Sink(), name));
  }
  Json body = {{"manifest", Json::parse(ManifestText(files.manifest()))},
               {"details", Json::object()},
               {"branch", branch}};
  if (!message.empty()) body["message"] = message;
  TRY(const Json version, client->Post(RepositoryPath(kind, name) + "/versions", body));
  fmt::print("{}\n", context.json ? version.dump() : version.value("ref", ""));
  return {};
}

Status Pull(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json version, client->Get(RepositoryPath(kind, ref)));
  if (!version.contains("manifest")) return Corrupt("the server's answer holds no manifest");
  TRY(const Manifest manifest, ParseManifest(version["manifest"].dump()));
  Path target = folder;
  if (folder.empty()) {
    const std::string_view whole = std::string_view(ref).substr(0, ref.find('@'));
    target = Path(whole.substr(whole.rfind('/') + 1));
  }
  PullReport report;
  {
    TransferLine line("pull");
    TRY(report, PullFiles(*client, manifest, target, line.Sink()));
  }
  if (context.json) {
    fmt::print("{}\n", Json{{"ref", version.value("ref", "")},
                            {"commit", version.value("commit", "")},
                            {"folder", target.string()},
                            {"files", report.files},
                            {"downloaded", report.downloaded}}
                           .dump());
  } else {
    fmt::print("{}\n", target.string());
  }
  return {};
}

Status List(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json all, GetAllPages(*client, RepositoryPath(kind)));
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "VERSIONS", "UPDATED", "BY"}};
  for (const Json& item : all["items"])
    rows.push_back({TextOf(item, "name"), TextOf(item, "latest"), Ago(item.value("updated_ms", int64_t{0})),
                    TextOf(item, "created_by")});
  fmt::print("{}", Table(rows));
  return {};
}

Status Remove(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json gone,
      client->Delete(fmt::format("{}?reason={}", RepositoryPath(kind, ref), EscapeSegment(reason))));
  if (context.json) {
    fmt::print("{}\n", gone.dump());
    return {};
  }
  for (const Json& one : gone["removed"]) fmt::print("removed {}\n", one.get<std::string>());
  fmt::print(stderr, "the bytes go with the next collection of garbage, or now: sinter hub gc\n");
  return {};
}

}  // namespace

std::string RepositoryPath(RepositoryKind kind, std::string_view of) {
  const std::string_view root = kind == RepositoryKind::kDataset ? "/datasets" : "/models";
  return of.empty() ? std::string(root) : fmt::format("{}/{}", root, EscapeSegment(of));
}

void AddRepositoryCommands(CLI::App& noun, CliContext& context, RepositoryKind kind) {
  const bool data = kind == RepositoryKind::kDataset;
  CLI::App* list = noun.add_subcommand("list", data ? "The data sets" : "The models");
  AddPlatformOptions(*list, context);
  list->callback([&context, kind] { context.action = [&context, kind] { return List(context, kind); }; });

  CLI::App* push = noun.add_subcommand(
      "push", data ? "Adds a folder as it is (dataset.json and its files, as pull brings them) as a version"
                   : "Adds a folder (model.onnx, signature.json) as a version");
  push->add_option("name", name, data ? "The data set" : "The model")->required();
  push->add_option("folder", folder, "Its files")->required();
  push->add_option("--branch", branch, "The branch that it is added to")->capture_default_str();
  push->add_option("-m,--message", message, "What changed");
  AddPlatformOptions(*push, context);
  push->callback([&context, kind] { context.action = [&context, kind] { return Push(context, kind); }; });

  CLI::App* pull =
      noun.add_subcommand("pull", "Brings a version's files here; goes on where it was interrupted");
  pull->add_option("ref", ref, "NAME, NAME@VERSION, NAME@BRANCH, NAME@TAG or NAME@COMMIT")->required();
  pull->add_option("folder", folder, "Where to; the name when left out");
  AddPlatformOptions(*pull, context);
  pull->callback([&context, kind] { context.action = [&context, kind] { return Pull(context, kind); }; });

  CLI::App* remove = noun.add_subcommand("delete", "Gives a version up, or, without '@', all of them");
  remove->add_option("ref", ref, "NAME@VERSION, or NAME for all")->required();
  remove->add_option("--reason", reason, "Why; it is kept")->required();
  AddPlatformOptions(*remove, context);
  remove->callback([&context, kind] { context.action = [&context, kind] { return Remove(context, kind); }; });
}

}  // namespace sinter
