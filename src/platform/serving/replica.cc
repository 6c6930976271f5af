#include "platform/serving/replica.h"

#include <fmt/format.h>

namespace sinter {

Result<std::shared_ptr<Replica>> Replica::Load(std::string name, LoadedModel model,
                                               const BatchLimits& limits) {
  std::shared_ptr<Replica> replica(new Replica());
  auto info = std::make_shared<RevisionInfo>();
  info->name = std::move(name);
  info->model = model.ref;
  info->model_id = model.id;
  info->signature = std::move(model.signature);
  info->limits = limits;
  const std::string function = model.function;
  const auto located = [&](Error error) { return std::move(error).In(fmt::format("model {}", info->model)); };
  auto interface = ModelInterface::Of(model.module, function);
  if (!interface) return located(std::move(interface).error());
  info->interface = *std::move(interface);
  if (Status named = info->interface.AddCategories(info->signature); !named)
    return located(std::move(named).error());
  auto executable = Executable::Compile(std::move(model.module), {.functions = {function}});
  if (!executable) return located(std::move(executable).error());
  replica->executable_ = *std::move(executable);

  std::vector<BatchRun> runs;
  for (int i = 0; i < limits.workers; ++i) {
    auto session = replica->executable_->OpenSession();
    if (!session) return located(std::move(session).error());
    auto warm = WarmUp(**session, replica->executable_->module(), info->interface, function, limits.max_rows);
    if (!warm) return located(std::move(warm).error());
    if (i == 0) info->warm_up = *warm;
    runs.emplace_back(
        [session = *std::move(session), function](std::span<const Tensor> inputs, const CancelToken& cancel) {
          return session->Run(function, inputs, {cancel});
        });
  }
  if (!info->warm_up.rows_apart) info->limits.max_rows = 1;
  info->limits.max_rows = std::min(info->limits.max_rows, std::max<int64_t>(1, info->interface.most_rows));
  replica->counters_ = std::make_shared<TrafficCounters>();
  replica->batcher_ = std::make_unique<Batcher>(info->limits, info->warm_up.rows_apart, std::move(runs),
                                                replica->counters_, info.get());
  replica->info_ = std::move(info);
  return replica;
}

}  // namespace sinter
