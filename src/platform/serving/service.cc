#include "platform/serving/service.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sinter {
namespace {

constexpr uint32_t kWhole = 1'000'000;

uint32_t PartOf(double percent) {
  return static_cast<uint32_t>(std::clamp(percent, 0.0, 100.0) / 100 * kWhole);
}

// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): near keys become far numbers.
uint64_t Mixed(uint64_t key) {
  key += 0x9e3779b97f4a7c15;
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
  return key ^ (key >> 31);
}

// Whether a request belongs to a part of the whole: one of a part belongs to every larger part, so that a
// canary that grows keeps whom it has.
bool Within(uint64_t key, uint64_t what, uint32_t part) {
  return part > 0 && Mixed(key ^ what) % kWhole < part;
}
constexpr uint64_t kForCanary = 0x63616e617279, kForShadow = 0x736861646f77;

std::string NamesOf(const std::vector<TensorSpec>& specs) {
  std::vector<std::string_view> names;
  names.reserve(specs.size());
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// The inputs in the model's order.
Result<std::vector<Tensor>> Arrange(const ModelInterface& model, ServiceRequest& request) {
  std::vector<Tensor> inputs(model.inputs.size());
  for (NamedTensor& given : request.inputs) {
    const int at = model.FindInput(given.name);
    if (at < 0) {
      return InvalidArgument(fmt::format("the model has no input '{}'", given.name),
                             fmt::format("its inputs: {}", NamesOf(model.inputs)));
    }
    Tensor& place = inputs[static_cast<size_t>(at)];
    if (place.defined()) return InvalidArgument(fmt::format("input '{}' is given twice", given.name));
    TRY(place, model.Indexed(static_cast<size_t>(at), std::move(given.tensor)));
  }
  TRY_STATUS(model.Check(inputs));
  for (const std::string& output : request.outputs) {
    if (model.FindOutput(output) < 0) {
      return InvalidArgument(fmt::format("the model has no output '{}'", output),
                             fmt::format("its outputs: {}", NamesOf(model.outputs)));
    }
  }
  return inputs;
}

void AddTo(HistogramSnapshot& sum, const HistogramSnapshot& more) {
  if (sum.buckets.empty()) {
    sum = more;
    return;
  }
  for (size_t i = 0; i < more.buckets.size(); ++i) sum.buckets[i] += more.buckets[i];
  sum.count += more.count;
  sum.sum += more.sum;
}

void AddTo(TrafficStats& sum, const TrafficStats& more) {
  sum.succeeded += more.succeeded;
  sum.failed += more.failed;
  sum.refused += more.refused;
  sum.invalid += more.invalid;
  sum.cancelled += more.cancelled;
  sum.queued += more.queued;
  sum.running += more.running;
  AddTo(sum.latency, more.latency);
  AddTo(sum.queue_time, more.queue_time);
  AddTo(sum.batch_rows, more.batch_rows);
  sum.run_seconds += more.run_seconds;
}

}  // namespace

uint64_t RequestKey(std::string_view id) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : id) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash == 0 ? 1 : hash;
}

Service::~Service() { Stop(); }

Replica* Service::Traffic::Find(std::string_view revision) const {
  if (current != nullptr && (revision.empty() || current->info().name == revision)) return current.get();
  if (previous != nullptr && previous->info().name == revision) return previous.get();
  if (candidate != nullptr && candidate->replica().info().name == revision) return &candidate->replica();
  return nullptr;
}

void Service::Infer(ServiceRequest request, BatchDone done) {
  while (!Ask(request, done)) {
  }
}

// False: it was woken between the look and the attempt to be held; a second look finds it awake.
bool Service::Ask(ServiceRequest& request, BatchDone& done) {
  Status status;
  bool absent = false;
  {
    // While it is pinned, nothing that it shows is closed: a switch waits for this to leave.
    const auto traffic = traffic_.Read();
    Replica* replica = traffic->Find(request.revision);
    if (replica == nullptr) {
      absent = true;
    } else if (auto inputs = Arrange(replica->info().interface, request); !inputs) {
      replica->counters().invalid.fetch_add(1, std::memory_order_relaxed);
      status = std::move(inputs).error();
    } else {
      const int64_t rows = replica->info().interface.RowsOf(*inputs);
      BatchJob job{*std::move(inputs), rows, std::move(request.cancel), std::move(done), {}};
      if (watches()) {
        job.observer = this;
        job.id = std::move(request.id);
        const bool named = !request.revision.empty();
        const uint64_t key = request.key != 0 ? request.key : next_key_.fetch_add(1) + 1;
        status = named ? replica->Submit(job) : SubmitTo(*traffic, *replica, job, key);
      } else {
        if (remembers_.load(std::memory_order_relaxed)) job.observer = this;
        status = replica->Submit(job);
      }
      if (status) return true;
      done = std::move(job.done);
    }
  }
  if (absent) {
    if (asleep()) return Hold(request, done);
    status = request.revision.empty()
                 ? Error{ErrorCode::kUnavailable, fmt::format("service {} is not ready", name_),
                         fmt::format("look at: sinter service show {}", name_)}
                 : NotFound(fmt::format("service {} has no revision {} loaded", name_, request.revision),
                            "the current revision and the one before it are");
  }
  done(std::move(status).error());
  return true;
}

