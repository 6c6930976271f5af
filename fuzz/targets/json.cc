// JSON as a document: what is accepted prints and parses back the same.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const Json json, ParseJson(TextOf(input), {.bytes = 2048, .depth = 16}));
  const auto again = ParseJson(json.dump(), {.bytes = 1 << 20, .depth = 16});
  SINTER_CHECK(again.has_value() && *again == json);
  // A reader asked for every kind gives a value or an error, never more.
  JsonReader reader(json, "input");
  (void)reader.String("string", "");
  (void)reader.Int("int", 0);
  (void)reader.Number("number", 0);
  (void)reader.Bool("bool", false);
  (void)reader.Strings("strings");
  const auto ints = reader.Ints("ints");
  (void)reader.Numbers("numbers");
  if (!reader.Finish()) return {};
  if (json.contains("ints")) SINTER_CHECK(Json(ints) == json["ints"]);
  return {};
}

}  // namespace

FuzzTarget JsonTarget() { return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kResourceExhausted}}; }

}  // namespace sinter
