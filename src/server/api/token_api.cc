#include "server/api/token_api.h"

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr int64_t kLongest = int64_t{36'525} * 24 * 3600;

}  // namespace

Result<Json> CreateToken(Platform& platform, const Json& body, std::string_view who) {
  JsonReader reader(body, "token");
  const std::string name = reader.String("name");
  const std::string scope_text = reader.String("scope");
  const int64_t seconds = reader.Int("expires_s", 0);
  if (seconds < 0 || seconds > kLongest) reader.Fail("expires_s", "must be 0 (never) to 100 years");
  TRY_STATUS(reader.Finish());
  TRY(const TokenScope scope, TokenScope::Parse(scope_text));
  if (scope.level == TokenScope::Level::kRun) {
    return InvalidArgument("a run's token cannot be asked for", "it comes with the run's attempt");
  }
  const int64_t expires_ms = seconds == 0 ? 0 : platform.home().clock().UnixMillis() + seconds * 1000;
  TRY(const std::string token, platform.tokens().Create(name, scope, who, expires_ms));
  return Json{{"name", name}, {"scope", scope_text}, {"token", token}, {"expires_ms", expires_ms}};
}

Result<Json> ListTokens(Platform& platform, std::string_view after, int limit) {
  TRY(const Tokens::Page page, platform.tokens().List(after, limit));
  Json items = Json::array();
  for (const TokenInfo& info : page.tokens) {
    items.push_back({{"name", info.name},
                     {"scope", info.scope.ToString()},
                     {"created_ms", info.created_ms},
                     {"created_by", info.created_by},
                     {"expires_ms", info.expires_ms},
                     {"expired", info.expired}});
  }
  return Json{{"items", std::move(items)}, {"next", page.next}};
}

Result<Json> RevokeToken(Platform& platform, std::string_view name, std::string_view who) {
  TRY_STATUS(platform.tokens().Revoke(name, who));
  return Json::object();
}

}  // namespace sinter
