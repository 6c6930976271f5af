// The console at / and what it loads, as they stand in the binary.
#pragma once

#include <string_view>
#include <vector>

#include "server/http/router.h"

namespace sinter {

// A file of the console's bundle, embedded by the build.
struct WebFile {
  std::string_view name;  // "index.html", "console/index-Bx3kQ9.js"
  std::string_view contents;
  std::string_view gzip;  // the same, compressed; empty where that saves nothing
};
std::vector<WebFile> WebFiles();  // generated; see web/CMakeLists.txt

// "/" and "/console/NAME". Open: the files hold nothing of anybody's; what they show is asked for by who
// signed in.
std::vector<Route> PageRoutes();
std::vector<Route> PageRoutes(const std::vector<WebFile>& files);

}  // namespace sinter
