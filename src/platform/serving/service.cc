#include "platform/serving/service.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sinter {
namespace {

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
}

}  // namespace

Service::~Service() { Stop(); }

Replica* Service::Traffic::Find(std::string_view revision) const {
  if (current != nullptr && (revision.empty() || current->info().name == revision)) return current.get();
  if (previous != nullptr && previous->info().name == revision) return previous.get();
  return nullptr;
}

void Service::Infer(ServiceRequest request, BatchDone done) {
  Status status;
  {
    // While it is pinned, nothing that it shows is closed: a switch waits for this to leave.
    const auto traffic = traffic_.Read();
    Replica* replica = traffic->Find(request.revision);
    if (replica == nullptr) {
      status = request.revision.empty()
                   ? Error{ErrorCode::kUnavailable, fmt::format("service {} is not ready", name_),
                           fmt::format("look at: sinter service show {}", name_)}
                   : NotFound(fmt::format("service {} has no revision {} loaded", name_, request.revision),
                              "the current revision and the one before it are");
    } else if (auto inputs = Arrange(replica->info().interface, request); !inputs) {
      replica->counters().invalid.fetch_add(1, std::memory_order_relaxed);
      status = std::move(inputs).error();
    } else {
      const int64_t rows = replica->info().interface.RowsOf(*inputs);
      BatchJob job{*std::move(inputs), rows, std::move(request.cancel), std::move(done), {}};
      status = replica->Submit(job);
      if (status) return;
      done = std::move(job.done);
    }
  }
  done(std::move(status).error());
}

std::shared_ptr<const RevisionInfo> Service::Info(std::string_view revision) const {
  const auto traffic = traffic_.Read();
  const Replica* replica = traffic->Find(revision);
  return replica == nullptr ? nullptr : replica->shared_info();
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

void Service::Install(std::shared_ptr<Replica> next) {
  std::lock_guard lock(switching_);
  {
    std::lock_guard stats(stats_mutex_);
    live_.push_back(next);
  }
  std::shared_ptr<Replica> before;
  before = traffic_.Read()->current;
  Traffic old = traffic_.Switch({std::move(next), std::move(before)});
  Retire(old.previous);
}

void Service::InstallPrevious(std::shared_ptr<Replica> previous) {
  std::lock_guard lock(switching_);
  {
    std::lock_guard stats(stats_mutex_);
    live_.push_back(previous);
  }
  std::shared_ptr<Replica> current;
  current = traffic_.Read()->current;
  Traffic old = traffic_.Switch({std::move(current), std::move(previous)});
  Retire(old.previous);
}

bool Service::SwitchBack() {
  std::lock_guard lock(switching_);
  Traffic turned;
  {
    const auto traffic = traffic_.Read();
    turned = {traffic->previous, traffic->current};
  }
  if (turned.current == nullptr) return false;
  traffic_.Switch(std::move(turned));
  return true;
}

void Service::Stop() {
  std::lock_guard lock(switching_);
  Traffic old = traffic_.Switch({});
  Retire(old.current);
  Retire(old.previous);
}

}  // namespace sinter
