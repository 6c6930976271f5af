#include "training/trainer/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "engine/formats/onnx/onnx.h"
#include "training/trainer/checkpoint_writer.h"

namespace sinter {
namespace {

double Seconds(Nanoseconds d) { return std::chrono::duration<double>(d).count(); }

constexpr int64_t kTestRows = 500;  // of one evaluation run

Tensor Scalar(DType dtype, double value) {
  return dtype == DType::kF64 ? Tensor::Scalar(value) : Tensor::Scalar(static_cast<float>(value));
}

class Trainer {
 public:
  Trainer(const Recipe& recipe, BatchSource& source, RunSink& run, CheckpointSink& checkpoints,
          const TrainOptions& options)
      : recipe_(recipe), source_(source), run_(run), checkpoints_(checkpoints), options_(options) {}

  Result<TrainResult> Run(const ExampleSpec& examples) {
    TRY(TrainingProgram program, BuildTrainingProgram(recipe_, examples, options_.ranks));
    const auto classes = static_cast<int64_t>(examples.classes.size());
    CompileOptions compile;
    compile.pool = options_.pool;
    compile.communicator = options_.communicator;
    compile.functions = {std::string(kTrainStep), std::string(kPredict)};
    TRY(const auto executable, Executable::Compile(program.module, compile));
    states_ = executable->states();
    for (const State& state : program.module.states) {
      if (state.initial) TRY_STATUS(states_->Set(state.name, *state.initial));
    }
    TRY(session_, executable->OpenSession());
    per_epoch_ = source_.steps_per_epoch();
    const int64_t steps = recipe_.epochs * per_epoch_;
    const int64_t epochs = options_.until_epoch > 0 ? options_.until_epoch : recipe_.epochs;
    const int64_t until = std::min(epochs, recipe_.epochs) * per_epoch_;
    TRY(const int64_t done, Resume());
    TrainResult result;
    result.resumed_from = done;
    result.steps = until;
    result.paused = until != steps;
    {
      CheckpointWriter writer(checkpoints_);
      if (Status trained = Steps(program, *executable, writer, done, steps, until, classes); !trained) {
        (void)writer.Finish();  // what was begun is completed; the first error is the one to tell
        if (Leads()) (void)run_.Flush();
        return std::move(trained).error();
      }
      TRY_STATUS(writer.Finish());
    }
    if (Leads()) TRY_STATUS(run_.Flush());
    result.test = std::move(test_);
    result.seconds = trained_seconds_;
    result.images_per_second =
        trained_seconds_ > 0 ? static_cast<double>((until - done) * recipe_.batch_size) / trained_seconds_
                             : 0;
    TRY_STATUS(states_->StoreInto(program.module));
    result.module = std::move(program.module);
    result.signature = std::move(program.signature);
    return result;
  }

 private:
  bool Leads() const { return options_.rank == 0; }
  Nanoseconds Now() const { return (options_.clock != nullptr ? *options_.clock : Clock::Real()).Now(); }

  Result<int64_t> Resume() {
    TRY(const std::optional<Checkpoint> checkpoint, checkpoints_.Latest());
    if (!checkpoint) return 0;
    for (const std::string& name : states_->Names()) {
      const auto found = checkpoint->states.find(name);
      if (found == checkpoint->states.end())
        return InvalidArgument(
            fmt::format("the checkpoint of step {} holds no state '{}'", checkpoint->step, name),
            "it belongs to another recipe: start a new run");
      if (Status set = states_->Set(name, found->second); !set)
        return std::move(set).error().In(fmt::format("the checkpoint of step {}", checkpoint->step));
    }
    return checkpoint->step;
  }

  Status Save(CheckpointWriter& writer, int64_t step) {
    Checkpoint checkpoint;
    checkpoint.step = step;
    for (const std::string& name : states_->Names()) {
      TRY(const Tensor state, states_->Get(name));
      TRY(Tensor copy, state.Clone());
      checkpoint.states.emplace(name, std::move(copy));
    }
    return writer.Write(std::move(checkpoint));
  }

