// The table as a whole, and the platform over real HTTP.
#include "server/api/routes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/http_client.h"
#include "server/http/server.h"

namespace sinter {
namespace {

class Api : public testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    token_ = *platform_->LocalToken();
    HttpServerOptions options;
    options.authenticate = [this](std::string_view token) { return PrincipalOf(*platform_, token); };
    server_ = *HttpServer::Start(*Router::Create(PlatformRoutes(*platform_)), options);
    client_ = *HttpClient::Create(server_->Origin());
  }
  // "STATUS body".
  std::string Ask(std::string method, std::string path, std::string_view body = "",
                  std::string token = "local") {
    ClientRequest request{std::move(method), std::move(path), {}, body};
    if (token == "local") token = token_;
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    auto answer = client_->Send(request);
    if (!answer) return answer.error().ToString();
    return fmt::format("{} {}", answer->status, answer->body);
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  std::string token_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(Api, TheTableIsUnambiguous) {
  auto routes = PlatformRoutes(*platform_);
  for (const Route& route : routes) EXPECT_FALSE(route.summary.empty()) << route.pattern;
  ASSERT_TRUE(Router::Create(std::move(routes)));
}

TEST_F(Api, OpenApiFollowsFromTheTable) {
  const Json document = OpenApi(PlatformRoutes(*platform_));
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["paths"]["/sinter/v1/tokens"]["post"]["x-scope"], "admin");
  EXPECT_EQ(document["paths"]["/sinter/v1/runs/{id}"]["get"]["parameters"][0]["name"], "id");
}

TEST_F(Api, BlobsAreVerified) {
  const std::string hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  EXPECT_TRUE(Ask("GET", "/sinter/v1/blobs/" + hello).starts_with("404 "));
  EXPECT_TRUE(Ask("PUT", "/sinter/v1/blobs/" + hello, "hullo").starts_with("400 "));
  EXPECT_TRUE(Ask("PUT", "/sinter/v1/blobs/" + hello, "hello").starts_with("201 "));
  EXPECT_EQ(Ask("GET", "/sinter/v1/blobs/" + hello), "200 hello");
  EXPECT_TRUE(Ask("PUT", "/sinter/v1/blobs/nonsense", "hello").starts_with("400 "));
  EXPECT_TRUE(Ask("GET", "/sinter/v1/blobs/" + hello, "", "").starts_with("401 "));
}

TEST_F(Api, TokensAndTheirScopes) {
  const std::string made = Ask("POST", "/sinter/v1/tokens", R"({"name":"reader","scope":"read"})");
  ASSERT_TRUE(made.starts_with("200 ")) << made;
  const std::string token = Json::parse(made.substr(4))["token"];
  EXPECT_TRUE(Ask("GET", "/sinter/v1/runs", "", token).starts_with("200 "));
  EXPECT_TRUE(Ask("GET", "/sinter/v1/tokens", "", token).starts_with("403 "));
  EXPECT_TRUE(Ask("POST", "/sinter/v1/runs", "{}", token).starts_with("403 "));
  EXPECT_TRUE(Ask("DELETE", "/sinter/v1/tokens/reader").starts_with("200 "));
  EXPECT_TRUE(Ask("GET", "/sinter/v1/runs", "", token).starts_with("401 "));
}

TEST_F(Api, UnknownFieldsAreNamed) {
  const std::string answer = Ask("POST", "/sinter/v1/tokens", R"({"name":"x","scope":"read","colour":1})");
  EXPECT_TRUE(answer.starts_with("400 ")) << answer;
  EXPECT_NE(answer.find("colour"), std::string::npos) << answer;
  EXPECT_TRUE(Ask("POST", "/sinter/v1/tokens", "{").starts_with("400 "));
  EXPECT_TRUE(Ask("GET", "/sinter/v1/datasets/none").starts_with("404 "));
  EXPECT_TRUE(Ask("GET", "/sinter/v1/datasets?limit=x").starts_with("400 "));
}

}  // namespace
}  // namespace sinter
