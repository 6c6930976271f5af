// Who follows the records over HTTP: long polls and server-sent events, all served by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/records/records.h"
#include "server/http/router.h"

namespace sinter {

// What one follower asks for.
struct FollowRequest {
  std::optional<int64_t> after;  // sequence; absent: from now on
  std::string kind;              // empty: all
  std::string name;              // empty: all; needs a kind
  int limit = 100;               // of one answer to a long poll
  std::chrono::milliseconds wait{0};
  bool events = false;              // server-sent events in place of one answer
  std::vector<std::string> hidden;  // kinds that it may not see
};

// {"change","sequence","at_ms","by","record":{...}}
Json ChangeToJson(const Change& change);

struct ChangeFeedOptions {
  std::chrono::milliseconds heartbeat{15'000};  // of a stream on which nothing else is sent
  // Then a stream ends, and its client comes again with its token: one that was revoked follows no longer.
  std::chrono::milliseconds longest_stream{600'000};
};

// Any thread. A follower costs no thread and no query while nothing changes; what changed is read and written
// out once for all who are up to date.
class ChangeFeed {
 public:
  static constexpr size_t kMostFollowers = 1000;

  // `records` outlive it.
  explicit ChangeFeed(Records& records, const ChangeFeedOptions& options = {});
  ~ChangeFeed();  // Stop
  ChangeFeed(const ChangeFeed&) = delete;
  // A long poll is answered {"items":[...],"last":N} once there is something, or with no items when its wait
  // is over; N is the `after` of the next one. Events carry their sequence as id, for Last-Event-ID.
  // Errors, through the responder: kConflict for a sequence that was not given yet (the client saw another
  // database), kResourceExhausted where too many follow.
  void Follow(FollowRequest request, Responder responder);
  // Long polls are answered as if their wait were over, streams end. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinter
