// The scanner against the parser of documents: both accept the same texts and read the same from them.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/json_scanner.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Json Build(JsonScanner& scanner) {
  switch (scanner.Peek()) {
    case '{': {
      Json object = Json::object();
      std::string key;
      scanner.EnterObject();
      while (scanner.NextKey(key)) object[key] = Build(scanner);
      return object;
    }
    case '[': {
      Json array = Json::array();
      scanner.EnterArray();
      while (scanner.NextItem()) array.push_back(Build(scanner));
      return array;
    }
    case '"': {
      std::string text;
      scanner.String(text);
      return text;
    }
    case 't':
    case 'f': {
      bool value = false;
      scanner.Bool(value);
      return value;
    }
    case 'n':
      scanner.Null();
      return {};
    default: {
      double value = 0;
      scanner.Number(value);
      return value;
    }
  }
}

// Numbers as doubles, as the scanner was asked for them.
Json WithDoubles(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (!json.is_structured()) return json;
  Json copy = json;
  for (Json& item : copy) item = WithDoubles(item);
  return copy;
}

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  JsonScanner scanner(text), skipper(text);
  const Json built = Build(scanner);
  const bool end = scanner.AtEnd();
  skipper.Skip();
  SINTER_CHECK(skipper.AtEnd() == end);
  const auto parsed = ParseJson(text);
  if (!scanner.ok() || !end) {
    // The parser passes over a byte order mark and reads numbers of any length.
    const bool known =
        text.starts_with("\xEF\xBB\xBF") ||
        (!scanner.ok() && scanner.status().error().message.starts_with("a number of more than"));
    SINTER_CHECK(known || !parsed.has_value());
    if (!scanner.ok()) return scanner.status();
    return InvalidArgument("something follows");
  }
  if (parsed) {
    SINTER_CHECK(WithDoubles(*parsed) == built);
  } else {
    SINTER_CHECK(parsed.error().message.find("stands twice") != std::string::npos);  // the scanner's caller's
  }
  return {};
}

}  // namespace

FuzzTarget JsonScannerTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
