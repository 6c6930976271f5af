// The page at / and what it loads, as they stand in the binary.
#pragma once

#include <string_view>
#include <vector>

#include "server/http/router.h"

namespace sinter {

// A file of web/page, embedded by the build.
struct WebFile {
  std::string_view name;  // "index.html"
  std::string_view contents;
};
std::vector<WebFile> WebFiles();  // generated; see web/CMakeLists.txt

// "/" and "/page/NAME". Open: only for a server on loopback, until there is a sign-in.
std::vector<Route> PageRoutes();

}  // namespace sinter
