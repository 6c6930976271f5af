#include "platform/runs/sweep_spec.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/repositories.h"
#include "platform/records/record.h"

namespace sinter {
namespace {

constexpr size_t kMostParameters = 50;
constexpr size_t kMostChoices = 100;

// The fields of a map, each asked for once; the first error sticks.
class Fields {
 public:
  Fields(const YamlNode& map, Status& status) : map_(map), status_(status) {
    if (map.kind != YamlNode::Kind::kMap && status_)
      status_ = map.Invalid("fields are expected here: 'name: value'");
  }
  const YamlNode* Find(std::string_view name, bool required = false) {
    asked_.emplace_back(name);
    const YamlNode* node = map_.Find(name);
    if (node == nullptr && required && status_) status_ = map_.Invalid(fmt::format("'{}' is missing", name));
    return node;
  }
  std::string Text(std::string_view name, std::string_view otherwise, bool required = false) {
    const YamlNode* node = Find(name, required);
    if (node == nullptr) return std::string(otherwise);
    auto text = YamlString(*node);
    if (text && text->empty()) Fail(*node, fmt::format("{} is empty", name));
    return Take(std::move(text), std::string(otherwise));
  }
  int64_t Int(std::string_view name, int64_t otherwise, int64_t lo, int64_t hi, bool required = false) {
    const YamlNode* node = Find(name, required);
    if (node == nullptr) return otherwise;
    const int64_t value = Take(YamlInt(*node), lo);
    if (value < lo || value > hi)
      Fail(*node, fmt::format("{} must be in {}..{}, not {}", name, lo, hi, value));
    return std::clamp(value, lo, hi);
  }
  // One of two words; whether it is the second.
  bool Second(std::string_view name, std::string_view first, std::string_view second) {
    const std::string word = Text(name, first);
    if (word != first && word != second)
      Fail(*map_.Find(name), fmt::format("{} is {} or {}", name, first, second));
    return word == second;
  }
  void Finish() {
    for (const auto& [key, value] : map_.fields)
      if (std::ranges::find(asked_, key.scalar) == asked_.end())
        Fail(key, fmt::format("there is no field '{}'", key.scalar.substr(0, 60)), List());
  }
  void Fail(const YamlNode& node, std::string message, std::string hint = {}) {
    if (status_) status_ = node.Invalid(std::move(message), std::move(hint));
  }

 private:
  template <class T>
  T Take(Result<T> result, T otherwise) {
    if (result) return *std::move(result);
    if (status_) status_ = result.error();
    return otherwise;
  }
  std::string List() const {
    std::string known;
    for (const std::string& name : asked_) known += (known.empty() ? "known here: " : ", ") + name;
    return known;
  }
  const YamlNode& map_;
  Status& status_;
  std::vector<std::string> asked_;
};

Status ReadChoices(const YamlNode& node, SweepParameter& parameter) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty())
    return node.Invalid("a list of values is expected");
  if (node.items.size() > kMostChoices)
    return node.Invalid(fmt::format("{} values; at most {}", node.items.size(), kMostChoices));
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::kScalar)
      return item.Invalid("a value is a number, a word, or true or false");
    parameter.choices.push_back(item);
  }
  return {};
}

Status ReadRange(const YamlNode& node, SweepParameter& parameter) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.size() != 2)
    return node.Invalid("a range is two numbers: [least, most]");
  using Kind = SweepParameter::Kind;
  if (parameter.kind == Kind::kInt) {
    TRY(const int64_t lo, YamlInt(node.items[0]));
    TRY(const int64_t hi, YamlInt(node.items[1]));
    constexpr int64_t kMost = int64_t{1} << 53;  // exact as a double
    if (lo < -kMost || hi > kMost) return node.Invalid("whole numbers up to 2^53");
    parameter.lo = static_cast<double>(lo);
    parameter.hi = static_cast<double>(hi);
  } else {
    TRY(parameter.lo, YamlNumber(node.items[0]));
    TRY(parameter.hi, YamlNumber(node.items[1]));
  }
  if (!std::isfinite(parameter.lo) || !std::isfinite(parameter.hi) || !(parameter.lo < parameter.hi))
    return node.Invalid("the first number must be below the second");
  if (!std::isfinite(parameter.hi - parameter.lo)) return node.Invalid("the range is too wide");
  if (parameter.kind == Kind::kLogUniform && parameter.lo <= 0)
    return node.Invalid("log_uniform needs numbers above 0");
  return {};
}

