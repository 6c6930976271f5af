#include "platform/hub/card.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/utf8.h"
#include "base/yaml.h"

namespace sinter {
namespace {

constexpr std::string_view kFence = "---\n";

bool Plain(std::string_view text) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  constexpr std::array<std::string_view, 8> kWords{"true", "false", "null", "yes", "no", "on", "off", "y"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return !text.empty() && letter(text[0]) && text.size() > 1 &&
         std::ranges::find(kWords, lower) == kWords.end() && std::ranges::all_of(text, [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') ||
                  std::string_view("_./@-").find(c) != std::string_view::npos;
         });
}

// JSON's quoting is YAML's as well.
std::string Scalar(std::string_view text) {
  return Plain(text) ? std::string(text) : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Number(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text.front() >= '0' && text.front() <= '9' &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
         std::ranges::count(text, '.') <= 1 && text.back() != '.';
}

void AddList(std::string& text, std::string_view key, const std::vector<std::string>& items) {
  if (items.empty()) return;
  text += fmt::format("{}:\n", key);
  for (const std::string& item : items) text += fmt::format("  - {}\n", Scalar(item));
}

// Reads what is there; the first error sticks.
class Fields {
 public:
  explicit Fields(Status& status) : status_(status) {}

  std::string Text(const YamlNode* node) {
    if (node == nullptr || node->kind == YamlNode::Kind::kNull) return "";
    if (node->kind == YamlNode::Kind::kScalar) return node->scalar;
    Fail(*node, "a text is expected");
    return "";
  }
  // One text stands for a list of one, as cards are written.
  std::vector<std::string> Texts(const YamlNode* node) {
    if (node == nullptr || node->kind == YamlNode::Kind::kNull) return {};
    if (node->kind == YamlNode::Kind::kScalar) return {node->scalar};
    if (node->kind != YamlNode::Kind::kSequence) {
      Fail(*node, "a list of texts is expected");
      return {};
    }
    std::vector<std::string> texts;
    texts.reserve(node->items.size());
    for (const YamlNode& item : node->items) texts.push_back(Text(&item));
    return texts;
  }
  const std::vector<YamlNode>& Items(const YamlNode* node) {
    static const std::vector<YamlNode> none;
    if (node == nullptr || node->kind == YamlNode::Kind::kNull) return none;
    if (node->kind == YamlNode::Kind::kSequence) return node->items;
    Fail(*node, "a list is expected");
    return none;
  }

 private:
  void Fail(const YamlNode& node, std::string_view message) {
    if (status_)
      status_ = InvalidArgument(fmt::format("line {}, column {}: {}", node.line, node.column, message));
  }
  Status& status_;
};

void ReadIndex(Fields& fields, const YamlNode* index, Card& card) {
  for (const YamlNode& model : fields.Items(index)) {
    if (card.name.empty()) card.name = fields.Text(model.Find("name"));
    for (const YamlNode& result : fields.Items(model.Find("results"))) {
      for (const YamlNode& metric : fields.Items(result.Find("metrics")))
        card.metrics.push_back({fields.Text(metric.Find("type")), fields.Text(metric.Find("value"))});
    }
  }
}

}  // namespace

std::string CardText(const Card& card) {
  std::string text(kFence);
  if (!card.task.empty()) text += fmt::format("pipeline_tag: {}\n", Scalar(card.task));
  if (!card.license.empty()) text += fmt::format("license: {}\n", Scalar(card.license));
  if (!card.library.empty()) text += fmt::format("library_name: {}\n", Scalar(card.library));
  AddList(text, "tags", card.tags);
  AddList(text, "datasets", card.datasets);
  if (!card.metrics.empty() || !card.name.empty()) {
    text += fmt::format("model-index:\n  - name: {}\n", Scalar(card.name));
    if (!card.metrics.empty()) {
      const std::string dataset = card.datasets.empty() ? "" : card.datasets.front();
      text += fmt::format("    results:\n      - task: {{type: {}}}\n", Scalar(card.task));
      text += fmt::format("        dataset: {{type: {}, name: {}}}\n",
                          Scalar(dataset.substr(0, dataset.find('@'))), Scalar(dataset));
      text += "        metrics:\n";
      for (const CardMetric& metric : card.metrics) {
        text += fmt::format("          - {{type: {}, value: {}}}\n", Scalar(metric.name),
                            Number(metric.value) ? metric.value : Scalar(metric.value));
      }
    }
  }
  text += kFence;
  return text + card.body;
}

Result<Card> ParseCard(std::string_view text) {
  if (text.size() > kCardLimit) return InvalidArgument("a card of more than 1 MiB");
  if (!IsUtf8(text)) return InvalidArgument("a card that is not UTF-8");
  Card card;
  if (!text.starts_with(kFence)) {
    card.body = text;
    return card;
  }
  // The closing fence is a line of its own, the last one perhaps without its end.
  const std::string_view rest = text.substr(kFence.size() - 1);
  size_t end = rest.find("\n---\n");
  if (end == rest.npos && rest.ends_with("\n---")) end = rest.size() - 4;
  if (end == rest.npos) return InvalidArgument("the card's front matter is not closed by a line ---");
  card.body = rest.substr(std::min(end + 5, rest.size()));
  const std::string_view front =
      rest.substr(0, end + 1);  // with the fence's end of line, so that lines count
  if (front.find_first_not_of(" \t\r\n") == front.npos) return card;
  auto parsed = ParseYaml(front);
  if (!parsed) return std::move(parsed).error().In("front matter");
  if (parsed->kind == YamlNode::Kind::kNull) return card;
  if (parsed->kind != YamlNode::Kind::kMap) return InvalidArgument("front matter: fields are expected");
  Status status;
  Fields fields(status);
  card.task = fields.Text(parsed->Find("pipeline_tag"));
  card.library = fields.Text(parsed->Find("library_name"));
  for (const std::string& license : fields.Texts(parsed->Find("license")))
    card.license += (card.license.empty() ? "" : ", ") + license;
  card.tags = fields.Texts(parsed->Find("tags"));
  card.datasets = fields.Texts(parsed->Find("datasets"));
  ReadIndex(fields, parsed->Find("model-index"), card);
  if (!status) return std::move(status).error().In("front matter");
  return card;
}

}  // namespace sinter
