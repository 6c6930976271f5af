#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "server/api/routes.h"

namespace sinter {
namespace {

Json Parameters(std::string_view pattern) {
  Json list = Json::array();
  while (!pattern.empty()) {
    const size_t open = pattern.find('{'), close = pattern.find('}');
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    std::string_view name = pattern.substr(open + 1, close - open - 1);
    if (name.ends_with("...")) name.remove_suffix(3);
    list.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    pattern.remove_prefix(close + 1);
  }
  return list;
}

std::string PathOf(std::string_view pattern) {
  std::string path(pattern);
  if (const size_t dots = path.find("...}"); dots != std::string::npos) path.erase(dots, 3);
  return path;
}

constexpr std::string_view ScopeName(Access access) {
  switch (access) {
    case Access::kRead:
      return "read";
    case Access::kWrite:
      return "write";
    case Access::kAdmin:
      return "admin";
    case Access::kRun:
      return "run";
    case Access::kOpen:
      break;
  }
  return "";
}

}  // namespace

Json OpenApi(const std::vector<Route>& routes) {
  Json paths = Json::object();
  for (const Route& route : routes) {
    Json operation = {{"summary", route.summary}, {"responses", Json::object()}};
    operation["responses"]["200"] = {{"description", "done"}};
    operation["responses"]["default"] = {
        {"description", "what failed, on what, and what to do"},
        {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
    if (Json parameters = Parameters(route.pattern); !parameters.empty())
      operation["parameters"] = std::move(parameters);
    if (route.access != Access::kOpen) {
      operation["security"] = Json::array({Json::object({{"token", Json::array()}})});
      operation["x-scope"] = ScopeName(route.access);
    }
    paths[PathOf(route.pattern)][LowerAscii(route.method)] = std::move(operation);
  }
  Json error = {{"type", "object"},
                {"properties",
                 {{"error",
                   {{"type", "object"},
                    {"required", {"code", "message"}},
                    {"properties",
                     {{"code", {{"type", "string"}}},
                      {"message", {{"type", "string"}}},
                      {"hint", {{"type", "string"}}}}}}}}}};
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Sinter"}, {"version", kVersion}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", {{"Error", std::move(error)}}},
            {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace sinter
