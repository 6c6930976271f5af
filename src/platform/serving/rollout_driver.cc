#include "platform/serving/rollout_driver.h"

#include <fmt/format.h>

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 20ms;       // between looks at traffic
constexpr int kWriteAttempts = 8;  // where somebody else changes the service's record meanwhile
constexpr std::string_view kGates = "gates";

template <class T>
bool Ready(const std::future<T>& future) {
  return future.valid() && future.wait_for(0s) == std::future_status::ready;
}

}  // namespace

RolloutDriver::RolloutDriver(RolloutWorld world, RolloutInfo info)
    : world_(std::move(world)),
      candidate_meter_(info.gates.budget.window_s, info.gates.budget.minimum),
      live_meter_(info.gates.budget.window_s, info.gates.budget.minimum),
      info_(std::move(info)) {}

// What still loads or asks wakes the driver at its end: it ends before the members that it wakes.
RolloutDriver::~RolloutDriver() {
  Stop();
  loading_ = {};
  asking_ = {};
}

RolloutInfo RolloutDriver::Resumed(RolloutInfo kept, int64_t now_ms) {
  const bool paused = kept.state == RolloutState::kPaused;
  const RolloutState stage = paused ? kept.paused_from : kept.state;
  RolloutDecision decision{RolloutAction::kAdvance, "", {}, kept.state, 0};
  if (stage == RolloutState::kBaking) {
    decision.reason = "the server began anew: the new revision answers, and is watched from the beginning";
  } else {
    decision.reason =
        fmt::format("the server began anew while it was {}: it begins again, and nothing goes to it",
                    RolloutStateName(stage));
    (paused ? kept.paused_from : kept.state) = RolloutState::kLoading;
    kept.step = 0;
  }
  kept.history.push_back({now_ms, "server", kept.state, 0, std::move(decision)});
  return kept;
}

void RolloutDriver::Start() {
  if (info_.state == RolloutState::kBaking ||
      (info_.state == RolloutState::kPaused && info_.paused_from == RolloutState::kBaking))
    replica_ = world_.service.Current();
  Enter();
  thread_ = std::thread([this] { Run(); });
}

void RolloutDriver::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (stop_asking_ != nullptr) stop_asking_->Cancel();
  }
  wake_.notify_all();
  settled_.notify_all();
  if (thread_.joinable()) thread_.join();
}

RolloutInfo RolloutDriver::Info() const {
  std::lock_guard lock(mutex_);
  RolloutInfo info = info_;
  if (candidate_ != nullptr) {
    info.shadow = candidate_->counts();
    info.examples = candidate_->examples();
  }
  return info;
}

bool RolloutDriver::over() const {
  // Between the final state, which others see, and the end of what it brings (a switch, a drain) lies a
  // moment: who asks then wants to begin something of his own, and waits.
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (over_ || stopping_ || !IsFinal(info_.state)) return over_;
    }
    std::this_thread::sleep_for(1ms);
  }
}

bool RolloutDriver::WaitUntilSettled(std::chrono::nanoseconds patience) {
  std::unique_lock lock(mutex_);
  const auto settled = [&] { return over_ || info_.state == RolloutState::kPaused; };
  settled_.wait_for(lock, patience, [&] { return settled() || stopping_; });
  return settled();
}

bool RolloutDriver::Label(std::string_view id, int64_t label) {
  std::shared_ptr<Candidate> candidate;
  {
    std::lock_guard lock(mutex_);
    candidate = candidate_;
  }
  return candidate != nullptr && candidate->Label(id, label);
}

Result<RolloutInfo> RolloutDriver::Wish(PersonsWish wish, std::string_view reason, std::string_view who) {
  std::future<Result<RolloutInfo>> answer;
  {
    std::lock_guard lock(mutex_);
    if (over_ || stopping_)
      return Error{ErrorCode::kConflict, fmt::format("rollout {} is over", info_.name), ""};
    if (asked_ != nullptr)
      return Error{ErrorCode::kConflict, fmt::format("somebody else steers rollout {} just now", info_.name),
                   "look at it and ask again"};
    asked_ = std::make_unique<Asked>();
    asked_->wish = wish;
    asked_->reason =
        reason.empty() ? fmt::format("{} by {}", PersonsWishName(wish), who) : std::string(reason);
    asked_->who = who;
    answer = asked_->answer.get_future();
  }
  wake_.notify_all();
  return answer.get();
}