  Status Steps(const TrainingProgram& program, Executable& executable, CheckpointWriter& writer, int64_t done,
               int64_t steps, int64_t until, int64_t classes) {
    const int64_t every = recipe_.checkpoint_every > 0 ? recipe_.checkpoint_every : per_epoch_;
    const DType dtype = program.signature.outputs[0].dtype;
    auto begin = Now(), reported = begin;
    int64_t reported_step = done;
    Nanoseconds waited{0};  // for data, since the last report
    for (int64_t step = done + 1; step <= until; ++step) {
      if (options_.cancel.Cancelled())
        return Error{ErrorCode::kCancelled, fmt::format("stopped before step {}", step), ""};
      const auto asked = Now();
      TRY(const Batch batch, source_.Train(step));
      waited += Now() - asked;
      const double rate = LearningRateAt(recipe_, step, per_epoch_);
      std::vector<Tensor> inputs{batch.inputs, batch.labels};
      if (program.seeded) {
        // A seed of its own for each step; rows are told apart by where they stand in the epoch.
        inputs.push_back(Tensor::Scalar(static_cast<int64_t>(
            RandomBits(recipe_.seed, uint64_t{1} << 41, static_cast<uint64_t>(step)) >> 1)));
        inputs.push_back(Tensor::Scalar(batch.first_row));
      }
      inputs.push_back(Scalar(dtype, rate));
      inputs.push_back(Scalar(
          dtype, static_cast<double>(batch.labels.elements()) / static_cast<double>(recipe_.batch_size)));
      inputs.push_back(Tensor::Scalar(step));
      TRY(const auto results, session_->Run(kTrainStep, inputs, {options_.cancel}));
      const double loss = results[0].tensor().AsDouble(0);
      TRY_STATUS(CheckFinite(program, step, loss, results[2].tensor()));
      if (Leads()) {
        const TrainMetric points[] = {{"train.loss", step, loss},
                                      {"train.accuracy", step, Accuracy(results[1].tensor(), batch.labels)},
                                      {"train.learning_rate", step, rate}};
        TRY_STATUS(run_.Metrics(points));
      }
      const auto now = Now();
      if (Leads() && (Seconds(now - reported) > 0.5 || step == until)) {
        const double elapsed = std::max(1e-9, Seconds(now - reported));
        TrainProgress progress;
        progress.step = step;
        progress.steps = steps;
        progress.epoch = (step - 1) / per_epoch_ + 1;
        progress.loss = loss;
        progress.images_per_second =
            static_cast<double>((step - reported_step) * recipe_.batch_size) / elapsed;
        progress.seconds_left =
            static_cast<double>(steps - step) * elapsed / static_cast<double>(step - reported_step);
        progress.waiting_share = Seconds(waited) / elapsed;
        const TrainMetric points[] = {{"train.images_per_second", step, progress.images_per_second},
                                      {"train.waiting_share", step, progress.waiting_share}};
        TRY_STATUS(run_.Metrics(points));
        TRY_STATUS(run_.Progress(step, steps));
        if (options_.on_progress) options_.on_progress(progress);
        reported = now;
        reported_step = step;
        waited = {};
      }
      const bool interrupted = Leads() && step != until && options_.interrupt.Cancelled();
      if (Leads() && (step % every == 0 || step == until || interrupted)) {
        // First what a resumed run does not do again: no step's metrics are lost with the process.
        TRY_STATUS(run_.Flush());
        TRY_STATUS(Save(writer, step));
      }
      if (interrupted) {
        TRY_STATUS(writer.Finish());
        return Error{ErrorCode::kUnavailable, fmt::format("interrupted after step {}, which is saved", step),
                     ""};
      }
      if (Leads() && step % per_epoch_ == 0 && step != until) {
        const auto pause = Now();
        TRY(const Evaluation test, Evaluate(executable, source_, classes));
        const TrainMetric points[] = {{"test.accuracy", step, test.confusion.Accuracy().value},
                                      {"test.loss", step, test.loss}};
        TRY_STATUS(run_.Metrics(points));
        const auto length = Now() - pause;
        begin += length;
        reported += length;
      }
    }
    trained_seconds_ = Seconds(Now() - begin);
    if (Leads()) {
      TRY(test_, Evaluate(executable, source_, classes));
      const TrainMetric points[] = {{"test.accuracy", until, test_.confusion.Accuracy().value},
                                    {"test.loss", until, test_.loss}};
      TRY_STATUS(run_.Metrics(points));
    }
    return {};
  }

  // A step that is not finite has already spoilt the weights: the training stops, and says where it began.
  Status CheckFinite(const TrainingProgram& program, int64_t step, double loss, const Tensor& norms) const {
    for (int64_t i = 0; i < norms.elements(); ++i) {
      if (std::isfinite(norms.AsDouble(i))) continue;
      const std::string tensor =
          std::isfinite(loss)
              ? fmt::format("the gradient of '{}'", program.trained[static_cast<size_t>(i)])
              : fmt::format("the loss (and the gradient of '{}')", program.trained[static_cast<size_t>(i)]);
      return NotFinite(step, tensor, std::isfinite(loss) ? norms.AsDouble(i) : loss);
    }
    if (!std::isfinite(loss)) return NotFinite(step, "the loss", loss);
    return {};
  }
  static Status NotFinite(int64_t step, const std::string& tensor, double value) {
    return InvalidArgument(
        fmt::format("step {}: {} is {}", step, tensor, value),
        "a lower learning rate, clip_norm or a warm-up usually helps; checkpoints of earlier steps are kept");
  }

