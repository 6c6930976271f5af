// Lists that the server gives page by page.
#pragma once

#include <string_view>

#include "base/json.h"
#include "server/cli/api_client.h"

namespace sinter {

// {"items":[...]}: of all pages of a list, each of `limit` items; `path` has no query.
Result<Json> GetAllPages(ApiClient& client, std::string_view path, int limit = 1000);

}  // namespace sinter