// Until it is woken. False: it is awake.
bool Service::Hold(ServiceRequest& request, BatchDone& done) {
  std::function<void()> wake;
  {
    std::unique_lock lock(held_mutex_);
    if (!asleep_) return false;
    if (held_.size() >= most_held_) {
      lock.unlock();
      done(Error{ErrorCode::kResourceExhausted,
                 fmt::format("service {} is being woken, and enough wait", name_),
                 "send the request again in a moment"});
      return true;
    }
    held_.emplace_back(std::move(request), std::move(done));
    if (held_.size() == 1) wake = wake_;
  }
  if (wake) wake();
  return true;
}

bool Service::Sleep(size_t most, std::function<void()> wake) {
  std::lock_guard lock(switching_);
  const auto current = Current();
  if (current == nullptr || traffic_.Read()->candidate != nullptr) return false;
  {
    std::lock_guard held(held_mutex_);
    most_held_ = most;
    wake_ = std::move(wake);
    sleeping_ = current->shared_info();
    asleep_ = true;
  }
  const Traffic old = SwitchTraffic({});
  Retire(old.current);
  Retire(old.previous);
  return true;
}

// After a switch to something that answers.
void Service::AnswerHeld() {
  std::vector<std::pair<ServiceRequest, BatchDone>> held;
  {
    std::lock_guard lock(held_mutex_);
    if (!asleep_) return;
    asleep_ = false;
    sleeping_ = nullptr;
    held.swap(held_);
  }
  for (auto& [request, done] : held) Infer(std::move(request), std::move(done));
}

void Service::GiveUpWaking(const Error& why, bool for_good) {
  std::vector<std::pair<ServiceRequest, BatchDone>> held;
  {
    std::lock_guard lock(held_mutex_);
    if (for_good) asleep_ = false;
    held.swap(held_);
  }
  for (auto& [request, done] : held) done(why);
}

// With a candidate on trial: to it or to the live revision, whose inputs the job has.
Status Service::SubmitTo(const Traffic& traffic, Replica& replica, BatchJob& job, uint64_t key) {
  if (traffic.candidate == nullptr || !Within(key, kForCanary, traffic.share)) {
    job.copied = traffic.candidate != nullptr && Within(key, kForShadow, traffic.shadow);
    return replica.Submit(job);
  }
  // What the live revision would get stays with the request until the candidate has answered it.
  BatchJob trial;
  trial.inputs = traffic.candidate->Inputs(job.inputs);
  trial.rows = job.rows;
  trial.cancel = job.cancel;
  trial.id = job.id;
  trial.observer = this;
  trial.done = [this, live = std::move(job)](Result<BatchAnswer> answer) mutable {
    // Of what follows on this thread some may turn to the live revision: nothing waits for it.
    if (answer) answer->more_follow = false;
    if (answer || answer.error().code == ErrorCode::kCancelled) return live.done(std::move(answer));
    AskLive(std::move(live), std::move(answer).error());
  };
  if (auto taken = traffic.candidate->replica().Submit(trial); !taken)
    trial.done(std::move(taken).error());  // a full queue: the live revision answers
  return {};
}

// The candidate failed, which costs the request time and nothing else.
void Service::AskLive(BatchJob job, Error why) {
  Status status = std::move(why);
  {
    const auto traffic = traffic_.Read();
    if (traffic->current != nullptr) status = traffic->current->Submit(job);
  }
  if (!status) job.done(std::move(status).error());
}

void Service::Remember(const Gates& gates) {
  sample_.Enable(gates.golden ? static_cast<size_t>(gates.drift.sample) : 0);
  cases_.Enable(gates.cases);
  remembers_ = sample_.enabled() || cases_.enabled();
}

// A few rows of a request, evenly over it: one with a thousand says more than one with one, but shall not
// cost the worker a thousand times as much.
void Service::Watch(const BatchJob& job, const BatchAnswer& answer) {
  constexpr int64_t kRows = 8;
  const TrafficFeatures& features = answer.revision->features;
  std::array<double, TrafficFeatures::kMost> place;
  const auto values = std::span(place).first(features.size());
  const int64_t rows = std::min(kRows, job.rows);
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = i * job.rows / rows;
    features.Read(job.inputs, answer.outputs, row, job.rows, values);
    if (sample_.enabled()) sample_.Note(features, values, answer.revision->number);
    if (cases_.enabled()) cases_.Offer(job, row, values, *answer.revision, Clock::Real());
  }
}

void Service::Saw(const BatchJob& job, const BatchAnswer& answer) {
  if (remembers_.load(std::memory_order_relaxed)) Watch(job, answer);
  if (!watches()) return;
  const auto traffic = traffic_.Read();
  if (traffic->candidate == nullptr) return;
  if (answer.revision == &traffic->candidate->replica().info())
    traffic->candidate->Check(job, answer);
  else if (job.copied && traffic->current != nullptr && answer.revision == &traffic->current->info())
    traffic->candidate->Compare(job, answer);
}