void RolloutDriver::Poke() {
  {
    std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_all();
}

void RolloutDriver::Run() {
  std::unique_ptr<Asked> asked;
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
      asked = std::move(asked_);
    }
    RolloutSnapshot snapshot = Observe();
    if (asked != nullptr) {
      snapshot.wish = asked->wish;
      snapshot.wish_reason = asked->reason;
    }
    RolloutDecision decision = unwritten_ ? *unwritten_ : DecideRollout(snapshot);
    const bool waits = decision.action == RolloutAction::kWait;
    // What cannot be written (a full disk) is decided again at the next look; unless traffic has been taken
    // away already: that stands, and is written as soon as it can be.
    const Status done = waits ? Status() : Do(decision, asked == nullptr ? std::string(kGates) : asked->who);
    if (!done && traffic_turned_) unwritten_ = decision;
    if (!done) decision.reason += "; it cannot be written down: " + done.error().ToString();
    std::unique_lock lock(mutex_);
    if (asked != nullptr) {
      if (!done)
        asked->answer.set_value(done.error());
      else if (waits)
        asked->answer.set_value(
            Error{ErrorCode::kConflict, fmt::format("rollout {}: {}", info_.name, decision.reason), ""});
      else
        asked->answer.set_value(info_);
      asked.reset();
    }
    info_.now = std::move(decision);
    info_.seconds = Now() - since_;
    if (IsFinal(info_.state)) break;
    if (info_.state == RolloutState::kPaused) settled_.notify_all();
    if (waits || !done) wake_.wait_for(lock, kTick, [&] { return stopping_ || poked_ || asked_ != nullptr; });
    poked_ = false;
  }
  replica_ = nullptr;  // the service has it, or nobody
  std::lock_guard lock(mutex_);
  over_ = IsFinal(info_.state);
  if (asked_ != nullptr)
    asked_->answer.set_value(Error{ErrorCode::kConflict, fmt::format("rollout {} is over", info_.name), ""});
  asked_.reset();
  settled_.notify_all();
}

TrafficCounters* RolloutDriver::CandidateCounters() const {
  if (replica_ == nullptr) return nullptr;
  const RolloutState stage = info_.state == RolloutState::kPaused ? info_.paused_from : info_.state;
  return stage <= RolloutState::kShadow ? &replica_->aside_counters() : &replica_->counters();
}

RolloutSnapshot RolloutDriver::Observe() {
  RolloutSnapshot s;
  s.state = info_.state;
  s.paused_from = info_.paused_from;
  s.step = info_.step;
  s.seconds = Now() - since_;
  s.gates = info_.gates;
  const RolloutState stage = s.state == RolloutState::kPaused ? s.paused_from : s.state;
  const auto live = stage == RolloutState::kBaking ? world_.service.Previous() : world_.service.Current();
  s.live = live != nullptr;
  if (stage == RolloutState::kLoading) ObserveLoading(s);
  if (stage == RolloutState::kGolden) ObserveGolden(s);
  s.candidate = replica_ != nullptr;
  if (candidate_ != nullptr) s.shadow = candidate_->counts();
  if (TrafficCounters* counters = CandidateCounters()) {
    candidate_meter_.Add(Now(), counters->Read());
    s.candidate_traffic = candidate_meter_.Read();
  }
  if (live != nullptr) {
    live_meter_.Add(Now(), live->counters().Read());
    s.live_traffic = live_meter_.Read();
  }
  return s;
}

void RolloutDriver::ObserveLoading(RolloutSnapshot& s) {
  if (replica_ == nullptr && !load_.load_error && !loading_.valid() && s.state != RolloutState::kPaused) {
    loading_ = std::async(std::launch::async, [this, to = info_.to]() -> Result<std::shared_ptr<Replica>> {
      auto model = world_.models.Load(to.model);
      auto replica = model ? Replica::Load(to.revision, *std::move(model), world_.limits)
                           : Result<std::shared_ptr<Replica>>(std::move(model).error());
      Poke();
      return replica;
    });
  }
  if (Ready(loading_)) {
    const auto current = world_.service.Current();
    load_.wanted_batch_rows = world_.limits.max_rows;
    if (current != nullptr) load_.current = current->info().warm_up;
    auto replica = loading_.get();
    if (!replica) {
      load_.load_error = std::move(replica).error();
    } else {
      load_.warm = (*replica)->info().warm_up;
      // Latencies are compared: both have the same.
      if (current != nullptr) (*replica)->SetThreads(current->threads());
      if (current != nullptr) {
        auto candidate = Candidate::Make(*replica, current->shared_info());
        if (candidate) {
          std::lock_guard lock(mutex_);
          candidate_ = *std::move(candidate);
        } else {
          load_.incompatible = std::move(candidate).error();
        }
      }
      replica_ = *std::move(replica);
    }
  }
  s.load = load_;
}

void RolloutDriver::ObserveGolden(RolloutSnapshot& s) {
  const auto live = world_.service.Current();
  if (!golden_ && !asking_.valid() && live != nullptr && s.state != RolloutState::kPaused && s.gates.golden) {
    if (world_.golden == nullptr) {
      golden_ = GoldenResult{.unusable = Unsupported("this server has no data sets")};
    } else {
      CancelToken cancel;
      {
        std::lock_guard lock(mutex_);
        stop_asking_ = std::make_unique<CancelSource>();
        cancel = stop_asking_->token();
      }
      asking_ =
          std::async(std::launch::async, [this, live, cancel, gate = *s.gates.golden, replica = replica_] {
            GoldenResult result = CompareOnGolden(*world_.golden, gate, *live, *replica, cancel);
            Poke();
            return result;
          });
    }
  }
  if (Ready(asking_)) golden_ = asking_.get();
  s.golden = golden_;
}

