// URLs of servers: host and path are parts of the text, and hold nothing that would end a header.
#include "base/http_client.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  TRY(const HttpUrl url, HttpUrl::Parse(text));
  SINTER_CHECK(!url.host.empty() && url.port != 0 && url.path.starts_with('/'));
  SINTER_CHECK(text.find(url.host) != std::string_view::npos);
  // Both go into a request's head as they are.
  for (const std::string& part : {url.host, url.path})
    for (const unsigned char c : part) SINTER_CHECK(c > 0x20 && c != 0x7f);
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const auto again = HttpUrl::Parse("http://" + host + ":" + std::to_string(url.port) + url.path);
  SINTER_CHECK(again.has_value() && again->host == url.host && again->port == url.port &&
               again->path == url.path);
  return {};
}

}  // namespace

FuzzTarget HttpUrlTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 512}; }

}  // namespace sinter
