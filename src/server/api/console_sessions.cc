#include "server/api/console_sessions.h"

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/json.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr size_t kMostLinks = 1000;  // remembered; beyond, the oldest go first
constexpr size_t kCodeDigits = 32;

std::string RandomDigits() {
  Sha256Digest random;
  RandomSecret(std::as_writable_bytes(std::span(random.bytes)));
  return random.Hex();
}

Error NoSession(std::string message) {
  return {ErrorCode::kUnauthenticated, std::move(message),
          "open the link that sinter serve prints, or that of: sinter console link"};
}

Result<ConsoleSession> ReadSessionRecord(const Record& record) {
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader reader(spec, "console session");
  ConsoleSession session;
  session.name = reader.String("name");
  const std::string scope = reader.String("scope");
  session.expires_ms = reader.Int("expires_ms");
  TRY_STATUS(reader.Finish());
  TRY(session.scope, TokenScope::Parse(scope));
  session.created_ms = record.created_ms;
  return session;
}

}  // namespace

Result<SignInLink> ConsoleSessions::MakeLink(std::string_view name, const TokenScope& scope) {
  if (scope.level == TokenScope::Level::kRun) return InvalidArgument("a run's scope opens no console");
  TRY_STATUS(CheckRecordName(name));
  SignInLink link{RandomDigits().substr(0, kCodeDigits),
                  clock_.UnixMillis() + kSignInLinkTime / std::chrono::milliseconds(1)};
  const std::scoped_lock lock(mutex_);
  while (links_.size() >= kMostLinks) {
    links_.erase(std::ranges::min_element(links_, {}, [](const auto& one) { return one.second.expires; }));
  }
  links_.emplace(HashText(link.code).Hex(), Link{std::string(name), scope, clock_.Now() + kSignInLinkTime});
  return link;
}

Result<ConsoleSessions::SignedIn> ConsoleSessions::SignIn(std::string_view code) {
  ConsoleSession session;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = links_.find(HashText(code).Hex());
    if (found == links_.end())
      return NoSession("this sign-in link is not known here; a restart of the server ends all");
    Link& link = found->second;
    if (link.used) return NoSession("this sign-in link was used already; each opens the console once");
    if (clock_.Now() >= link.expires)
      return NoSession("this sign-in link is too old; each lasts ten minutes");
    link.used = true;
    session.name = link.name;
    session.scope = link.scope;
  }
  const int64_t now = clock_.UnixMillis();
  TRY_STATUS(Delete([now](const ConsoleSession& other) { return other.expires_ms <= now; }, session.name));
  const std::string secret = RandomDigits();
  session.created_ms = now;
  session.expires_ms = now + kConsoleSessionTime / std::chrono::milliseconds(1);
  const Json spec = {
      {"name", session.name}, {"scope", session.scope.ToString()}, {"expires_ms", session.expires_ms}};
  TRY_STATUS(
      records_.Create(std::string(kSessionKind), HashText(secret).Hex(), spec.dump(), "{}", session.name));
  return SignedIn{secret, std::move(session)};
}

Result<ConsoleSession> ConsoleSessions::Check(std::string_view secret) {
  if (secret.empty()) {
    Error error = NoSession("this needs a token, or somebody who is signed in");
    error.hint +=
        "; programs send 'Authorization: Bearer TOKEN', MLflow does with MLFLOW_TRACKING_TOKEN set (the file "
        "'token' "
        "in the server's home holds one)";
    return error;
  }
  auto record = records_.Get(kSessionKind, HashText(secret).Hex());
  if (!record && record.error().code != ErrorCode::kNotFound) return std::move(record).error();
  if (!record) return NoSession("the session is over");
  TRY(ConsoleSession session, ReadSessionRecord(*record));
  if (clock_.UnixMillis() >= session.expires_ms) return NoSession("the session is over");
  return session;
}

Status ConsoleSessions::SignOut(std::string_view secret) {
  auto record = records_.Get(kSessionKind, HashText(secret).Hex());
  if (!record && record.error().code == ErrorCode::kNotFound) return {};
  if (!record) return record.error();
  TRY(const ConsoleSession session, ReadSessionRecord(*record));
  return records_.Delete(*record, session.name);
}

Result<std::vector<ConsoleSession>> ConsoleSessions::List() {
  std::vector<ConsoleSession> sessions;
  TRY_STATUS(ForEachRecord(records_, kSessionKind, [&](const Record& record) -> Status {
    TRY(ConsoleSession session, ReadSessionRecord(record));
    if (session.expires_ms > clock_.UnixMillis()) sessions.push_back(std::move(session));
    return {};
  }));
  return sessions;
}

Status ConsoleSessions::EndAll(std::string_view who) {
  return Delete([](const ConsoleSession&) { return true; }, who);
}

Status ConsoleSessions::Delete(const std::function<bool(const ConsoleSession&)>& ends, std::string_view who) {
  return ForEachRecord(records_, kSessionKind, [&](const Record& record) -> Status {
    TRY(const ConsoleSession session, ReadSessionRecord(record));
    if (!ends(session)) return {};
    // Somebody who signs out at this moment was faster.
    const Status gone = records_.Delete(record, who);
    if (!gone && gone.error().code != ErrorCode::kNotFound) return gone.error();
    return {};
  });
}

}  // namespace sinter