std::shared_ptr<const RevisionInfo> Service::Info(std::string_view revision) const {
  {
    const auto traffic = traffic_.Read();
    if (const Replica* replica = traffic->Find(revision)) return replica->shared_info();
  }
  std::lock_guard lock(held_mutex_);
  if (!asleep_ || (!revision.empty() && sleeping_->name != revision)) return nullptr;
  return sleeping_;
}

std::shared_ptr<const RevisionInfo> Service::PreviousInfo() const {
  const auto traffic = traffic_.Read();
  return traffic->previous == nullptr ? nullptr : traffic->previous->shared_info();
}

ServiceStats Service::Stats() const {
  ServiceStats stats;
  stats.service = name_;
  if (const auto info = Info()) {
    stats.ready = true;
    stats.current = info->name;
    stats.model = info->model;
  }
  if (const auto replica = Current()) {
    stats.workers = replica->workers();
    stats.threads = replica->threads();
  }
  if (const auto info = PreviousInfo()) stats.previous = info->name;
  std::lock_guard lock(stats_mutex_);
  stats.total = retired_;
  if (stats.total.latency.buckets.empty()) stats.total = TrafficCounters().Read();
  for (const auto& replica : live_) {
    TrafficStats& revision = stats.revisions.emplace_back(replica->counters().Read());
    revision.revision = replica->info().name;
    AddTo(stats.total, revision);
  }
  return stats;
}

void Service::Retire(const std::shared_ptr<Replica>& replica) {
  if (replica == nullptr) return;
  replica->Close();
  std::lock_guard lock(stats_mutex_);
  AddTo(retired_, replica->counters().Read());
  std::erase(live_, replica);
}

// One switch at a time. Returns what there was, which nobody asks any more.
Service::Traffic Service::SwitchTraffic(Traffic next) {
  if (next.current != nullptr) sample_.Follow(next.current->info().features);
  const bool watched = next.candidate != nullptr;
  if (watched) watches_.store(true);
  Traffic old = traffic_.Switch(std::move(next));
  if (!watched) watches_.store(false);
  return old;
}

void Service::Install(std::shared_ptr<Replica> next) {
  std::lock_guard lock(switching_);
  {
    std::lock_guard stats(stats_mutex_);
    live_.push_back(next);
  }
  Traffic now = *traffic_.Read();
  now.previous = std::exchange(now.current, std::move(next));
  const Traffic old = SwitchTraffic(std::move(now));
  AnswerHeld();
  Retire(old.previous);
}

void Service::InstallPrevious(std::shared_ptr<Replica> previous) {
  std::lock_guard lock(switching_);
  {
    std::lock_guard stats(stats_mutex_);
    live_.push_back(previous);
  }
  Traffic now = *traffic_.Read();
  now.previous = std::move(previous);
  const Traffic old = SwitchTraffic(std::move(now));
  Retire(old.previous);
}

bool Service::SwitchBack() {
  std::lock_guard lock(switching_);
  Traffic now = *traffic_.Read();
  if (now.previous == nullptr) return false;
  std::swap(now.current, now.previous);
  SwitchTraffic(std::move(now));
  return true;
}

void Service::Try(std::shared_ptr<Candidate> candidate, double share, double shadow) {
  std::lock_guard lock(switching_);
  Traffic now = *traffic_.Read();
  if (now.candidate != candidate) {
    std::lock_guard stats(stats_mutex_);
    live_.push_back(candidate->shared_replica());
  }
  const std::shared_ptr<Candidate> other = now.candidate == candidate ? nullptr : now.candidate;
  now.candidate = std::move(candidate);
  now.share = PartOf(share);
  now.shadow = PartOf(shadow);
  SwitchTraffic(std::move(now));
  if (other != nullptr) Retire(other->shared_replica());
}

bool Service::Promote() {
  std::lock_guard lock(switching_);
  Traffic now = *traffic_.Read();
  if (now.candidate == nullptr) return false;
  now.previous = std::exchange(now.current, now.candidate->shared_replica());
  now.candidate = nullptr;
  now.share = now.shadow = 0;
  const Traffic old = SwitchTraffic(std::move(now));
  Retire(old.previous);
  return true;
}

void Service::DropCandidate() {
  std::lock_guard lock(switching_);
  Traffic now = *traffic_.Read();
  if (now.candidate == nullptr) return;
  now.candidate = nullptr;
  now.share = now.shadow = 0;
  const Traffic old = SwitchTraffic(std::move(now));  // lives until its replica is closed
  Retire(old.candidate->shared_replica());
}

void Service::Stop() {
  GiveUpWaking(Error{ErrorCode::kUnavailable, fmt::format("service {} ends", name_), ""}, true);
  std::lock_guard lock(switching_);
  const Traffic old = SwitchTraffic({});
  // A candidate hands what it fails to the live revision: it goes first.
  if (old.candidate != nullptr) Retire(old.candidate->shared_replica());
  Retire(old.current);
  Retire(old.previous);
}

}  // namespace sinter
