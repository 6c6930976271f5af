#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/signature/signature.h"
#include "server/cli/context.h"
#include "server/cli/model_text.h"
#include "server/cli/repository_commands.h"

namespace sinter {
namespace {

std::string ref;

// Of the signature among the version's files; none where it has none or says none.
std::vector<std::string> ClassesOf(ApiClient& client, const Json& version) {
  for (const Json& file : version.value("manifest", Json::object()).value("files", Json::array())) {
    if (file.value("path", "") != kSignatureFile) continue;
    const auto text = client.GetBytes("/blobs/" + EscapeSegment(file.value("sha256", "")));
    if (!text) return {};
    auto signature = ParseSignature(*text);
    if (signature) return std::move(signature->classes);
  }
  return {};
}

Status Show(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json version, client->Get(RepositoryPath(RepositoryKind::kModel, ref)));
  if (context.json)
    fmt::print("{}\n", version.dump());
  else
    fmt::print("{}", ModelText(version, ClassesOf(*client, version)));
  return {};
}

}  // namespace

void AddModelCommands(CLI::App& app, CliContext& context) {
  CLI::App* model = app.add_subcommand("model", "Trained models and their versions");
  model->require_subcommand(1);
  CLI::App* show = model->add_subcommand("show", "A version: what made it, its card, figures and files");
  show->add_option("ref", ref, "NAME, or NAME@VERSION, BRANCH, TAG or COMMIT")->required();
  AddPlatformOptions(*show, context);
  show->callback([&context] { context.action = [&context] { return Show(context); }; });
  AddRepositoryCommands(*model, context, RepositoryKind::kModel);
  AddDiffCommand(*model, context, RepositoryKind::kModel);
  AddHistoryCommands(*model, context, RepositoryKind::kModel);
}

}  // namespace sinter
