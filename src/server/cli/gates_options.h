// Gates of a service on the command line: from a file, and from options; and as people read them.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "base/result.h"

namespace sinter {

struct GatesOptions {
  std::string file;  // YAML or JSON, as the spec has it
  std::optional<std::string> golden, target, error;
  std::optional<int64_t> samples;
  std::optional<double> margin, shadow, bake, p99_ms;
  bool canary = false, blue_green = false;
  bool keep_cases = false, no_cases = false;
  bool any() const;
};

void AddGatesOptions(CLI::App& command, GatesOptions& options);
// `before` with what the file and the options say; the server checks it. Errors: a file that cannot be read.
Result<Json> GatesWith(Json before, const GatesOptions& options);
// One line a gate.
std::string GatesText(const Json& gates);

}  // namespace sinter
