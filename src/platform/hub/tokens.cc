#include "platform/hub/tokens.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/json.h"

namespace sinter {
namespace {

constexpr size_t kLetters = 40;

std::string RandomLetters(size_t count) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text;
  std::array<std::byte, 64> bytes;
  while (text.size() < count) {
    RandomSecret(bytes);
    for (const std::byte b : bytes) {
      const auto v = static_cast<size_t>(b) & 63;  // 62 and 63 are thrown away: every letter equally likely
      if (v < kAlphabet.size() && text.size() < count) text.push_back(kAlphabet[v]);
    }
  }
  return text;
}

Result<TokenInfo> ReadToken(const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, "token");
  TokenInfo info;
  info.name = reader.String("name");
  const std::string scope = reader.String("scope");
  const int64_t attempt = reader.Int("attempt", 0);
  reader.String("hash");
  info.expires_ms = reader.Int("expires_ms", 0);
  TRY_STATUS(reader.Finish());
  TRY(const Json status, ParseJson(record.status));
  JsonReader is(status, "token");
  info.expired = is.Bool("expired", false);
  TRY_STATUS(is.Finish());
  TRY(info.scope, TokenScope::Parse(scope));
  info.scope.attempt = attempt;
  info.created_ms = record.created_ms;
  info.created_by = record.created_by;
  return info;
}

Error NoToken() {
  return {ErrorCode::kUnauthenticated, "the token is not known here, or was revoked",
          "SINTER_TOKEN holds what commands send; make one with: sinter token create NAME --scope "
          "read|write|admin"};
}

}  // namespace

std::string TokenScope::ToString() const {
  switch (level) {
    case Level::kRead:
      return "read";
    case Level::kWrite:
      return "write";
    case Level::kAdmin:
      return "admin";
    case Level::kRun:
      return "run:" + run;
  }
  return "";
}

Result<TokenScope> TokenScope::Parse(std::string_view text) {
  if (text == "read") return TokenScope{Level::kRead, "", 0};
  if (text == "write") return TokenScope{Level::kWrite, "", 0};
  if (text == "admin") return TokenScope{Level::kAdmin, "", 0};
  if (text.starts_with("run:") && CheckRecordName(text.substr(4))) {
    return TokenScope{Level::kRun, std::string(text.substr(4)), 0};
  }
  return InvalidArgument(fmt::format("'{}' is no scope", text.substr(0, 64)), "read, write, admin or run:ID");
}

Result<std::string> Tokens::Create(std::string_view name, const TokenScope& scope, std::string_view who,
                                   int64_t expires_ms) {
  if (expires_ms != 0 && expires_ms <= clock_.UnixMillis())
    return InvalidArgument("a token that has expired already would be of no use");
  std::string text = "hf_" + RandomLetters(kLetters);
  const std::string hash = HashText(text).Hex();
  Json json = {{"name", name}, {"scope", scope.ToString()}, {"attempt", scope.attempt}, {"hash", hash}};
  if (expires_ms != 0) json["expires_ms"] = expires_ms;
  const std::string spec = json.dump();
  const RecordWrite writes[] = {RecordWrite::Create(std::string(kTokenByNameKind), std::string(name), spec),
                                RecordWrite::Create(std::string(kTokenByHashKind), hash, spec)};
  TRY_STATUS(records_.Apply(writes, who));
  return text;
}

Result<TokenInfo> Tokens::Check(std::string_view text) {
  if (!text.starts_with("hf_") || text.size() != 3 + kLetters) return NoToken();
  auto record = records_.Get(kTokenByHashKind, HashText(text).Hex());
  if (!record) return record.error().code == ErrorCode::kNotFound ? NoToken() : std::move(record).error();
  TRY(TokenInfo info, ReadToken(*record));
  if (info.expires_ms == 0) return info;
  if (!info.expired && clock_.UnixMillis() < info.expires_ms) return info;
  // Written down once, by name too, for who lists them. Where that fails, time goes on saying it.
  if (!info.expired) MarkExpired(*record, info.name);
  return Error{ErrorCode::kUnauthenticated,
               fmt::format("the token '{}' expired at {}", info.name, FormatUtc(info.expires_ms)),
               "have a new one made: sinter token create NAME --expires 30d"};
}

void Tokens::MarkExpired(Record by_hash, std::string_view name) {
  auto by_name = records_.Get(kTokenByNameKind, name);
  if (!by_name) return;
  by_hash.status = by_name->status = Json{{"expired", true}}.dump();
  const RecordWrite writes[] = {RecordWrite::Update(by_hash), RecordWrite::Update(*by_name)};
  (void)records_.Apply(writes, "server");
}

Result<Tokens::Page> Tokens::List(std::string_view after, int limit) {
  TRY(const RecordPage records, records_.List({.kind = std::string(kTokenByNameKind),
                                               .prefix = {},
                                               .after = std::string(after),
                                               .limit = limit}));
  Page page{{}, records.next};
  for (const Record& record : records.records) {
    TRY(TokenInfo info, ReadToken(record));
    info.expired = info.expired || (info.expires_ms != 0 && clock_.UnixMillis() >= info.expires_ms);
    if (info.scope.level != TokenScope::Level::kRun) page.tokens.push_back(std::move(info));
  }
  return page;
}

Result<std::vector<TokenInfo>> Tokens::List() {
  std::vector<TokenInfo> all;
  std::string after;
  do {
    TRY(Page page, List(after, 1000));
    std::ranges::move(page.tokens, std::back_inserter(all));
    after = page.next;
  } while (!after.empty());
  return all;
}

Status Tokens::Revoke(std::string_view name, std::string_view who) {
  TRY(const Record by_name, records_.Get(kTokenByNameKind, name));
  TRY(const Json spec, ParseJson(by_name.spec));
  TRY(const Record by_hash, records_.Get(kTokenByHashKind, spec.value("hash", "")));
  const RecordWrite writes[] = {RecordWrite::Delete(by_name), RecordWrite::Delete(by_hash)};
  TRY_STATUS(records_.Apply(writes, who));
  return {};
}

}  // namespace sinter
