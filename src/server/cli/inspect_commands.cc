// One model, no server needed.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/exec/executable.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/graph/text.h"
#include "engine/signature/signature.h"
#include "server/cli/context.h"

namespace sinter {
namespace {

std::string path;

// A file, or a folder with model.onnx and signature.json. With a signature, @predict is added.
Result<Module> Load(bool weights_as_constants) {
  const bool is_folder = std::filesystem::is_directory(path);
  const Path file = is_folder ? Path(path) / kModelFile : Path(path);
  TRY(Module module, ImportOnnx(file, {.weights_as_constants = weights_as_constants}));
  if (const auto text = ReadFile(file.parent_path() / kSignatureFile, uint64_t{8} << 20)) {
    TRY(const Signature signature, ParseSignature(*text));
    TRY_STATUS(AddPredictFunction(module, signature));
  }
  return module;
}

}  // namespace

void AddInspectCommands(CLI::App& app, CliContext& context) {
  CLI::App* inspect = app.add_subcommand("inspect", "A model's graph as text");
  inspect->add_option("model", path, "An ONNX file, or a model's folder")->required();
  inspect->callback([&context] {
    context.action = []() -> Status {
      TRY(const Module module, Load(false));
      fmt::print("{}", PrintModule(module, {.largest_tensor = 8}));
      return {};
    };
  });
  CLI::App* explain =
      app.add_subcommand("explain", "Which kernel answers for each node, and why not another");
  explain->add_option("model", path, "An ONNX file, or a model's folder")->required();
  explain->callback([&context] {
    context.action = []() -> Status {
      TRY(Module module, Load(true));
      TRY(const auto executable, Executable::Compile(std::move(module)));
      fmt::print("{}", executable->Explain());
      return {};
    };
  });
}

}  // namespace sinter
