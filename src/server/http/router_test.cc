#include "server/http/router.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

Route Get(std::string pattern, std::string method = "GET") {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  return route;
}

std::string Found(const Router& router, std::string_view method, std::string_view path) {
  auto match = router.Find(method, path);
  if (!match) return match.error().message;
  if (match->route == nullptr) return match->allow.empty() ? "none" : "allow " + match->allow;
  std::string text = match->route->pattern;
  for (const auto& [name, value] : match->parameters) text.append(" ").append(name).append("=").append(value);
  return text;
}

TEST(Router, TheMostLiteralRouteWins) {
  const auto router = Router::Create({Get("/"), Get("/v2"), Get("/v2/"), Get("/v2/models/{name}"),
                                      Get("/v2/models/all"), Get("/v2/models/{name}/infer", "POST"),
                                      Get("/files/{path...}"), Get("/v2/health/live")});
  ASSERT_TRUE(router);
  EXPECT_EQ(Found(*router, "GET", "/"), "/");
  EXPECT_EQ(Found(*router, "GET", "/v2"), "/v2");
  EXPECT_EQ(Found(*router, "GET", "/v2/"), "/v2/");
  EXPECT_EQ(Found(*router, "HEAD", "/v2"), "/v2");
  EXPECT_EQ(Found(*router, "GET", "/v2/models/all"), "/v2/models/all");
  EXPECT_EQ(Found(*router, "GET", "/v2/models/owner%2Fx"), "/v2/models/{name} name=owner/x");
  EXPECT_EQ(Found(*router, "POST", "/v2/models/all/infer"), "/v2/models/{name}/infer name=all");
  EXPECT_EQ(Found(*router, "GET", "/v2/models/x/infer"), "allow POST");
  EXPECT_EQ(Found(*router, "GET", "/files/a/b%20c"), "/files/{path...} path=a/b c");
  EXPECT_EQ(Found(*router, "GET", "/nowhere"), "none");
  EXPECT_EQ(Found(*router, "GET", "/v2/models/"), "none");
  EXPECT_NE(Found(*router, "GET", "/v2/models/%zz").find("broken escape"), std::string::npos);
}

TEST(Router, AmbiguousTablesAreRefused) {
  EXPECT_FALSE(Router::Create({Get("/a/{x}"), Get("/a/{y}")}));
  EXPECT_FALSE(Router::Create({Get("/a/{x...}"), Get("/a/{y...}")}));
  EXPECT_FALSE(Router::Create({Get("/a/{x...}/b")}));
  EXPECT_FALSE(Router::Create({Get("a")}));
  EXPECT_TRUE(Router::Create({Get("/a/{x}"), Get("/a/{y}", "POST"), Get("/a/b"), Get("/a/{rest...}")}));
}

}  // namespace
}  // namespace sinter
