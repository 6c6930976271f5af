#include "server/cli/pages.h"

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {

Result<Json> GetAllPages(ApiClient& client, std::string_view path, int limit) {
  Json items = Json::array();
  std::string after;
  do {
    TRY(const Json page, client.Get(fmt::format("{}?limit={}&after={}", path, limit, EscapeSegment(after))));
    if (const auto found = page.find("items"); found != page.end())
      for (const Json& item : *found) items.push_back(item);
    after = page.value("next", "");
  } while (!after.empty());
  return Json{{"items", std::move(items)}};
}

}  // namespace sinter
