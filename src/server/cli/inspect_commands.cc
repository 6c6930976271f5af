// One model, no server needed.
#include <fmt/format.h>

#include "engine/exec/executable.h"
#include "engine/graph/text.h"
#include "server/cli/context.h"
#include "server/cli/model_file.h"

namespace sinter {
namespace {

std::string path;

}  // namespace

void AddInspectCommands(CLI::App& app, CliContext& context) {
  CLI::App* inspect = app.add_subcommand("inspect", "A model's graph as text");
  inspect->add_option("model", path, "An ONNX file, or a model's folder")->required();
  inspect->callback([&context] {
    context.action = []() -> Status {
      TRY(const ModelFile model, LoadModelFile(path));
      fmt::print("{}", PrintModule(model.module, {.largest_tensor = 8}));
      return {};
    };
  });
  CLI::App* explain =
      app.add_subcommand("explain", "Which kernel answers for each node, and why not another");
  explain->add_option("model", path, "An ONNX file, or a model's folder")->required();
  explain->callback([&context] {
    context.action = []() -> Status {
      TRY(ModelFile model, LoadModelFile(path, {.weights_as_constants = true}));
      TRY(const auto executable, Executable::Compile(std::move(model.module)));
      fmt::print("{}", executable->Explain());
      return {};
    };
  });
}

}  // namespace sinter
