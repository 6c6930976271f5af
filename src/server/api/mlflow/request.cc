#include "server/api/mlflow/request.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace sinter {
namespace {

const Json& NoList() {
  static const Json list = Json::array();
  return list;
}
const Json& NoObject() {
  static const Json object = Json::object();
  return object;
}

std::optional<int64_t> WholeOf(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    return number <= INT64_MAX ? std::optional(static_cast<int64_t>(number)) : std::nullopt;
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (number == std::floor(number) && std::abs(number) < 9e18) return static_cast<int64_t>(number);
    return std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> NumberOf(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Whether a path's normal form is itself: no empty, "." or ".." parts, not from the root.
bool PlainPath(std::string_view path) {
  while (true) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

MlflowRequest::MlflowRequest(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object()) Fail("a JSON object is expected");
}

std::string MlflowRequest::Path(std::string_view field) const {
  return where_.empty() ? std::string(field) : fmt::format("{}.{}", where_, field);
}

const Json* MlflowRequest::Find(std::string_view field) const {
  if (!status_ || !object_.is_object()) return nullptr;
  const auto at = object_.find(field);
  return at == object_.end() || at->is_null() ? nullptr : &*at;
}

bool MlflowRequest::Has(std::string_view field) const { return Find(field) != nullptr; }

void MlflowRequest::Fail(std::string message) {
  if (status_) status_ = InvalidArgument(std::move(message));
}

std::string MlflowRequest::Text(std::string_view field, std::string_view otherwise) {
  const Json* value = Find(field);
  if (value == nullptr) return std::string(otherwise);
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number_integer()) return value->dump();  // ids are often written as numbers
  Fail(fmt::format("Invalid value for parameter '{}' supplied: a text is expected.", Path(field)));
  return "";
}

std::string MlflowRequest::Text(std::string_view field) {
  std::string text = Text(field, "");
  if (text.empty()) Fail(fmt::format("Missing value for required parameter '{}'.", Path(field)));
  return text;
}

std::string MlflowRequest::AnyText(std::string_view field, std::string_view old_name) {
  return Has(field) ? Text(field) : Has(old_name) ? Text(old_name) : Text(field);
}

int64_t MlflowRequest::Int(std::string_view field, int64_t otherwise) {
  const Json* value = Find(field);
  if (value == nullptr) return otherwise;
  const auto number = WholeOf(*value);
  if (!number)
    Fail(fmt::format("Invalid value for parameter '{}' supplied: an integer is expected.", Path(field)));
  return number.value_or(0);
}

int64_t MlflowRequest::Int(std::string_view field) {
  if (!Has(field)) Fail(fmt::format("Missing value for required parameter '{}'.", Path(field)));
  return Int(field, 0);
}

double MlflowRequest::Number(std::string_view field) {
  const Json* value = Find(field);
  if (value == nullptr) {
    Fail(fmt::format("Missing value for required parameter '{}'.", Path(field)));
    return 0;
  }
  const auto number = NumberOf(*value);
  if (!number)
    Fail(fmt::format("Invalid value for parameter '{}' supplied: a number is expected.", Path(field)));
  return number.value_or(0);
}

bool MlflowRequest::Bool(std::string_view field, bool otherwise) {
  const Json* value = Find(field);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  if (*value == "true" || *value == "True") return true;
  if (*value == "false" || *value == "False") return false;
  Fail(fmt::format("Invalid value for parameter '{}' supplied: true or false is expected.", Path(field)));
  return otherwise;
}

std::vector<std::string> MlflowRequest::Texts(std::string_view field) {
  const Json* value = Find(field);
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (!value->is_array()) {
    texts.push_back(Text(field, ""));
    return texts;
  }
  for (const Json& item : *value) {
    if (item.is_string() || item.is_number_integer()) {
      texts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    } else {
      Fail(fmt::format("Invalid value for parameter '{}' supplied: texts are expected.", Path(field)));
    }
  }
  return texts;
}

const Json& MlflowRequest::List(std::string_view field) {
  const Json* value = Find(field);
  if (value == nullptr) return NoList();
  if (value->is_array() && std::ranges::all_of(*value, [](const Json& item) { return item.is_object(); }))
    return *value;
  Fail(fmt::format("Invalid value for parameter '{}' supplied: a list of objects is expected.", Path(field)));
  return NoList();
}

const Json& MlflowRequest::Object(std::string_view field) {
  const Json* value = Find(field);
  if (value == nullptr) return NoObject();
  if (value->is_object()) return *value;
  Fail(fmt::format("Invalid value for parameter '{}' supplied: an object is expected.", Path(field)));
  return NoObject();
}

Status CheckMlflowKey(std::string_view what, std::string_view key) {
  if (key.empty()) return InvalidArgument(fmt::format("A {} needs a key name.", what));
  if (Characters(key) > kMlflowKeyLength)
    return InvalidArgument(fmt::format("'{} {}' exceeds the maximum length of {} characters", what,
                                       TruncateCharacters(key, 100), kMlflowKeyLength));
  const bool plain = std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-. :/").find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  if (!plain)
    return InvalidArgument(
        fmt::format("Invalid value \"{}\" for parameter 'name' supplied: Names may only contain "
                    "alphanumerics, underscores "
                    "(_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
                    key));
  if (PlainPath(key)) return {};
  return InvalidArgument(fmt::format(
      "Invalid value \"{}\" for parameter 'name' supplied: Names may be treated as files in certain "
      "cases, and must not resolve to other names when treated as such.",
      key));
}

Status CheckMlflowExperimentName(std::string_view name) {
  if (name.empty()) return InvalidArgument("Invalid experiment name: ''");
  if (Characters(name) > 500) return InvalidArgument("'name' exceeds the maximum length of 500 characters");
  return {};
}

Status CheckMlflowModelName(std::string_view name) {
  if (name.find_first_not_of(' ') == name.npos)
    return InvalidArgument("Missing value for required parameter 'name'.");
  if (name.find_first_of("/:") == name.npos && PlainPath(name)) return {};
  return InvalidArgument(
      fmt::format("Invalid model name '{}'. Names cannot contain '/' or ':'.", name.substr(0, 200)));
}

Status CheckMlflowAlias(std::string_view alias) {
  const auto bad = [&](std::string_view why) {
    return InvalidArgument(fmt::format("Invalid alias name: '{}'. {}", TruncateCharacters(alias, 100), why));
  };
  if (alias.empty()) return InvalidArgument("Registered model alias name cannot be empty.");
  if (Characters(alias) > 255) return bad("It is longer than 255 characters.");
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool plain = std::ranges::all_of(alias, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) || c == '_' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  if (!plain) return bad("Names may only contain alphanumerics, underscores (_), and dashes (-).");
  const bool version =
      alias.size() > 1 && (alias[0] == 'v' || alias[0] == 'V') && std::ranges::all_of(alias.substr(1), digit);
  if (version) return bad("It reads as a version, and is reserved.");
  std::string lower(alias);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower == "latest" ? bad("'latest' is reserved.") : Status();
}

std::string TruncateCharacters(std::string_view text, size_t most) {
  size_t at = 0;
  for (size_t n = 0; n < most && at < text.size(); ++n) at += std::max<size_t>(1, Utf8LengthAt(text, at));
  return std::string(text.substr(0, at));
}

Result<TagMap> ReadMlflowTags(MlflowRequest& request, std::string_view field, size_t length, bool truncate) {
  TagMap tags;
  for (const Json& item : request.List(field)) {
    MlflowRequest one(item, fmt::format("{}[{}]", field, tags.size()));
    std::string key = one.Text("key"), value = one.Text("value", "");
    TRY_STATUS(one.status());
    TRY_STATUS(CheckMlflowKey("tag", key));
    if (Characters(value) > length) {
      if (!truncate)
        return InvalidArgument(
            fmt::format("'{}' exceeds the maximum length of {} characters", one.where(), length));
      value = TruncateCharacters(value, length);
    }
    tags.insert_or_assign(std::move(key), std::move(value));
  }
  TRY_STATUS(request.status());
  return tags;
}

Result<MetricPoint> ReadMlflowMetric(MlflowRequest& metric) {
  MetricPoint point;
  point.name = metric.Text("key");
  point.value = metric.Number("value");
  point.wall_ms = metric.Int("timestamp");
  point.step = metric.Int("step", 0);
  TRY_STATUS(metric.status());
  TRY_STATUS(CheckMlflowKey("metric", point.name));
  if (point.wall_ms < 0)
    return InvalidArgument(
        fmt::format("metric '{}': Timestamp must be a nonnegative long (64-bit integer)", point.name));
  return point;
}

Json MlflowTagsJson(const TagMap& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"key", key}, {"value", value}});
  return list;
}

Json MlflowNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json MlflowMetric(const MetricPoint& point) {
  return {{"key", point.name},
          {"value", MlflowNumber(point.value)},
          {"timestamp", point.wall_ms},
          {"step", point.step}};
}

}  // namespace sinter