// At the beginning of a state or a step.
void RolloutDriver::Enter() {
  since_ = Now();
  if (TrafficCounters* counters = CandidateCounters()) candidate_meter_.Reset(since_, counters->Read());
  const bool baking = info_.state == RolloutState::kBaking;
  if (const auto live = baking ? world_.service.Previous() : world_.service.Current())
    live_meter_.Reset(since_, live->counters().Read());
}

void RolloutDriver::ReleaseCandidate() {
  {
    std::lock_guard lock(mutex_);
    if (stop_asking_ != nullptr) stop_asking_->Cancel();
  }
  world_.service.DropCandidate();
  if (asking_.valid()) asking_.wait();
  std::shared_ptr<Candidate> candidate;
  {
    std::lock_guard lock(mutex_);
    if (candidate_ != nullptr) {
      info_.shadow = candidate_->counts();
      info_.examples = candidate_->examples();
    }
    candidate = std::move(candidate_);
  }
  if (replica_ != nullptr) replica_->Close();
  replica_ = nullptr;
}

// Both records in one step, so that neither says what the other denies.
Status RolloutDriver::Write(const RolloutInfo& next, const std::string& by,
                            const std::function<void(ServiceInfo&)>& change_service) {
  for (int attempt = 1;; ++attempt) {
    std::vector<RecordWrite> writes;
    TRY(Record rollout, world_.records.Get(kRolloutKind, next.name));
    rollout.status = RolloutStatusText(next);
    writes.push_back(RecordWrite::Update(rollout));
    if (change_service) {
      TRY(Record record, world_.records.Get(kServiceKind, next.service));
      TRY(ServiceInfo service, ReadService(record));
      change_service(service);
      record.spec = ServiceSpecText(service);
      record.status = ServiceStatusText(service);
      writes.push_back(RecordWrite::Update(record));
    }
    auto written = world_.records.Apply(writes, by);
    if (written) return {};
    if (written.error().code != ErrorCode::kConflict || attempt == kWriteAttempts)
      return std::move(written).error();
  }
}

Status RolloutDriver::Do(const RolloutDecision& decision, const std::string& by) {
  const RolloutState before = info_.state == RolloutState::kPaused ? info_.paused_from : info_.state;
  const bool goes_back = decision.action == RolloutAction::kRollBack && before == RolloutState::kBaking;
  // Traffic is taken away from what is wrong before that is written down; it is given only afterwards.
  if (!traffic_turned_ && IsFinal(decision.next) && decision.next != RolloutState::kDone) {
    if (goes_back)
      world_.service.SwitchBack();
    else
      ReleaseCandidate();
    traffic_turned_ = true;
  }
  RolloutInfo next = Info();
  next.paused_from = decision.action == RolloutAction::kPause ? before : RolloutState::kLoading;
  next.state = decision.next;
  next.step = decision.step;
  const int64_t now_ms = world_.clock.UnixMillis();
  next.history.push_back({now_ms, by, decision.next, decision.step, decision});
  std::function<void(ServiceInfo&)> change;
  const bool switches = decision.action == RolloutAction::kSwitch;
  if (switches || IsFinal(decision.next)) {
    const bool live = world_.service.Current() != nullptr;
    change = [&, live](ServiceInfo& service) {
      if (IsFinal(decision.next)) service.rollout.clear();
      if (decision.action == RolloutAction::kFinish) return;
      if (goes_back && service.previous) {
        service.history.push_back({now_ms, by, "rollback", service.current, *service.previous, decision});
        std::swap(service.current, *service.previous);
        service.model = service.current.model;
        return;
      }
      service.history.push_back({now_ms, by, "rollout", service.current, next.to, decision});
      if (!switches) return;
      if (live) service.previous = service.current;
      service.current = next.to;
      service.model = next.to.model;
    };
  }
  TRY_STATUS(Write(next, by, change));
  if (world_.counts != nullptr) world_.counts->Add(before, by != kGates, decision.action);
  {
    std::lock_guard lock(mutex_);
    info_ = next;
    if (switches) candidate_ = nullptr;
  }
  if (switches) {
    if (!world_.service.Promote()) world_.service.Install(replica_);
    if (world_.on_switched) world_.on_switched();
  }
  if (decision.next == RolloutState::kGolden) golden_.reset();
  if (decision.next == RolloutState::kShadow || decision.next == RolloutState::kCanary)
    world_.service.Try(candidate_, next.SharePercent(), next.gates.shadow.percent);
  Enter();
  return {};
}

}  // namespace sinter
