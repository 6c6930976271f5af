#include "platform/serving/worker_process.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/pool_width.h"
#include "engine/exec/executable.h"
#include "engine/formats/onnx/onnx.h"
#include "platform/serving/worker_protocol.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartTime = 120s;  // to connect; loading and warming may take longer
constexpr std::chrono::milliseconds kFirstPause = 100ms, kLongestPause = 10s;
constexpr int kStarts = 3;
constexpr std::string_view kFunction = "forward";

std::mutex command_mutex;

std::vector<std::string>& Command() {
  static std::vector<std::string> command{"/proc/self/exe", "replica-worker"};
  return command;
}

}  // namespace

void SetWorkerCommand(std::vector<std::string> command) {
  std::lock_guard lock(command_mutex);
  Command() = std::move(command);
}

Result<std::shared_ptr<const WorkerModel>> WorkerModel::Write(const Module& module,
                                                              std::string_view function) {
  auto model = std::make_shared<WorkerModel>();
  TRY(model->folder_, ScratchFolder::Create());
  TRY_STATUS(ExportOnnx(module, function, model->file()));
  return model;
}

Error WorkerProcess::Ended(std::string_view when) {
  const std::string how = channel_.End(1000ms);
  const auto pause =
      std::min<std::chrono::milliseconds>(kLongestPause, kFirstPause * (1 << std::min(ends_in_a_row_, 7)));
  // The first end may be one bad request: the next worker starts at once.
  not_before_ = std::chrono::steady_clock::now() + (ends_in_a_row_ == 0 ? 0ms : pause);
  ++ends_in_a_row_;
  return {ErrorCode::kUnavailable, fmt::format("a worker process ended {}: {}", when, how), ""};
}

Result<WarmUpReport> WorkerProcess::Start() {
  static std::atomic<int64_t> number{0};
  const Path path = model_->folder() / fmt::format("worker-{}", number.fetch_add(1));
  SubprocessOptions options;
  {
    std::lock_guard lock(command_mutex);
    options.arguments = Command();
  }
  options.arguments.insert(options.arguments.end(),
                           {"--socket", path.string(), "--model", model_->file().string(), "--rows",
                            fmt::format("{}", max_rows_)});
  TRY_STATUS(channel_.Start(path, std::move(options), kStartTime));
  auto body = channel_.Receive();
  if (!body) return Ended("while it was warmed");
  return DecodeReport(std::as_bytes(std::span(*body)));
}

Result<std::span<const Value>> WorkerProcess::Run(std::span<const Tensor> inputs, const CancelToken& cancel,
                                                  int threads) {
  // An end at the start is no request's doing: it is tried again.
  for (int attempt = 1; !channel_.open(); ++attempt) {
    while (std::chrono::steady_clock::now() < not_before_) {
      if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "cancelled", ""};
      std::this_thread::sleep_for(5ms);
    }
    auto started = Start();
    if (!started && (started.error().code != ErrorCode::kUnavailable || attempt == kStarts))
      return std::move(started).error();
  }
  TRY(const std::string question, EncodeQuestion(threads, inputs));
  if (!channel_.Send(question)) return Ended("before it took a request");
  auto body = channel_.Receive();
  if (!body) return Ended("inside a request");
  ends_in_a_row_ = 0;
  TRY(auto tensors, DecodeAnswer(std::as_bytes(std::span(*body))));
  outputs_.assign(std::make_move_iterator(tensors.begin()), std::make_move_iterator(tensors.end()));
  return std::span<const Value>(outputs_);
}

namespace {

struct Loaded {
  std::shared_ptr<Executable> executable;
  std::unique_ptr<Session> session;
  WarmUpReport report;
};

Result<Loaded> LoadForWorker(const Path& model, int64_t max_rows) {
  TRY(Module module, ImportOnnx(model, {.weights_as_constants = true, .function = std::string(kFunction)}));
  TRY(const ModelInterface interface, ModelInterface::Of(module, kFunction));
  Loaded loaded;
  TRY(loaded.executable, Executable::Compile(std::move(module), {.functions = {std::string(kFunction)}}));
  TRY(loaded.session, loaded.executable->OpenSession());
  TRY(loaded.report, WarmUp(*loaded.session, loaded.executable->module(), interface, kFunction, max_rows));
  return loaded;
}

std::string Answer(Session& session, std::string_view question) {
  auto answer = [&]() -> Result<std::string> {
    TRY(const WorkerQuestion asked, DecodeQuestion(std::as_bytes(std::span(question))));
    const PoolWidth width(asked.threads);
    TRY(const auto outputs, session.Run(kFunction, asked.inputs));
    std::vector<Tensor> tensors;
    for (const Value& value : outputs) tensors.push_back(value.tensor());
    return EncodeTensors(tensors);
  }();
  return answer ? std::string(1, '\0') + *answer : EncodeFailure(answer.error());
}

}  // namespace

int ReplicaWorkerMain(const Path& path, const Path& model, int64_t max_rows) {
  const auto owner = ConnectToOwner(path);
  if (!owner) return 1;
  auto loaded = LoadForWorker(model, max_rows);
  const std::string first = loaded ? EncodeReport(loaded->report) : EncodeFailure(loaded.error());
  if (!SendFrame(*owner, first) || !loaded) return 1;
  while (true) {
    const auto question = ReceiveFrame(*owner);
    if (!question) return 0;  // the server has closed it, or has gone
    if (!SendFrame(*owner, Answer(*loaded->session, *question))) return 0;
  }
}

}  // namespace sinter
