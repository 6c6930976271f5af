// Who may do what: bearer tokens, kept as hashes.
#pragma once

#include <optional>

#include "base/clock.h"
#include "platform/records/records.h"

namespace sinter {

// Two records a token: by name, for people, and by hash, for requests. Only admins are shown them.
inline constexpr std::string_view kTokenByNameKind = "token";
inline constexpr std::string_view kTokenByHashKind = "token_hash";

// Each scope includes the ones before it; a run's token may feed that run alone, and only as one attempt.
struct TokenScope {
  enum class Level { kRead, kWrite, kAdmin, kRun };
  Level level = Level::kRead;
  std::string run;               // of kRun
  int64_t attempt = 0;           // of kRun: a later attempt of the run makes this token useless
  std::string ToString() const;  // "read", "write", "admin", "run:ID" (the attempt apart)
  static Result<TokenScope> Parse(std::string_view text);
  bool Allows(Level needed) const { return level != Level::kRun && level >= needed; }
};

struct TokenInfo {
  std::string name;
  TokenScope scope;
  int64_t created_ms = 0;
  std::string created_by;
  int64_t expires_ms = 0;  // Unix time; 0: never
  bool expired = false;
};

// The text is "hf_" and 40 letters or digits from the system's generator (238 bits), so that clients that
// look for Hugging Face's prefix accept it. What is kept is its plain sha256: a slow password hash protects
// guessable secrets, and nobody guesses 238 bits; a fast one can be checked on every request. Any thread.
class Tokens {
 public:
  explicit Tokens(Records& records, const Clock& clock = Clock::Real()) : records_(records), clock_(clock) {}
  // The only moment at which the text is known. kAlreadyExists for a name in use.
  Result<std::string> Create(std::string_view name, const TokenScope& scope, std::string_view who,
                             int64_t expires_ms = 0);
  // kUnauthenticated for a text that is no token of ours, or no longer. One that was refused as expired stays
  // so: a clock that is set back does not revive it. (One that was not shown between its expiry and the
  // setting back is as good as its time says: whoever sets the clock of the server can read its disk too.)
  Result<TokenInfo> Check(std::string_view text);
  // By name, without the tokens of runs: all; or a page, which looks at `limit` tokens (1 to 1,000), and
  // whose `next` is where the next one starts after.
  Result<std::vector<TokenInfo>> List();
  struct Page {
    std::vector<TokenInfo> tokens;
    std::string next;  // empty: it is the last
  };
  Result<Page> List(std::string_view after, int limit);
  Status Revoke(std::string_view name, std::string_view who);

 private:
  void MarkExpired(Record by_hash, std::string_view name);
  Records& records_;
  const Clock& clock_;
};

}  // namespace sinter
