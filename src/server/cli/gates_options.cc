#include "server/cli/gates_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "server/cli/output.h"
#include "server/cli/yaml_json.h"

namespace sinter {
namespace {

template <class T>
void Put(Json& gates, const char* part, const char* field, const std::optional<T>& value) {
  if (value) gates[part][field] = *value;
}

std::string Line(std::string_view name, const std::string& text) {
  return fmt::format("{:<8}  {}\n", name, text);
}

}  // namespace

bool GatesOptions::any() const {
  return !file.empty() || golden || target || error || samples || margin || shadow || bake || p99_ms ||
         canary || blue_green || keep_cases || no_cases;
}

void AddGatesOptions(CLI::App& command, GatesOptions& options) {
  command.add_option("--gates", options.file, "A file with the gates, YAML or JSON; options go before it");
  command.add_option("--golden", options.golden,
                     "The data set on which a new model may not be worse (none: no golden set)");
  command.add_option("--target", options.target,
                     "Its column that says what is right: a class, or numbers (else the data set's label)");
  command.add_option("--error", options.error, "Of numbers: how far off is how wrong")
      ->check(CLI::IsMember({"absolute", "squared"}));
  command.add_option("--samples", options.samples, "Examples of it that are asked");
  command.add_option("--margin", options.margin,
                     "How much worse is not worse yet: of accuracy; of numbers, a share of the error");
  command.add_option("--shadow", options.shadow, "Percent of the requests that are copied to a new model");
  command.add_flag("--canary", options.canary, "New models get 1, 5, 25, 50, 100% of the requests");
  command.add_flag("--blue-green", options.blue_green, "New models get all requests at once");
  command.add_option("--bake", options.bake, "Seconds that each share, and a switch, is watched");
  command.add_option("--p99-ms", options.p99_ms, "The budget of latency: 99% answered within");
  command.add_flag("--keep-cases", options.keep_cases,
                   "Consent: requests that the model is unsure about are kept for labelling");
  command.add_flag("--no-keep-cases", options.no_cases, "No consent, or no longer");
}

Result<Json> GatesWith(Json before, const GatesOptions& options) {
  Json gates = std::move(before);
  if (!options.file.empty()) {
    // What the file does not speak of stays.
    TRY(const Json file, ReadYamlMap(options.file, "gates are"));
    for (const auto& [part, said] : file.items()) gates[part] = said;
  }
  if (options.golden == "none")
    gates["golden"] = nullptr;
  else
    Put(gates, "golden", "dataset", options.golden);
  Put(gates, "golden", "target", options.target);
  Put(gates, "golden", "error", options.error);
  Put(gates, "golden", "samples", options.samples);
  Put(gates, "golden", "margin", options.margin);
  Put(gates, "shadow", "percent", options.shadow);
  if (options.canary || options.blue_green) {
    gates["rollout"]["strategy"] = options.canary ? "canary" : "blue-green";
    if (!options.bake) gates["rollout"].erase("bake_s");  // the strategy's own
  }
  Put(gates, "rollout", "bake_s", options.bake);
  Put(gates, "budget", "p99_ms", options.p99_ms);
  if (options.keep_cases || options.no_cases) gates["cases"]["consent"] = options.keep_cases;
  return gates;
}

std::string GatesText(const Json& gates) {
  const auto of = [&](const char* part, const char* field) { return TextOf(gates[part], field); };
  std::string text;
  if (gates["golden"].is_null()) {
    text += Line("golden", "none");
  } else {
    const std::string target = of("golden", "target");
    const std::string by = target.empty() ? "" : fmt::format(" by '{}'", target);
    text += Line("golden",
                 fmt::format("{} ({}){}, {} examples: at most {} worse, {} confidence",
                             of("golden", "dataset"), of("golden", "split"), by, of("golden", "samples"),
                             of("golden", "margin"), of("golden", "confidence")));
  }
  if (gates["shadow"].value("percent", 0.0) == 0) {
    text += Line("shadow", "off");
  } else {
    text += Line("shadow", fmt::format("{}% of the requests, at least {} compared", of("shadow", "percent"),
                                       of("shadow", "minimum")));
  }
  text += Line("budget",
               fmt::format("p99 {} ms, errors {}, over {} s and at least {} requests", of("budget", "p99_ms"),
                           of("budget", "errors"), of("budget", "window_s"), of("budget", "minimum")));
  const std::string bake = of("rollout", "bake_s");
  if (of("rollout", "strategy") == "canary") {
    text += Line("rollout",
                 fmt::format("canary of {}%, {} s each",
                             fmt::join(gates["rollout"]["shares"].get<std::vector<double>>(), ", "), bake));
  } else {
    text += Line("rollout", bake == "0" ? "blue-green, at once"
                                        : fmt::format("blue-green, then watched for {} s", bake));
  }
  text += Line("cases", gates["cases"].value("consent", false)
                            ? fmt::format("kept where confidence is below {}, at most {}",
                                          of("cases", "below"), of("cases", "most"))
                            : "not kept (--keep-cases is the consent)");
  text +=
      Line("drift", fmt::format("over the last {} requests or so, at least {}: a stability index above {}",
                                of("drift", "sample"), of("drift", "minimum"), of("drift", "stability")));
  return text;
}

}  // namespace sinter
