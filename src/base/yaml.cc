#include "base/yaml.h"

#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/utf8.h"

namespace sinter {
namespace {

constexpr size_t kLargest = size_t{1} << 20;
constexpr size_t kDeepest = 32;

// Thrown through yaml-cpp's parser, which has no other way to be stopped, and caught in ParseYaml.
struct Stop {
  Error error;
};

class Handler final : public YAML::EventHandler {
 public:
  YamlNode Take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Add(Make(mark, anchor)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Stop{Make(mark, 0).Invalid("aliases are not offered: write the value out")};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = Make(mark, anchor);
    node.quoted = tag == "!";
    node.scalar = value;
    const bool null = !node.quoted && (value == "~" || value == "null" || value.empty());
    node.kind = null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar;
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A collection under way, and of a map the key that waits for its value.
  struct Open_ {
    YamlNode node;
    bool has_key = false;
    YamlNode key;
  };

  static YamlNode Make(const YAML::Mark& mark, YAML::anchor_t anchor) {
    YamlNode node;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (anchor != 0) throw Stop{node.Invalid("anchors are not offered: write the value out")};
    return node;
  }
  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    YamlNode node = Make(mark, anchor);
    node.kind = kind;
    if (stack_.size() >= kDeepest) throw Stop{node.Invalid(fmt::format("nested deeper than {}", kDeepest))};
    stack_.push_back({std::move(node), false, {}});
  }
  void Close() {
    YamlNode done = std::move(stack_.back().node);
    stack_.pop_back();
    Add(std::move(done));
  }
  void Add(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open_& top = stack_.back();
    if (top.node.kind == YamlNode::Kind::kSequence) {
      top.node.items.push_back(std::move(node));
    } else if (!top.has_key) {
      if (node.kind != YamlNode::Kind::kScalar) throw Stop{node.Invalid("a key must be a plain word")};
      if (top.node.Find(node.scalar) != nullptr)
        throw Stop{node.Invalid(fmt::format("'{}' stands here twice", node.scalar))};
      top.key = std::move(node);
      top.has_key = true;
    } else {
      top.node.fields.emplace_back(std::move(top.key), std::move(node));
      top.has_key = false;
    }
  }

  YamlNode root_;
  std::vector<Open_> stack_;
};

Error Expected(const YamlNode& node, std::string_view what) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return node.Invalid(fmt::format("{} is expected, and nothing stands here", what));
    case YamlNode::Kind::kSequence:
      return node.Invalid(fmt::format("{} is expected, not a list", what));
    case YamlNode::Kind::kMap:
      return node.Invalid(fmt::format("{} is expected, not a map", what));
    default:
      return node.Invalid(fmt::format("{} is expected, not '{}'", what, node.scalar.substr(0, 60)));
  }
}

// yaml-cpp takes any bytes, and gives others back.
Status CheckEncoding(std::string_view text) {
  if (IsUtf8(text)) return {};
  int line = 1, column = 1;
  for (size_t at = 0, bytes = 0; (bytes = Utf8LengthAt(text, at)) > 0; at += bytes) {
    ++column;
    if (text[at] != '\n') continue;
    ++line;
    column = 1;
  }
  return InvalidArgument(fmt::format("line {}, column {}: a byte that is no UTF-8", line, column),
                         "save the file as UTF-8");
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const auto& [name, value] : fields) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

Error YamlNode::Invalid(std::string message, std::string hint) const {
  return InvalidArgument(fmt::format("line {}, column {}: {}", line, column, message), std::move(hint));
}

Result<YamlNode> ParseYaml(std::string_view text) {
  if (text.size() > kLargest) return InvalidArgument(fmt::format("more than {} bytes of YAML", kLargest));
  if (text.find('\0') != std::string_view::npos) return InvalidArgument("a NUL byte: this is no text");
  TRY_STATUS(CheckEncoding(text));
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    Handler handler;
    if (!parser.HandleNextDocument(handler)) return YamlNode{.line = 1, .column = 1};
    Handler second;
    if (parser.HandleNextDocument(second))
      return InvalidArgument("a second document begins; one is expected");
    return std::move(handler).Take();
  } catch (const Stop& stop) {
    return stop.error;
  } catch (const YAML::Exception& error) {
    return InvalidArgument(
        fmt::format("line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1, error.msg));
  } catch (const std::exception& error) {
    return InvalidArgument(fmt::format("this YAML cannot be read: {}", error.what()));
  }
}

Result<int64_t> YamlInt(const YamlNode& node) {
  int64_t value = 0;
  const std::string& text = node.scalar;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (node.kind != YamlNode::Kind::kScalar || node.quoted || error != std::errc() ||
      end != text.data() + text.size())
    return Expected(node, "a whole number");
  return value;
}

Result<double> YamlNumber(const YamlNode& node) {
  double value = 0;
  const std::string& text = node.scalar;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (node.kind != YamlNode::Kind::kScalar || node.quoted || error != std::errc() ||
      end != text.data() + text.size())
    return Expected(node, "a number");
  return value;
}

Result<bool> YamlBool(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kScalar && !node.quoted) {
    if (node.scalar == "true") return true;
    if (node.scalar == "false") return false;
  }
  return Expected(node, "true or false");
}

Result<std::string> YamlString(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return Expected(node, "a text");
  return node.scalar;
}

}  // namespace sinter
