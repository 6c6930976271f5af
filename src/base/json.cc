#include "base/json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

const Json kEmptyObject = Json::object();
const Json kEmptyArray = Json::array();

bool FitsInt64(const Json& value) {
  return value.is_number_integer() && !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX);
}

// Builds the document by nlohmann's own builder, refusing depth and duplicate keys on the way.
class BoundedBuilder : public nlohmann::detail::json_sax_dom_parser<Json> {
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

 public:
  BoundedBuilder(Json& into, int depth) : Base(into, false), depth_(depth) {}
  std::string message;

  bool start_object(std::size_t elements) {
    keys_.emplace_back();
    return Deeper() && Base::start_object(elements);
  }
  bool end_object() {
    keys_.pop_back();
    --level_;
    return Base::end_object();
  }
  bool start_array(std::size_t elements) { return Deeper() && Base::start_array(elements); }
  bool end_array() {
    --level_;
    return Base::end_array();
  }
  bool key(std::string& name) {
    if (!keys_.back().insert(name).second) {
      message = fmt::format("the field '{}' stands twice", name);
      return false;
    }
    return Base::key(name);
  }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string& token, const Exception&) {
    message = fmt::format("not JSON at byte {}, near '{}'", position, token.substr(0, 40));
    return false;
  }

 private:
  bool Deeper() {
    if (++level_ <= depth_) return true;
    message = fmt::format("nested deeper than {}", depth_);
    return false;
  }
  int depth_;
  int level_ = 0;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("JSON of {} bytes; at most {} are read", text.size(), limits.bytes), ""};
  }
  // The library takes a NUL byte for the end of the text, and would pass over whatever follows it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    return InvalidArgument(fmt::format("not JSON at byte {}: a NUL byte", nul));
  Json document;
  BoundedBuilder builder(document, limits.depth);
  bool ok = false;
  try {  // the library throws on numbers out of range and on bad UTF-8
    ok = Json::sax_parse(text.begin(), text.end(), &builder);
  } catch (const std::exception& e) {
    return InvalidArgument(fmt::format("not JSON: {}", e.what()));
  }
  if (!ok) return InvalidArgument(builder.message.empty() ? "not JSON" : builder.message);
  return document;
}

JsonReader::JsonReader(const Json& object, std::string where)
    : object_(object.is_object() ? object : kEmptyObject), where_(std::move(where)) {
  if (!object.is_object())
    status_ =
        InvalidArgument(fmt::format("{}: an object is needed, {} stands there", where_, object.type_name()));
}

const Json* JsonReader::Find(std::string_view field, bool required) {
  asked_.emplace_back(field);
  const auto found = object_.find(field);
  if (found != object_.end()) return &*found;
  if (required) Fail(field, "is missing");
  return nullptr;
}

void JsonReader::Fail(std::string_view field, std::string_view message) {
  if (status_) status_ = InvalidArgument(fmt::format("{}: field '{}' {}", where_, field, message));
}

bool JsonReader::Has(std::string_view field) { return object_.contains(field); }

std::string JsonReader::String(std::string_view field) {
  const Json* value = Find(field, true);
  if (value == nullptr) return {};
  if (!value->is_string()) return Fail(field, "must be a string"), std::string();
  return value->get<std::string>();
}

std::string JsonReader::String(std::string_view field, std::string_view otherwise) {
  return Has(field) ? String(field) : (asked_.emplace_back(field), std::string(otherwise));
}

int64_t JsonReader::Int(std::string_view field) {
  const Json* value = Find(field, true);
  if (value == nullptr) return 0;
  if (!FitsInt64(*value)) return Fail(field, "must be a 64-bit integer"), 0;
  return value->get<int64_t>();
}

int64_t JsonReader::Int(std::string_view field, int64_t otherwise) {
  return Has(field) ? Int(field) : (asked_.emplace_back(field), otherwise);
}

double JsonReader::Number(std::string_view field) {
  const Json* value = Find(field, true);
  if (value == nullptr) return 0;
  if (!value->is_number()) return Fail(field, "must be a number"), 0;
  return value->get<double>();
}

double JsonReader::Number(std::string_view field, double otherwise) {
  return Has(field) ? Number(field) : (asked_.emplace_back(field), otherwise);
}

bool JsonReader::Bool(std::string_view field, bool otherwise) {
  const Json* value = Find(field, false);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) return Fail(field, "must be true or false"), otherwise;
  return value->get<bool>();
}

const Json& JsonReader::Object(std::string_view field) {
  const Json* value = Find(field, true);
  if (value != nullptr && !value->is_object()) Fail(field, "must be an object");
  return value != nullptr && value->is_object() ? *value : kEmptyObject;
}

const Json& JsonReader::Array(std::string_view field) {
  const Json* value = Find(field, true);
  if (value != nullptr && !value->is_array()) Fail(field, "must be a list");
  return value != nullptr && value->is_array() ? *value : kEmptyArray;
}

const Json& JsonReader::OptionalArray(std::string_view field) {
  return Has(field) ? Array(field) : (asked_.emplace_back(field), kEmptyArray);
}

const Json& JsonReader::OptionalObject(std::string_view field) {
  return Has(field) ? Object(field) : (asked_.emplace_back(field), kEmptyObject);
}

const Json* JsonReader::Any(std::string_view field) { return Find(field, false); }

std::vector<std::string> JsonReader::Strings(std::string_view field) {
  std::vector<std::string> result;
  for (const Json& item : OptionalArray(field)) {
    if (!item.is_string()) return Fail(field, "must hold strings"), result;
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::vector<int64_t> JsonReader::Ints(std::string_view field) {
  std::vector<int64_t> result;
  for (const Json& item : OptionalArray(field)) {
    if (!FitsInt64(item)) return Fail(field, "must hold 64-bit integers"), result;
    result.push_back(item.get<int64_t>());
  }
  return result;
}

std::vector<double> JsonReader::Numbers(std::string_view field) {
  std::vector<double> result;
  for (const Json& item : OptionalArray(field)) {
    if (!item.is_number()) return Fail(field, "must hold numbers"), result;
    result.push_back(item.get<double>());
  }
  return result;
}

Status JsonReader::Finish() {
  if (!status_) return status_;
  for (const auto& [key, value] : object_.items()) {
    if (std::ranges::find(asked_, key) == asked_.end()) {
      return InvalidArgument(fmt::format("{}: unknown field '{}'", where_, key),
                             fmt::format("known here: {}", fmt::join(asked_, ", ")));
    }
  }
  return {};
}

}  // namespace sinter
