#include "platform/serving/replica.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/pool_width.h"
#include "base/thread_pool.h"

namespace sinter {

Replica::Replica() : threads_(std::make_shared<std::atomic<int>>(ThreadPool::Shared().threads())) {}

Result<std::shared_ptr<Replica>> Replica::Load(std::string name, LoadedModel model,
                                               const BatchLimits& limits) {
  std::shared_ptr<Replica> replica(new Replica());
  auto info = std::make_shared<RevisionInfo>();
  info->name = std::move(name);
  std::from_chars(info->name.data(), info->name.data() + info->name.size(), info->number);
  info->model = model.ref;
  info->model_id = model.id;
  info->signature = std::move(model.signature);
  info->limits = limits;
  const std::string function = replica->function_ = model.function;
  const auto located = [&](Error error) { return std::move(error).In(fmt::format("model {}", info->model)); };
  auto interface = ModelInterface::Of(model.module, function);
  if (!interface) return located(std::move(interface).error());
  info->interface = *std::move(interface);
  if (Status named = info->interface.AddCategories(info->signature); !named)
    return located(std::move(named).error());
  info->answers = AnswerReader::Of(info->signature, info->interface);
  info->features = TrafficFeatures::Of(info->interface, info->answers);
  if (limits.process) {
    auto written = WorkerModel::Write(model.module, function);
    if (!written) return located(std::move(written).error());
    replica->worker_model_ = *std::move(written);
  } else {
    auto executable = Executable::Compile(std::move(model.module), {.functions = {function}});
    if (!executable) return located(std::move(executable).error());
    replica->executable_ = *std::move(executable);
  }

  std::vector<BatchRun> runs;
  for (int i = 0; i < limits.workers; ++i) {
    WarmUpReport warm_up;
    auto run = replica->OpenRun(info->interface, limits.max_rows, warm_up);
    if (!run) return located(std::move(run).error());
    if (i == 0) info->warm_up = warm_up;
    runs.push_back(*std::move(run));
  }
  if (!info->warm_up.rows_apart) info->limits.max_rows = 1;
  info->limits.max_rows = std::min(info->limits.max_rows, std::max<int64_t>(1, info->interface.most_rows));
  replica->counters_ = std::make_shared<TrafficCounters>();
  replica->aside_counters_ = std::make_shared<TrafficCounters>();
  replica->batcher_ = std::make_unique<Batcher>(info->limits, info->warm_up.rows_apart, std::move(runs),
                                                replica->counters_, info.get(), replica->aside_counters_);
  replica->info_ = std::move(info);
  return replica;
}

Result<BatchRun> Replica::OpenRun(const ModelInterface& interface, int64_t max_rows,
                                  WarmUpReport& warm_up) const {
  if (worker_model_ != nullptr) {
    auto worker = std::make_unique<WorkerProcess>(worker_model_, max_rows);
    TRY(warm_up, worker->Start());
    return [worker = std::move(worker), threads = threads_](std::span<const Tensor> inputs,
                                                            const CancelToken& cancel) {
      return worker->Run(inputs, cancel, threads->load(std::memory_order_relaxed));
    };
  }
  TRY(auto session, executable_->OpenSession());
  TRY(warm_up, WarmUp(*session, executable_->module(), interface, function_, max_rows));
  return [session = std::move(session), function = function_, threads = threads_](
             std::span<const Tensor> inputs, const CancelToken& cancel) {
    const PoolWidth width(threads->load(std::memory_order_relaxed));
    return session->Run(function, inputs, {cancel});
  };
}

Status Replica::SetWorkers(int count) {
  while (workers() < count) {
    WarmUpReport warm_up;
    TRY(BatchRun run, OpenRun(info_->interface, info_->limits.max_rows, warm_up));
    if (!batcher_->AddWorker(std::move(run))) return {};  // it was closed meanwhile
  }
  while (workers() > std::max(1, count) && batcher_->RemoveWorker()) {
  }
  return {};
}

}  // namespace sinter
