#include "platform/hub/tokens.h"

#include <array>

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
  TRY_STATUS(reader.Finish());
  TRY(info.scope, TokenScope::Parse(scope));
  info.scope.attempt = attempt;
  info.created_ms = record.created_ms;
  info.created_by = record.created_by;
  return info;
}

Error NoToken() {
  return {ErrorCode::kUnauthenticated, "the token is not known here, or was revoked",
          "make one with: sinter token create NAME --scope read|write|admin"};
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

Result<std::string> Tokens::Create(std::string_view name, const TokenScope& scope, std::string_view who) {
  std::string text = "hf_" + RandomLetters(kLetters);
  const std::string hash = HashText(text).Hex();
  const std::string spec =
      Json{{"name", name}, {"scope", scope.ToString()}, {"attempt", scope.attempt}, {"hash", hash}}.dump();
  const RecordWrite writes[] = {RecordWrite::Create(std::string(kTokenByNameKind), std::string(name), spec),
                                RecordWrite::Create(std::string(kTokenByHashKind), hash, spec)};
  TRY_STATUS(records_.Apply(writes, who));
  return text;
}

Result<TokenInfo> Tokens::Check(std::string_view text) {
  if (!text.starts_with("hf_") || text.size() != 3 + kLetters) return NoToken();
  auto record = records_.Get(kTokenByHashKind, HashText(text).Hex());
  if (!record) return record.error().code == ErrorCode::kNotFound ? NoToken() : std::move(record).error();
  return ReadToken(*record);
}

Result<std::vector<TokenInfo>> Tokens::List() {
  std::vector<TokenInfo> tokens;
  RecordQuery query{.kind = std::string(kTokenByNameKind), .limit = 1000};
  do {
    TRY(const RecordPage page, records_.List(query));
    for (const Record& record : page.records) {
      TRY(TokenInfo info, ReadToken(record));
      if (info.scope.level != TokenScope::Level::kRun) tokens.push_back(std::move(info));
    }
    query.after = page.next;
  } while (!query.after.empty());
  return tokens;
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