  static double Accuracy(const Tensor& scores, const Tensor& labels) {
    const int64_t rows = scores.dim(0), classes = scores.dim(1);
    int64_t hits = 0;
    for (int64_t r = 0; r < rows; ++r) {
      int64_t best = 0;
      for (int64_t c = 1; c < classes; ++c) {
        if (scores.AsDouble(r * classes + c) > scores.AsDouble(r * classes + best)) best = c;
      }
      hits += best == labels.data<int64_t>()[static_cast<size_t>(r)];
    }
    return rows == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(rows);
  }

  const Recipe& recipe_;
  BatchSource& source_;
  RunSink& run_;
  CheckpointSink& checkpoints_;
  const TrainOptions& options_;
  std::shared_ptr<States> states_;
  std::unique_ptr<Session> session_;
  int64_t per_epoch_ = 1;
  double trained_seconds_ = 0;
  Evaluation test_;  // of the last step; rank 0 alone has it
};

}  // namespace

Result<TrainResult> Train(const Recipe& recipe, const ExampleSpec& examples, BatchSource& source,
                          RunSink& run, CheckpointSink& checkpoints, const TrainOptions& options) {
  return Trainer(recipe, source, run, checkpoints, options).Run(examples);
}

namespace {

// What @predict takes of a batch: the batch, or of a table's rows, f64[N, columns], each column.
Result<std::vector<Tensor>> PredictInputs(const Module& module, const Tensor& batch) {
  const Function* predict = module.FindFunction(kPredict);
  if (predict == nullptr) return Internal("the module has no @predict");
  const size_t columns = predict->body.params.size();
  if (columns == 1 && batch.dims().size() != 2) return std::vector{batch};
  const Type& first = predict->TypeOf(predict->body.params[0]);
  if (first.Rank() != 1) return std::vector{batch};
  if (batch.dtype() != DType::kF64 || batch.dims() != Dims{batch.dim(0), static_cast<int64_t>(columns)})
    return Internal("the rows do not have the columns of @predict");
  std::vector<Tensor> inputs;
  const auto rows = batch.data<double>();
  for (size_t c = 0; c < columns; ++c) {
    const bool whole = predict->TypeOf(predict->body.params[c]).dtype == DType::kI64;
    TRY(Tensor column, Tensor::Create(whole ? DType::kI64 : DType::kF64, {batch.dim(0)}));
    for (size_t r = 0; r < static_cast<size_t>(batch.dim(0)); ++r) {
      if (whole)
        column.mutable_data<int64_t>()[r] = static_cast<int64_t>(rows[r * columns + c]);
      else
        column.mutable_data<double>()[r] = rows[r * columns + c];
    }
    inputs.push_back(std::move(column));
  }
  return inputs;
}

}  // namespace

Result<Evaluation> Evaluate(Executable& executable, BatchSource& source, int64_t classes) {
  Evaluation evaluation;
  evaluation.confusion = ConfusionMatrix(classes);
  Calibration calibration;
  TRY(const auto session, executable.OpenSession());
  double loss = 0;
  int64_t rows = 0;
  for (;;) {
    TRY(const Batch batch, source.Test(rows, kTestRows));
    const int64_t count = batch.labels.elements();
    if (count == 0) break;
    TRY(const std::vector<Tensor> inputs, PredictInputs(executable.module(), batch.inputs));
    TRY(const auto results, session->Run(kPredict, inputs));
    const Tensor& probabilities = results[0].tensor();
    std::vector<float> scores(static_cast<size_t>(probabilities.elements()));
    for (size_t i = 0; i < scores.size(); ++i)
      scores[i] = static_cast<float>(probabilities.AsDouble(static_cast<int64_t>(i)));
    const auto labels = batch.labels.data<int64_t>();
    TRY_STATUS(evaluation.confusion.AddScores(labels, scores));
    TRY_STATUS(calibration.Add(labels, scores, classes));
    for (int64_t r = 0; r < count; ++r) {
      const double p = scores[static_cast<size_t>(r * classes + labels[static_cast<size_t>(r)])];
      loss -= std::log(std::max(p, 1e-12));
    }
    rows += count;
  }
  evaluation.loss = rows == 0 ? 0 : loss / static_cast<double>(rows);
  evaluation.calibration_error = calibration.ExpectedError();
  return evaluation;
}

Status ExportModel(const Module& module, const Signature& signature, const Path& folder) {
  TRY_STATUS(MakeFolders(folder));
  TRY_STATUS(ExportOnnx(module, kForward, folder / kModelFile));
  return WriteFileAtomically(folder / kSignatureFile, SignatureJson(signature).dump(2) + "\n");
}

}  // namespace sinter
