#include "platform/data/clean_steps.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "base/yaml.h"
#include "platform/data/personal.h"

namespace sinter {
namespace {

using Kind = CleanStep::Kind;
using YamlKind = YamlNode::Kind;

constexpr std::pair<Kind, std::string_view> kKinds[] = {{Kind::kDrop, "drop"},
                                                        {Kind::kFill, "fill"},
                                                        {Kind::kCast, "cast"},
                                                        {Kind::kFilter, "filter"},
                                                        {Kind::kDeduplicate, "deduplicate"},
                                                        {Kind::kRelabel, "relabel"},
                                                        {Kind::kMask, "mask"},
                                                        {Kind::kForget, "forget"}};
constexpr size_t kMostSteps = 1000;
constexpr size_t kMostForgotten = 10'000;

Result<std::vector<std::string>> ReadNames(const YamlNode& node) {
  std::vector<std::string> names;
  if (node.kind == YamlKind::kScalar) return std::vector{node.scalar};
  if (node.kind != YamlKind::kSequence || node.items.empty())
    return node.Invalid("a column, or a list of columns, is needed");
  for (const YamlNode& item : node.items) {
    TRY(std::string name, YamlString(item));
    if (std::ranges::find(names, name) != names.end())
      return item.Invalid(fmt::format("'{}' stands twice", name));
    names.push_back(std::move(name));
  }
  return names;
}

Result<Filter> ReadFilter(const YamlNode& node) {
  TRY(const std::string text, YamlString(node));
  auto filter = Filter::Parse(text);
  if (!filter) return node.Invalid(filter.error().message, filter.error().hint);
  return filter;
}

Result<std::vector<Sha256Digest>> ReadRecords(const YamlNode& node) {
  if (node.kind != YamlKind::kSequence || node.items.empty())
    return node.Invalid("a list of SHA-256 digests is needed");
  if (node.items.size() > kMostForgotten) return node.Invalid("more than 10,000 records");
  std::vector<Sha256Digest> records;
  records.reserve(node.items.size());
  for (const YamlNode& item : node.items) {
    const auto digest = ParseSha256(item.scalar);
    if (item.kind != YamlKind::kScalar || !digest)
      return item.Invalid("a SHA-256 digest is 64 lower-case hexadecimal digits");
    records.push_back(*digest);
  }
  return records;
}

Status ReadField(const std::string& key, const YamlNode& node, CleanStep& step) {
  const auto is = [&](std::initializer_list<Kind> kinds) {
    return std::ranges::find(kinds, step.kind) != kinds.end();
  };
  if (key == "column" && !is({Kind::kDeduplicate, Kind::kForget})) {
    TRY(step.columns.emplace_back(), YamlString(node));
  } else if ((key == "by" && is({Kind::kDeduplicate})) || (key == "columns" && is({Kind::kForget}))) {
    TRY(step.columns, ReadNames(node));
  } else if (key == "records" && is({Kind::kForget})) {
    TRY(std::vector<Sha256Digest> records, ReadRecords(node));
    step.records = ForgetStep({}, std::move(records)).records;
  } else if (key == "with" && is({Kind::kFill})) {
    TRY(step.with, YamlString(node));
    if (step.with != "mean" && step.with != "median" && step.with != "mode")
      return node.Invalid(fmt::format("'{}' is none of mean, median, mode", step.with),
                          "a constant is: value: ...");
  } else if ((key == "value" && is({Kind::kFill})) || (key == "to" && is({Kind::kRelabel}))) {
    if (node.kind != YamlKind::kScalar) return node.Invalid("a value is needed");
    step.value = node.scalar;
  } else if (key == "to" && is({Kind::kCast})) {
    TRY(step.type, YamlString(node));
    const auto request = ParseColumnRequest(step.type);
    if (!request || request->type == ColumnRequest::Type::kDrop)
      return node.Invalid(fmt::format("'{}' is no type of a column", step.type.substr(0, 64)),
                          "number, i64, f64, class, class:A|B|C or text");
  } else if (key == "otherwise" && is({Kind::kCast})) {
    if (node.scalar != "missing") return node.Invalid("what does not fit can become 'missing'");
    step.or_missing = true;
  } else if (key == "from" && is({Kind::kRelabel})) {
    if (node.kind != YamlKind::kMap || node.fields.empty())
      return node.Invalid("names are needed: {old: new}");
    for (const YamlField& field : node.fields) {
      if (field.second.kind != YamlKind::kScalar) return field.second.Invalid("a name is needed");
      step.names.emplace_back(field.first.scalar, field.second.scalar);
    }
  } else if (key == "what" && is({Kind::kMask})) {
    TRY(step.what, ReadNames(node));
    if (step.what == std::vector<std::string>{"all"})
      step.what = {"card", "identity", "mail", "name", "phone"};
    for (const std::string& kind : step.what) {
      if (!PersonalKindOf(kind))
        return node.Invalid(fmt::format("'{}' is no kind of personal data", kind.substr(0, 64)),
                            "mail, phone, card, identity, name, or all");
    }
  } else if (key == "where" && is({Kind::kRelabel, Kind::kMask})) {
    TRY(step.where, ReadFilter(node));
  } else {
    return node.Invalid(fmt::format("'{}' is unknown here", key.substr(0, 64)));
  }
  return {};
}

Status CheckStep(const CleanStep& step, const YamlNode& node) {
  if (step.columns.empty() && step.kind != Kind::kFilter && step.kind != Kind::kDeduplicate)
    return node.Invalid(step.kind == Kind::kForget ? "'columns' is missing" : "'column' is missing");
  if (step.kind == Kind::kForget && step.records.empty()) return node.Invalid("'records' is missing");
  if (step.kind == Kind::kFill && step.with.empty() == !step.value.has_value())
    return node.Invalid("give either 'with' or 'value'");
  if (step.kind == Kind::kCast && step.type.empty()) return node.Invalid("'to' is missing");
  if (step.kind == Kind::kRelabel && step.names.empty() == !(step.where && step.value))
    return node.Invalid("give either 'from', or 'where' and 'to'");
  if (step.kind == Kind::kRelabel && !step.names.empty() && (step.where || step.value))
    return node.Invalid("give either 'from', or 'where' and 'to'");
  return {};
}

Result<CleanStep> ReadStep(const YamlNode& node) {
  const bool bare = node.kind == YamlKind::kScalar;  // "- deduplicate"
  if (!bare && (node.kind != YamlKind::kMap || node.fields.size() != 1))
    return node.Invalid("a step is one name and what it needs: '- drop: [id]'");
  const YamlNode& name = bare ? node : node.fields[0].first;
  const auto* known =
      std::ranges::find(kKinds, std::string_view(name.scalar), [](const auto& k) { return k.second; });
  if (known == std::end(kKinds))
    return name.Invalid(fmt::format("there is no step '{}'", name.scalar.substr(0, 64)),
                        "drop, fill, cast, filter, deduplicate, relabel, mask, forget");
  CleanStep step;
  step.kind = known->first;
  step.line = name.line;
  if (bare) {
    TRY_STATUS(CheckStep(step, node));
    if (step.kind == Kind::kFilter) return node.Invalid("a filter needs a condition");
    return step;
  }
  const YamlNode& body = node.fields[0].second;
  if (step.kind == Kind::kDrop) {
    TRY(step.columns, ReadNames(body));
  } else if (step.kind == Kind::kFilter) {
    TRY(step.where, ReadFilter(body));
  } else {
    if (body.kind != YamlKind::kMap)
      return body.Invalid(fmt::format("'{}' needs its fields: {{column: ...}}", name.scalar));
    for (const YamlField& field : body.fields) TRY_STATUS(ReadField(field.first.scalar, field.second, step));
    TRY_STATUS(CheckStep(step, body));
  }
  return step;
}

// In double quotes, as YAML 1.2 has them: what may not stand there as it is, or would be folded, is escaped.
std::string YamlQuoted(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const size_t length = std::max<size_t>(Utf8LengthAt(text, i), 1);
    uint32_t code = static_cast<unsigned char>(text[i]);
    if (length > 1) code &= 0x7fu >> length;
    for (size_t j = 1; j < length; ++j) code = code << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3fu);
    const bool escaped = code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0x2028 || code == 0x2029 ||
                         code == 0xfeff || code == 0xfffe || code == 0xffff;
    if (code == '"' || code == '\\') out += '\\';
    out += escaped ? fmt::format("\\u{:04x}", code) : std::string(text.substr(i, length));
    i += length;
  }
  return out + '"';
}

}  // namespace