// "[32, 64]", "{choice: [32, 64]}", "{log_uniform: [1e-4, 1e-1]}".
Result<SweepParameter> ReadParameter(const YamlNode& key, const YamlNode& node) {
  using Kind = SweepParameter::Kind;
  SweepParameter parameter;
  parameter.path = key.scalar;
  if (Status named = CheckRecordName(parameter.path); !named)
    return key.Invalid("this is no path in a recipe");
  if (node.kind == YamlNode::Kind::kSequence) {
    TRY_STATUS(ReadChoices(node, parameter));
    return parameter;
  }
  if (node.kind != YamlNode::Kind::kMap || node.fields.size() != 1)
    return node.Invalid("a list of values, or one of choice, uniform, log_uniform, int with its range");
  const auto& [kind, range] = node.fields[0];
  if (kind.scalar == "choice") {
    TRY_STATUS(ReadChoices(range, parameter));
    return parameter;
  }
  if (kind.scalar == "uniform") {
    parameter.kind = Kind::kUniform;
  } else if (kind.scalar == "log_uniform") {
    parameter.kind = Kind::kLogUniform;
  } else if (kind.scalar == "int") {
    parameter.kind = Kind::kInt;
  } else {
    return kind.Invalid(fmt::format("'{}' is not offered", kind.scalar.substr(0, 60)),
                        "choice, uniform, log_uniform, int");
  }
  TRY_STATUS(ReadRange(range, parameter));
  return parameter;
}

Status ReadParameters(const YamlNode& node, SweepSpec& sweep) {
  if (node.kind != YamlNode::Kind::kMap || node.fields.empty())
    return node.Invalid("parameters name what varies: 'optimizer.learning_rate: [0.1, 0.01]'");
  if (node.fields.size() > kMostParameters)
    return node.Invalid(fmt::format("{} parameters; at most {}", node.fields.size(), kMostParameters));
  for (const auto& [key, value] : node.fields) {
    TRY(sweep.parameters.emplace_back(), ReadParameter(key, value));
    const SweepParameter& parameter = sweep.parameters.back();
    if (!sweep.random && parameter.kind != SweepParameter::Kind::kChoice)
      return key.Invalid("a grid needs lists of values", "search: random draws from ranges");
    if (parameter.path == "name") return key.Invalid("the name of a trial's model is the sweep's");
    if (sweep.halving && parameter.path == "epochs")
      return key.Invalid("with halving, epochs are what the trials are given by rung");
  }
  return {};
}

}  // namespace

