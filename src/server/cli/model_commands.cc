#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "server/cli/context.h"
#include "server/cli/output.h"
#include "server/cli/transfer.h"

namespace sinter {
namespace {

std::string name, ref, folder;

Status Push(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const auto temporary, ScratchFolder::Create());
  TRY(const auto store, BlobStore::Open(temporary->path() / "store"));
  TRY(const Manifest manifest, StoreFolder(*store, folder));
  TRY_STATUS(UploadBlobs(*client, "/blobs", *store, manifest));
  TRY(const Json version,
      client->Post(fmt::format("/models/{}/versions", EscapeSegment(name)),
                   {{"manifest", Json::parse(ManifestText(manifest))}, {"details", Json::object()}}));
  fmt::print("{}\n", context.json ? version.dump() : version.value("ref", ""));
  return {};
}

Status Pull(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json version, client->Get("/models/" + EscapeSegment(ref)));
  TRY(const Manifest manifest, ParseManifest(version["manifest"].dump()));
  const Path target = folder.empty() ? Path(version.value("name", "model")) : Path(folder);
  for (const ManifestFile& file : manifest.files) {
    TRY(const std::string bytes, client->GetBytes("/blobs/" + file.sha256.Hex()));
    if (HashText(bytes) != file.sha256)
      return Corrupt(fmt::format("{}: the bytes are not the ones its name says", file.path));
    TRY_STATUS(MakeFolders((target / file.path).parent_path()));
    TRY_STATUS(WriteFileAtomically(target / file.path, bytes));
  }
  fmt::print("{}\n", context.json ? Json{{"ref", version["ref"]}, {"folder", target.string()}}.dump()
                                  : target.string());
  return {};
}

}  // namespace

void AddModelCommands(CLI::App& app, CliContext& context) {
  CLI::App* model = app.add_subcommand("model", "Trained models and their versions");
  model->require_subcommand(1);
  CLI::App* list = model->add_subcommand("list", "The models");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json all, client->Get("/models"));
      if (context.json) {
        fmt::print("{}\n", all.dump());
        return {};
      }
      std::vector<std::vector<std::string>> rows{{"NAME", "VERSIONS", "UPDATED"}};
      for (const Json& item : all["items"])
        rows.push_back(
            {TextOf(item, "name"), TextOf(item, "latest"), Ago(item.value("updated_ms", int64_t{0}))});
      fmt::print("{}", Table(rows));
      return {};
    };
  });
  CLI::App* show = model->add_subcommand("show", "A version: its files, what made it, its figures");
  show->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  AddPlatformOptions(*show, context);
  show->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json version, client->Get("/models/" + EscapeSegment(ref)));
      fmt::print("{}\n", context.json ? version.dump() : version.dump(2));
      return {};
    };
  });
  CLI::App* push = model->add_subcommand("push", "Adds a folder (model.onnx, signature.json) as a version");
  push->add_option("name", name, "The model")->required();
  push->add_option("folder", folder, "Its files")->required();
  AddPlatformOptions(*push, context);
  push->callback([&context] { context.action = [&context] { return Push(context); }; });
  CLI::App* pull = model->add_subcommand("pull", "Brings a version's files here");
  pull->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  pull->add_option("folder", folder, "Where to; the model's name when left out");
  AddPlatformOptions(*pull, context);
  pull->callback([&context] { context.action = [&context] { return Pull(context); }; });
}

}  // namespace sinter
