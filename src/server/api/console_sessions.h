// Who is signed in to the console: one-time links, and the sessions that they are exchanged for.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "platform/hub/tokens.h"

namespace sinter {

inline constexpr std::string_view kSessionKind = "console_session";  // by the hash of its secret

inline constexpr std::chrono::minutes kSignInLinkTime{10};
inline constexpr std::chrono::hours kConsoleSessionTime{7 * 24};

struct SignInLink {
  std::string code;  // 128 bits from the system's generator
  int64_t expires_ms = 0;
};

struct ConsoleSession {
  std::string name;  // stands in the history as who did it
  TokenScope scope;
  int64_t created_ms = 0;
  int64_t expires_ms = 0;
};

// Codes live in this process alone, so that a restart ends them; sessions are records and survive one. Of
// both, only hashes are kept. Any thread.
class ConsoleSessions {
 public:
  explicit ConsoleSessions(Records& records, const Clock& clock = Clock::Real())
      : records_(records), clock_(clock) {}

  // Errors: kInvalidArgument for the scope of a run, or a name that is none.
  Result<SignInLink> MakeLink(std::string_view name, const TokenScope& scope);
  struct SignedIn {
    std::string secret;  // what the cookie holds: 256 bits
    ConsoleSession session;
  };
  // kUnauthenticated: a code that was used, is too old, or was never made here; the message says which.
  Result<SignedIn> SignIn(std::string_view code);
  // kUnauthenticated: no session, or one that is over.
  Result<ConsoleSession> Check(std::string_view secret);
  Status SignOut(std::string_view secret);  // of what is no session: nothing
  Result<std::vector<ConsoleSession>> List();
  Status EndAll(std::string_view who);

 private:
  struct Link {
    std::string name;
    TokenScope scope;
    Nanoseconds expires{0};  // by the monotonic clock: a wall clock that is set back prolongs nothing
    bool used = false;
  };
  // Deletes the sessions that `ends` says of.
  Status Delete(const std::function<bool(const ConsoleSession&)>& ends, std::string_view who);

  Records& records_;
  const Clock& clock_;
  std::mutex mutex_;
  // By the code's hash. Used and expired ones stay a while, to be told apart from wrong ones.
  std::map<std::string, Link, std::less<>> links_;
};

}  // namespace sinter
