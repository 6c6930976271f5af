// Request targets, from the first line to a route's parameters and a query's numbers.
#include "fuzz/targets.h"
#include "server/http/router.h"
#include "server/http/target.h"

namespace sinter {
namespace {

Router MakeRouter() {
  std::vector<Route> routes;
  for (const char* pattern : {"/", "/a", "/a/{x}", "/a/b", "/a/{x}/c", "/files/{name}/{rest...}"}) {
    Route route;
    route.method = "GET";
    route.pattern = pattern;
    routes.push_back(std::move(route));
  }
  auto router = Router::Create(std::move(routes));
  SINTER_CHECK(router.has_value());
  return *std::move(router);
}

Status Run(std::span<const std::byte> input) {
  static const Router router = MakeRouter();
  TRY(const Target target, ParseTarget(TextOf(input)));
  SINTER_CHECK(target.path.starts_with('/') && target.path.find('?') == std::string::npos);
  // What the query said, encoded again, is read as the same.
  std::string text = target.path;
  for (const auto& [name, value] : target.query)
    text +=
        (text.size() == target.path.size() ? "?" : "&") + PercentEncode(name) + "=" + PercentEncode(value);
  const auto again = ParseTarget(text);
  SINTER_CHECK(again.has_value() && again->query == target.query);
  HttpRequest request;
  request.query = target.query;
  if (const auto number = request.QueryInt("n", 5, -3, 10)) SINTER_CHECK(*number >= -3 && *number <= 10);
  TRY(const RouteMatch match, router.Find("GET", target.path));
  for (const auto& [name, value] : match.parameters)
    SINTER_CHECK(!name.empty() && value.find('\0') == std::string::npos);
  SINTER_CHECK(match.route != nullptr || match.parameters.empty());
  return {};
}

}  // namespace

FuzzTarget HttpTargetTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 512}; }

}  // namespace sinter