Result<std::vector<CleanStep>> ParseCleanSteps(std::string_view yaml) {
  TRY(const YamlNode root, ParseYaml(yaml));
  const YamlNode* list = root.Find("steps");
  if (list == nullptr || list->kind != YamlKind::kSequence || root.fields.size() != 1)
    return root.Invalid("a list called 'steps', and nothing beside it, is needed");
  if (list->items.size() > kMostSteps) return list->Invalid("more than 1,000 steps");
  std::vector<CleanStep> steps;
  for (const YamlNode& item : list->items) {
    TRY(steps.emplace_back(), ReadStep(item));
  }
  if (steps.empty()) return list->Invalid("there is no step");
  return steps;
}

CleanStep ForgetStep(std::vector<std::string> columns, std::vector<Sha256Digest> records) {
  CleanStep step;
  step.kind = Kind::kForget;
  step.columns = std::move(columns);
  step.records = std::move(records);
  std::ranges::sort(step.records);
  const auto twice = std::ranges::unique(step.records);
  step.records.erase(twice.begin(), twice.end());
  return step;
}

std::string ForgetStepText(const CleanStep& step) {
  std::string columns;
  for (const std::string& name : step.columns) columns += (columns.empty() ? "" : ", ") + YamlQuoted(name);
  std::string text = fmt::format("steps:\n  - forget:\n      columns: [{}]\n      records:\n", columns);
  for (const Sha256Digest& record : step.records) text += fmt::format("        - \"{}\"\n", record.Hex());
  return text;
}

Json CleanStepJson(const CleanStep& step) {
  const auto* kind = std::ranges::find(kKinds, step.kind, [](const auto& k) { return k.first; });
  Json json = {{"step", kind->second}};
  if (step.kind == Kind::kDrop || step.kind == Kind::kForget)
    json["columns"] = step.columns;
  else if (step.kind == Kind::kDeduplicate)
    json["by"] = step.columns;
  else if (!step.columns.empty())
    json["column"] = step.columns[0];
  if (!step.with.empty()) json["with"] = step.with;
  if (step.value) json["value"] = *step.value;
  if (!step.type.empty()) json["to"] = step.type;
  if (step.or_missing) json["otherwise"] = "missing";
  if (!step.names.empty()) {
    json["from"] = Json::array();  // pairs: their order is meaning
    for (const auto& [from, to] : step.names) json["from"].push_back({from, to});
  }
  if (!step.what.empty()) json["what"] = step.what;
  for (const Sha256Digest& record : step.records) json["records"].push_back(record.Hex());
  if (step.where) json["where"] = step.where->ToString();
  return json;
}

}  // namespace sinter
