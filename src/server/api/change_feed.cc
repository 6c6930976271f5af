#include "server/api/change_feed.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/http/stream.h"

namespace sinter {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A change, written out once.
struct Line {
  int64_t sequence = 0;
  std::string kind, name, json;
};

Line LineOf(const Change& change) {
  return {change.sequence, change.record.kind, change.record.name, ChangeToJson(change).dump()};
}

struct Follower {
  FollowRequest request;
  std::optional<Responder> responder;  // of a long poll
  std::optional<StreamWriter> stream;  // of events
  int64_t cursor = 0;                  // everything up to it was sent, or is not of this follower
  SteadyClock::time_point deadline, quiet_since;

  bool Wants(const Line& line) const {
    return (request.kind.empty() || line.kind == request.kind) &&
           (request.name.empty() || line.name == request.name) &&
           std::ranges::find(request.hidden, line.kind) == request.hidden.end();
  }
  // Not more at a time than waits for a slow peer; the rest follows when that has gone out.
  bool Full() const { return stream && stream->Waiting() > kEnough; }
  static constexpr size_t kEnough = size_t{256} << 10;
};

void Answer(Follower& follower, const std::vector<const Line*>& lines) {
  std::string text = R"({"items":[)";
  for (const Line* line : lines) {
    if (text.back() != '[') text += ',';
    text += line->json;
  }
  text += fmt::format(R"(],"last":{}}})", follower.cursor);
  follower.responder->Send(TextResponse(std::move(text), "application/json"));
}

}  // namespace

Json ChangeToJson(const Change& change) {
  const Record& r = change.record;
  return {{"change", ChangeKindName(change.change)},
          {"sequence", change.sequence},
          {"at_ms", change.at_ms},
          {"by", change.by},
          {"record",
           {{"kind", r.kind},
            {"name", r.name},
            {"spec", Json::parse(r.spec, nullptr, false)},
            {"status", Json::parse(r.status, nullptr, false)},
            {"revision", r.revision},
            {"created_ms", r.created_ms},
            {"created_by", r.created_by}}}};
}

struct ChangeFeed::Impl {
  Impl(Records& store, const ChangeFeedOptions& given) : records(store), options(given) {
    thread = std::thread([this] { Loop(); });
  }

  void Loop();
  void Admit();
  // What is new for everybody, into `tail`.
  Status ReadTail();
  // False: it is done with, or gone.
  Result<bool> Serve(Follower& follower);
  Result<std::vector<Line>> Behind(const Follower& follower);
  void Send(Follower& follower, const std::vector<const Line*>& lines, int64_t scanned);

  Records& records;
  const ChangeFeedOptions options;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> count{0};
  std::mutex mutex;
  std::vector<std::unique_ptr<Follower>> joining;
  // Of the thread alone.
  std::vector<std::unique_ptr<Follower>> followers;
  std::deque<Line> tail;  // every change after `tail_from`, up to `tail_to`
  int64_t tail_from = 0, tail_to = 0;
  size_t tail_bytes = 0;
  bool more = false;  // somebody has not had all yet
  std::thread thread;
};

void ChangeFeed::Impl::Admit() {
  std::vector<std::unique_ptr<Follower>> joined;
  {
    const std::lock_guard lock(mutex);
    joined = std::exchange(joining, {});
  }
  for (auto& follower : joined) {
    const auto last = records.LastSequence();
    const int64_t after = follower->request.after.value_or(last.value_or(0));
    Result<HttpResponse> refusal = HttpResponse();
    if (!last) refusal = last.error();
    if (last && after != *last) {
      if (const Status given = records.CheckGiven(after); !given) refusal = given.error();
    }
    if (!refusal) {
      follower->responder->Send(std::move(refusal));
      --count;
      continue;
    }
    follower->cursor = after;
    follower->quiet_since = SteadyClock::now();
    if (follower->request.events) {
      HttpResponse response;
      follower->deadline = follower->quiet_since + options.longest_stream;
      response.type = "text/event-stream";
      response.headers.emplace_back("Cache-Control", "no-store");
      response.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would hold events back
      response.stream = follower->stream.emplace().stream();
      follower->responder->Send(std::move(response));
      follower->responder.reset();
    }
    followers.push_back(std::move(follower));
  }
}

Status ChangeFeed::Impl::ReadTail() {
  constexpr size_t kLines = 1000, kBytes = size_t{16} << 20;
  TRY(const int64_t last, records.LastSequence());
  if (last < tail_to)
    return Error{ErrorCode::kConflict, "the records were restored", "read everything again"};
  if (last - tail_to > static_cast<int64_t>(kLines)) {  // nobody was here to read it
    tail.clear();
    tail_bytes = 0;
    tail_from = tail_to = last;
  }
  while (tail_to < last) {
    TRY(const auto changes, records.History({.after = tail_to, .limit = 100}));
    for (const Change& change : changes) {
      tail.push_back(LineOf(change));
      tail_bytes += tail.back().json.size();
      tail_to = change.sequence;
    }
    if (changes.empty()) tail_to = last;
    while (tail.size() > kLines || tail_bytes > kBytes) {
      tail_bytes -= tail.front().json.size();
      tail_from = tail.front().sequence;
      tail.pop_front();
    }
  }
  return {};
}

