// One model, no server needed.
#include <fmt/format.h>

#include "engine/exec/executable.h"
#include "engine/graph/text.h"
#include "server/cli/context.h"
#include "server/cli/model_file.h"

namespace sinter {
namespace {

std::string path;
bool optimised = false;
std::vector<std::string> without;

Result<std::shared_ptr<Executable>> CompileFile() {
  TRY(ModelFile model, LoadModelFile(path, {.weights_as_constants = true}));
  CompileOptions options;
  options.passes.without.insert(without.begin(), without.end());
  return Executable::Compile(std::move(model.module), options);
}

void AddWithout(CLI::App& command) {
  command.add_option("--without", without, "Leave this pass out (may be given several times)");
}

}  // namespace

void AddInspectCommands(CLI::App& app, CliContext& context) {
  CLI::App* inspect = app.add_subcommand("inspect", "A model's graph as text");
  inspect->add_option("model", path, "An ONNX file, or a model's folder")->required();
  inspect->add_flag("--optimised", optimised, "As it runs: after the passes, for this chip");
  AddWithout(*inspect);
  inspect->callback([&context] {
    context.action = []() -> Status {
      if (optimised) {
        TRY(const auto executable, CompileFile());
        fmt::print("{}", PrintModule(executable->module(), {.largest_tensor = 8}));
        return {};
      }
      TRY(const ModelFile model, LoadModelFile(path));
      fmt::print("{}", PrintModule(model.module, {.largest_tensor = 8}));
      return {};
    };
  });
  CLI::App* explain = app.add_subcommand(
      "explain", "What the passes changed, which kernel answers for each node, and why not another");
  explain->add_option("model", path, "An ONNX file, or a model's folder")->required();
  AddWithout(*explain);
  explain->callback([&context] {
    context.action = []() -> Status {
      TRY(const auto executable, CompileFile());
      fmt::print("{}", executable->Explain());
      return {};
    };
  });
}

}  // namespace sinter