Result<SweepSpec> ParseSweep(std::string_view text) {
  TRY(const YamlNode root, ParseYaml(text));
  Status status;
  Fields fields(root, status);
  SweepSpec sweep;
  sweep.name = fields.Text("name", "", true);
  sweep.recipe = fields.Text("recipe", "", true);
  sweep.metric = fields.Text("metric", "test.accuracy");
  sweep.maximise = !fields.Second("goal", "max", "min");
  sweep.random = fields.Second("search", "grid", "random");
  sweep.trials = fields.Int("trials", 0, 1, kMostTrials, sweep.random);
  sweep.seed = static_cast<uint64_t>(fields.Int("seed", 0, 0, int64_t{1} << 53));
  sweep.parallel = fields.Int("parallel", 1, 1, 100);
  if (const YamlNode* node = fields.Find("halving")) {
    Fields halving(*node, status);
    sweep.halving = SweepHalving{halving.Int("min_epochs", 1, 1, 100'000), halving.Int("eta", 3, 2, 100)};
    halving.Finish();
  }
  if (const YamlNode* node = fields.Find("job")) {
    Fields job(*node, status);
    sweep.job = {job.Int("cpus", 0, 1, 4096), job.Int("memory_mb", 0, 16, int64_t{1} << 22) << 20,
                 job.Int("priority", 0, -100, 100), job.Int("retries", 0, 0, 1000)};
    job.Finish();
  }
  const YamlNode* parameters = fields.Find("parameters", true);
  fields.Finish();
  TRY_STATUS(status);
  if (!sweep.random && sweep.trials != 0)
    return root.Find("trials")->Invalid("a grid has as many trials as its choices make", "search: random");
  if (sweep.name.find('/') != sweep.name.npos || sweep.name.size() > 60 || !CheckRepositoryName(sweep.name))
    return root.Find("name")->Invalid("letters, digits, '-', '_' and '.', at most 60, are a sweep's name");
  if (!CheckRecordName(sweep.metric)) return root.Find("metric")->Invalid("this is no name of a metric");
  TRY_STATUS(ReadParameters(*parameters, sweep));
  return sweep;
}

std::vector<int64_t> SweepRungs(const SweepSpec& sweep, int64_t epochs) {
  std::vector<int64_t> rungs;
  if (sweep.halving)
    for (int64_t at = sweep.halving->min_epochs; at < epochs; at *= sweep.halving->eta) rungs.push_back(at);
  rungs.push_back(epochs);
  return rungs;
}

Json SweepSchema() {
  const Json values = {{"type", "array"},
                       {"minItems", 1},
                       {"maxItems", kMostChoices},
                       {"items", {{"type", {"number", "string", "boolean"}}}}};
  const auto range = [](const char* type) -> Json {
    return {{"type", "array"}, {"minItems", 2}, {"maxItems", 2}, {"items", {{"type", type}}}};
  };
  const auto one = [](const char* name, Json value) -> Json {
    return {{"type", "object"},
            {"additionalProperties", false},
            {"properties", {{name, std::move(value)}}},
            {"required", {name}}};
  };
  const auto whole = [](int64_t lo, int64_t hi, const char* help) -> Json {
    return {{"type", "integer"}, {"minimum", lo}, {"maximum", hi}, {"description", help}};
  };
  const auto object = [](Json properties, const char* help) -> Json {
    return {{"type", "object"},
            {"additionalProperties", false},
            {"properties", std::move(properties)},
            {"description", help}};
  };
  Json schema = object(
      {{"name",
        {{"type", "string"},
         {"maxLength", 60},
         {"description", "Of the sweep, and of the model whose versions its trials make."}}},
       {"recipe",
        {{"type", "string"},
         {"minLength", 1},
         {"description", "The recipe's file, from this one's folder."}}},
       {"parameters",
        {{"type", "object"},
         {"minProperties", 1},
         {"maxProperties", kMostParameters},
         {"description",
          "What varies, by its path in the recipe: optimizer.learning_rate, model.layers.1.dense.units."},
         {"additionalProperties",
          {{"oneOf",
            {values, one("choice", values), one("uniform", range("number")),
             one("log_uniform", range("number")), one("int", range("integer"))}}}}}},
       {"search",
        {{"enum", {"grid", "random"}},
         {"default", "grid"},
         {"description", "All choices with each other, or values drawn by the seed."}}},
       {"trials", whole(1, kMostTrials, "Of random: how many.")},
       {"seed", whole(0, int64_t{1} << 53, "Of random: where the values come from.")},
       {"metric",
        {{"type", "string"},
         {"default", "test.accuracy"},
         {"description", "Whose last value says how good a trial is."}}},
       {"goal", {{"enum", {"max", "min"}}, {"default", "max"}}},
       {"parallel", whole(1, 100, "Trials at a time.")},
       {"halving",
        object({{"min_epochs", whole(1, 100'000, "Epochs of the first rung.")},
                {"eta",
                 whole(2, 100, "One in so many goes on to the next rung, which is so many times as long.")}},
               "Successive halving (Jamieson and Talwalkar, 2016): trials go on from their checkpoints.")},
       {"job", object({{"cpus", whole(1, 4096, "Cores of a trial; all of the machine's by default.")},
                       {"memory_mb",
                        whole(16, int64_t{1} << 22, "Memory of a trial; half of the machine's by default.")},
                       {"priority", whole(-100, 100, "In the queue.")},
                       {"retries", whole(0, 1000, "Further tries after one that failed.")}},
                      "The job of each trial.")}},
      "");
  schema.erase("description");
  schema["required"] = {"name", "recipe", "parameters"};
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "A sweep: trainings that differ in some values";
  return schema;
}

}  // namespace sinter