Result<std::vector<Line>> ChangeFeed::Impl::Behind(const Follower& follower) {
  TRY(const auto changes, records.History({.after = follower.cursor,
                                           .kind = follower.request.kind,
                                           .name = follower.request.name,
                                           .limit = follower.request.limit}));
  std::vector<Line> lines;
  lines.reserve(changes.size());
  for (const Change& change : changes) lines.push_back(LineOf(change));
  return lines;
}

void ChangeFeed::Impl::Send(Follower& follower, const std::vector<const Line*>& lines, int64_t scanned) {
  if (!follower.stream) {
    follower.cursor = lines.empty() ? scanned : lines.back()->sequence;
    if (!lines.empty()) Answer(follower, lines);
    return;
  }
  for (const Line* line : lines) {
    if (follower.Full() || !follower.stream->Write(fmt::format("id: {}\nevent: change\ndata: {}\n\n",
                                                               line->sequence, line->json))) {
      return;  // when the peer has read what waits, it goes on from there
    }
    follower.cursor = line->sequence;
    follower.quiet_since = SteadyClock::now();
  }
  follower.cursor = std::max(follower.cursor, scanned);
}

Result<bool> ChangeFeed::Impl::Serve(Follower& follower) {
  if (follower.stream && follower.stream->Gone()) return false;
  if (!follower.Full() && follower.cursor < tail_to) {
    std::vector<Line> read;
    std::vector<const Line*> lines;
    int64_t scanned = tail_to;
    if (follower.cursor < tail_from) {
      TRY(read, Behind(follower));
      for (const Line& line : read) {
        if (follower.Wants(line)) lines.push_back(&line);
      }
      // Nothing more before the tail: it goes on there at the next turn.
      scanned = read.empty() ? tail_from : read.back().sequence;
      more = true;
    } else {
      auto at = std::ranges::upper_bound(tail, follower.cursor, {}, &Line::sequence);
      for (; at != tail.end() && static_cast<int>(lines.size()) < follower.request.limit; ++at) {
        if (follower.Wants(*at)) lines.push_back(&*at);
      }
      if (at != tail.end()) {
        scanned = std::prev(at)->sequence;
        more = true;
      }
    }
    Send(follower, lines, scanned);
    if (!follower.stream && !lines.empty()) return false;
  }
  const auto now = SteadyClock::now();
  if (follower.stream && now - follower.quiet_since >= options.heartbeat) {
    // An id alone raises no event: it moves what Last-Event-ID will say past what this client does not see.
    static_cast<void>(follower.stream->Write(fmt::format("id: {}\n\n", follower.cursor)));
    follower.quiet_since = now;
  }
  if (now < follower.deadline && !stopping) return true;
  if (follower.stream) return false;
  if (follower.cursor < tail_to && !stopping) return true;  // it has not seen all there is
  Answer(follower, {});
  return false;
}

void ChangeFeed::Impl::Loop() {
  const auto slice =
      std::min<std::chrono::milliseconds>(records.PollInterval(), std::chrono::milliseconds(50));
  SteadyClock::time_point looked{};
  uint64_t seen_then = 0;
  while (true) {
    const uint64_t seen = records.signal().Count();
    Admit();
    more = false;
    Status read;
    // Others' writes are looked for every PollInterval; deadlines every slice, without a query.
    const auto now = SteadyClock::now();
    if (!followers.empty() && (seen != seen_then || now - looked >= records.PollInterval())) {
      read = ReadTail();
      looked = now;
      seen_then = seen;
    }
    std::erase_if(followers, [&](auto& follower) {
      Result<bool> goes_on = read ? Serve(*follower) : Result<bool>(read.error());
      if (!goes_on && follower->responder) follower->responder->Send(ErrorResponse(goes_on.error()));
      const bool done = !goes_on || !*goes_on;
      if (done) --count;
      return done;
    });
    if (!read && read.error().code == ErrorCode::kConflict) {
      tail.clear();
      tail_from = tail_to = 0;
    }
    if (stopping) break;
    if (more) continue;
    const auto until = now + (followers.empty() ? std::chrono::milliseconds(std::chrono::hours(1)) : slice);
    records.signal().WaitBeyond(seen, until);
  }
  Admit();
  for (auto& follower : followers) {
    if (follower->responder) Answer(*follower, {});
  }
  followers.clear();
}

ChangeFeed::ChangeFeed(Records& records, const ChangeFeedOptions& options)
    : impl_(std::make_unique<Impl>(records, options)) {}

ChangeFeed::~ChangeFeed() { Stop(); }

void ChangeFeed::Follow(FollowRequest request, Responder responder) {
  if (impl_->stopping)
    return responder.Send(ErrorResponse({ErrorCode::kUnavailable, "the server is stopping", "try again"}));
  if (++impl_->count > kMostFollowers) {
    --impl_->count;
    return responder.Send(
        ErrorResponse({ErrorCode::kUnavailable, fmt::format("{} follow the changes already", kMostFollowers),
                       "try again, or ask without waiting"}));
  }
  auto follower = std::make_unique<Follower>();
  follower->deadline = SteadyClock::now() + request.wait;
  follower->request = std::move(request);
  follower->responder.emplace(std::move(responder));
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->joining.push_back(std::move(follower));
  }
  impl_->records.signal().Bump();
}

void ChangeFeed::Stop() {
  if (impl_->stopping.exchange(true)) return;
  impl_->records.signal().Bump();
  impl_->thread.join();
}

}  // namespace sinter
