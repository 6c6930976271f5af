#include "server/http/guard.h"

#include <gtest/gtest.h>

#include "server/http/target.h"

namespace sinter {
namespace {

TEST(Guard, HostsMustBeOurs) {
  for (const char* host :
       {"127.0.0.1:7400", "localhost:7400", "LOCALHOST:7400", "[::1]:7400", "a.localhost:7400"})
    EXPECT_TRUE(CheckHost(host, 7400)) << host;
  for (const char* host :
       {"evil.example:7400", "127.0.0.1:80", "127.0.0.1", "", "127.0.0.1.evil.example:7400",
        "localhost:7400x", "[::1]", "localhost.evil.example:7400"})
    EXPECT_FALSE(CheckHost(host, 7400)) << host;
  EXPECT_TRUE(CheckHost("localhost", 80));
}

TEST(Guard, OriginsOfOthersMayNotChangeAnything) {
  EXPECT_TRUE(CheckOrigin("POST", "", "localhost:7400"));
  EXPECT_TRUE(CheckOrigin("POST", "http://localhost:7400", "localhost:7400"));
  EXPECT_TRUE(CheckOrigin("GET", "http://evil.example", "localhost:7400"));
  EXPECT_FALSE(CheckOrigin("POST", "http://evil.example", "localhost:7400"));
  EXPECT_FALSE(CheckOrigin("DELETE", "null", "localhost:7400"));
}

TEST(Guard, ScopesIncludeTheOnesBefore) {
  const Principal writer{"w", Access::kWrite, "", 0}, run{"r", Access::kRun, "x", 1};
  EXPECT_TRUE(CheckAccess(writer, Access::kRead));
  EXPECT_TRUE(CheckAccess(writer, Access::kWrite));
  EXPECT_FALSE(CheckAccess(writer, Access::kAdmin));
  EXPECT_FALSE(CheckAccess(writer, Access::kRun));
  EXPECT_TRUE(CheckAccess(run, Access::kRun));
  EXPECT_FALSE(CheckAccess(run, Access::kRead));
  EXPECT_EQ(BearerToken("Bearer hf_x"), "hf_x");
  EXPECT_EQ(BearerToken("bearer hf_x"), "hf_x");
  EXPECT_EQ(BearerToken("Basic abc"), "");
}

TEST(Guard, CookiesByName) {
  EXPECT_EQ(CookieValue("a=1; sinter=x; b=2", "sinter"), "x");
  EXPECT_EQ(CookieValue("sinter=x", "sinter"), "x");
  EXPECT_EQ(CookieValue(" sinter=a=b ;", "sinter"), "a=b");
  for (const char* none : {"", ";", "=", "sinter", "sinter=", "xsinter=1", "sinter2=1", "Sinter=1"})
    EXPECT_EQ(CookieValue(none, "sinter"), "") << none;
  EXPECT_EQ(CookieValue("sinter=x; sinter=y", "sinter"), "");
}

TEST(Guard, ACookieVouchesForPagesOfThisServerAlone) {
  const auto allowed = [](std::string method, std::string site, std::string header, std::string origin) {
    HttpRequest request;
    request.method = std::move(method);
    request.headers = {{"host", "localhost:7400"}};
    const auto add = [&](const char* name, std::string& value) {
      if (!value.empty()) request.headers.emplace_back(name, std::move(value));
    };
    add("sec-fetch-site", site);
    add("x-sinter-console", header);
    add("origin", origin);
    return CheckCookieRequest(request).has_value();
  };
  const std::string ours = "http://localhost:7400";
  EXPECT_TRUE(allowed("GET", "", "", ""));
  EXPECT_TRUE(allowed("GET", "none", "", ""));
  EXPECT_TRUE(allowed("POST", "same-origin", "1", ours));
  EXPECT_TRUE(allowed("POST", "", "1", ours));
  EXPECT_FALSE(allowed("GET", "cross-site", "", ""));
  EXPECT_FALSE(allowed("GET", "same-site", "", ""));  // another port of this host
  EXPECT_FALSE(allowed("POST", "same-origin", "", ours));
  EXPECT_FALSE(allowed("DELETE", "", "", ""));
  EXPECT_FALSE(allowed("POST", "", "1", "http://localhost:8888"));
}

TEST(Target, IsTakenApart) {
  auto target = ParseTarget("/a%2Fb/c?x=1&y=a+b%26&flag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a%2Fb/c");
  EXPECT_EQ(target->query["x"], "1");
  EXPECT_EQ(target->query["y"], "a b&");
  EXPECT_EQ(target->query["flag"], "");
  EXPECT_FALSE(ParseTarget("http://x/"));
  EXPECT_FALSE(ParseTarget("/?x=%zz"));
  EXPECT_FALSE(PercentDecode("%00"));
  EXPECT_FALSE(PercentDecode("%2"));
  EXPECT_EQ(*PercentDecode(PercentEncode("a/b c\xC3\xA9")), "a/b c\xC3\xA9");
}

}  // namespace
}  // namespace sinter
