#include "platform/serving/golden.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "base/random.h"
#include "platform/data/dataset_version.h"
#include "platform/serving/input_column.h"

namespace sinter {
namespace {

constexpr uint64_t kSampleStream = 0x676f6c64;
constexpr int64_t kRowsAtOnce = 8;

// Of the set's classes, which one each of the model's is; by name, or by place where the names have nothing
// to do with each other.
Result<std::vector<int64_t>> ClassesOf(const AnswerReader& model, const GoldenSet& set) {
  std::vector<int64_t> map;
  size_t known = 0;
  for (const std::string& name : model.classes) {
    const auto at = std::ranges::find(set.classes, name);
    map.push_back(at == set.classes.end() ? -1 : at - set.classes.begin());
    known += at != set.classes.end();
  }
  if (known > 0) return map;
  if (model.classes.size() != set.classes.size()) {
    return InvalidArgument(fmt::format("data set {} has {} classes, the model {}, and no name is the same",
                                       set.ref, set.classes.size(), model.classes.size()));
  }
  for (size_t i = 0; i < map.size(); ++i) map[i] = static_cast<int64_t>(i);
  return map;
}

// The mean error of one row's numbers; empty where no float output has so many a row.
std::optional<double> ErrorOf(const GoldenSet& set, std::span<const Tensor> outputs, size_t row, size_t rows,
                              int64_t example) {
  const auto all = static_cast<int64_t>(rows) * set.width;
  const auto fits = [&](const Tensor& output) { return IsFloat(output.dtype()) && output.elements() == all; };
  const auto output = std::ranges::find_if(outputs, fits);
  if (output == outputs.end()) return std::nullopt;
  double sum = 0;
  for (int64_t i = 0; i < set.width; ++i) {
    const double off = output->AsDouble(static_cast<int64_t>(row) * set.width + i) -
                       set.targets[static_cast<size_t>(example * set.width + i)];
    sum += set.error == ErrorKind::kSquared ? off * off : std::abs(off);
  }
  return sum / static_cast<double>(set.width);
}

// Asks about some rows; `read` sees the answer while it is there.
Status AskRows(
    Replica& replica, const GoldenSet& set, size_t first, size_t rows, const CancelToken& cancel,
    const std::function<void(std::span<const Tensor> inputs, std::span<const Tensor> outputs)>& read) {
  std::promise<Status> promise;
  BatchJob job;
  TRY(job.inputs, set.Rows(static_cast<int64_t>(first), static_cast<int64_t>(rows)));
  job.rows = static_cast<int64_t>(rows);
  job.cancel = cancel;
  job.aside = true;
  job.done = [&, inputs = job.inputs](Result<BatchAnswer> answer) {
    if (!answer) return promise.set_value(std::move(answer).error());
    read(inputs, answer->outputs);
    promise.set_value({});
  };
  // A full queue is clients' traffic, which goes first.
  while (true) {
    Status taken = replica.Submit(job);
    if (taken) break;
    if (taken.error().code != ErrorCode::kResourceExhausted) return std::move(taken).error();
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the rollout was stopped", ""};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return promise.get_future().get();
}

// The whole set, one small batch after another.
Status AskAll(Replica& replica, const GoldenSet& set, const CancelToken& cancel,
              const std::function<void(size_t first, size_t rows, std::span<const Tensor> inputs,
                                       std::span<const Tensor> outputs)>& read) {
  const RevisionInfo& info = replica.info();
  const auto most = static_cast<size_t>(
      info.interface.rows_first ? std::clamp<int64_t>(info.limits.max_rows, 1, kRowsAtOnce) : 1);
  const auto examples = static_cast<size_t>(set.examples);
  for (size_t first = 0; first < examples; first += most) {
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the rollout was stopped", ""};
    const size_t rows = std::min(most, examples - first);
    TRY_STATUS(AskRows(replica, set, first, rows, cancel,
                       [&](auto inputs, auto outputs) { read(first, rows, inputs, outputs); }));
  }
  return {};
}

// What says what is right: the column that the gate names, or the one that can be meant.
Result<size_t> TargetColumn(const DatasetVersion& version, const GoldenGate& gate, bool classifies,
                            std::span<const InputColumn> inputs) {
  const std::vector<DatasetColumn>& columns = version.info().columns;
  const auto is_input = [&](size_t c) { return std::ranges::count(inputs, c, &InputColumn::column) > 0; };
  if (!gate.target.empty()) {
    TRY(const size_t target, version.ColumnIndex(gate.target));
    if (columns[target].kind == ColumnKind::kText || columns[target].kind == ColumnKind::kPicture)
      return InvalidArgument(fmt::format("column '{}' is a {}: it does not say what is right", gate.target,
                                         ColumnKindName(columns[target].kind)));
    if (is_input(target))
      return InvalidArgument(fmt::format("column '{}' is what the model is asked with", gate.target));
    return target;
  }
  if (classifies) return version.LabelColumn();
  std::vector<size_t> meant;
  for (size_t c = 0; c < columns.size(); ++c) {
    const bool numbers = columns[c].kind == ColumnKind::kNumber || columns[c].kind == ColumnKind::kVector;
    if (numbers && !is_input(c)) meant.push_back(c);
  }
  if (meant.size() == 1) return meant[0];
  return InvalidArgument(
      fmt::format("the model has no classes, and {} columns of numbers could say what is right",
                  meant.size()),
      "name one: sinter service gates NAME --target COLUMN");
}

int64_t WidthOf(const DatasetColumn& column) {
  int64_t width = 1;
  for (const int64_t size : column.shape) width *= size;
  return width;
}

// The numbers of a row's target; false: they are not all there.
bool AddTargets(const DatasetVersion& version, size_t split, size_t target, int64_t row,
                std::vector<double>& targets) {
  const DatasetColumn& column = version.info().columns[target];
  if (version.Missing(split, target, row)) return false;
  if (column.kind == ColumnKind::kNumber) {
    const double number = version.Number(split, target, row);
    if (std::isfinite(number)) targets.push_back(number);
    return std::isfinite(number);
  }
  const std::span<const std::byte> bytes = version.Row(split, target, row);
  const size_t before = targets.size();
  bool finite = true;
  DispatchDType(column.dtype, [&]<class T>() {
    if constexpr (std::is_arithmetic_v<T>) {
      for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
        T value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        targets.push_back(static_cast<double>(value));
        finite = finite && std::isfinite(targets.back());
      }
    }
  });
  if (finite && static_cast<int64_t>(targets.size() - before) == WidthOf(column)) return true;
  targets.resize(before);
  return false;
}

// Whether the same tensors mean the same to both.
bool SameInputs(const ModelInterface& a, const ModelInterface& b) {
  return std::ranges::equal(a.inputs, b.inputs, [](const TensorSpec& x, const TensorSpec& y) {
    return x.name == y.name && x.dtype == y.dtype && x.shape.size() == y.shape.size() &&
           x.categories == y.categories;
  });
}

void CompareErrors(std::span<const GoldenAnswer> live, std::span<const GoldenAnswer> candidate,
                   GoldenResult& result) {
  result.errors.emplace();
  for (size_t i = 0; i < live.size(); ++i) {
    const std::optional<double>&before = live[i].error, &after = candidate[i].error;
    if (!after)
      ++result.candidate_bad;
    else if (!candidate[i].finite || !std::isfinite(*after))
      ++result.candidate_not_finite;
    else if (!before || !std::isfinite(*before))
      ++result.live_not_finite;
    else
      result.errors->Add(*before, *after);
  }
}

}  // namespace

Result<std::vector<Tensor>> GoldenSet::Rows(int64_t first, int64_t count) const {
  std::vector<Tensor> some;
  some.reserve(inputs.size());
  for (const GoldenInput& input : inputs) {
    Dims dims = input.all.dims();
    const size_t bytes = input.all.bytes() / static_cast<size_t>(std::max<int64_t>(1, dims[0]));
    dims[0] = count;
    if (!input.rows) dims.erase(dims.begin());
    TRY(Tensor rows, Tensor::Create(input.all.dtype(), std::move(dims)));
    if (rows.bytes() != static_cast<size_t>(count) * bytes)
      return Internal("examples of an input without rows are asked one by one");
    if (rows.bytes() > 0)
      std::memcpy(rows.mutable_raw(), input.all.raw() + static_cast<size_t>(first) * bytes, rows.bytes());
    some.push_back(std::move(rows));
  }
  return some;
}

Result<std::shared_ptr<const GoldenSet>> HubGoldenSource::Load(const GoldenGate& gate,
                                                               const ModelInterface& model, bool classifies) {
  TRY(const RepositoryVersion found, datasets_.Find(gate.dataset));
  TRY(const auto version, DatasetVersion::Open(store_, found.id));
  TRY(const size_t split, version->SplitIndex(gate.split));
  const std::vector<DatasetColumn>& columns = version->info().columns;
  std::vector<InputColumn> inputs;
  for (const TensorSpec& spec : model.inputs) {
    TRY(inputs.emplace_back(),
        FindInputColumn(*version, spec.name, spec.dtype, spec.categories, model.inputs.size() == 1));
  }
  TRY(const size_t target, TargetColumn(*version, gate, classifies, inputs));
  auto set = std::make_shared<GoldenSet>();
  set->ref = found.Ref();
  set->error = gate.error;
  const bool of_class = columns[target].kind == ColumnKind::kClass;
  if (of_class)
    set->classes = columns[target].classes;
  else
    set->width = WidthOf(columns[target]);
  if (!of_class && set->width < 1)
    return InvalidArgument(fmt::format("column '{}' holds no numbers", columns[target].name));
  std::vector<int64_t> rows =
      RandomPermutation(static_cast<uint64_t>(gate.seed), kSampleStream, version->Rows(split));
  // Rows that do not say what is right are left out of the draw.
  const auto says = [&](int64_t row) {
    std::vector<double> ignored;
    return of_class ? version->Class(split, target, row) >= 0
                    : AddTargets(*version, split, target, row, ignored);
  };
  size_t kept = 0;
  for (size_t i = 0; i < rows.size() && kept < static_cast<size_t>(gate.samples); ++i) {
    if (says(rows[i])) rows[kept++] = rows[i];
  }
  rows.resize(kept);
  std::ranges::sort(rows);
  if (rows.empty())
    return InvalidArgument(
        fmt::format("split '{}' has no rows whose '{}' is known", gate.split, columns[target].name));
  set->examples = static_cast<int64_t>(rows.size());
  for (const int64_t row : rows) {
    if (of_class)
      set->labels.push_back(version->Class(split, target, row));
    else
      AddTargets(*version, split, target, row, set->targets);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool has_rows = model.inputs[i].shape.size() == columns[inputs[i].column].shape.size() + 1;
    TRY(Tensor all, ReadInput(*version, split, inputs[i], rows));
    set->inputs.push_back({std::move(all), has_rows});
  }
  TRY(const std::vector<Tensor> one, set->Rows(0, 1));
  if (auto fits = model.Check(one); !fits) return std::move(fits).error().In(set->ref);
  return set;
}

Result<std::string> HubGoldenSource::Resolve(const GoldenGate& gate) {
  TRY(const RepositoryVersion found, datasets_.Find(gate.dataset));
  return found.Ref();
}

Result<std::vector<GoldenAnswer>> AskGolden(Replica& replica, const GoldenSet& set,
                                            const CancelToken& cancel) {
  const RevisionInfo& info = replica.info();
  std::vector<int64_t> classes;
  if (set.width == 0) {
    if (!info.answers.classifies()) {
      return Unsupported(
          fmt::format("model {} names no classes, and the golden set says nothing else", info.model),
          "its signature.json has no classes; for numbers, name their column: --target COLUMN");
    }
    TRY(classes, ClassesOf(info.answers, set));
  }
  std::vector<GoldenAnswer> answers;
  TRY_STATUS(AskAll(replica, set, cancel, [&](size_t first, size_t rows, auto, auto outputs) {
    const bool finite = std::ranges::all_of(outputs, AllFinite);
    for (size_t i = 0; i < rows; ++i) {
      const ClassAnswer got = info.answers.Read(outputs, static_cast<int64_t>(i), static_cast<int64_t>(rows));
      GoldenAnswer& read = answers.emplace_back(GoldenAnswer{.finite = finite});
      if (set.width > 0)
        read.error = ErrorOf(set, outputs, i, rows, static_cast<int64_t>(first + i));
      else if (got.index >= 0)
        read.index = classes[static_cast<size_t>(got.index)];
    }
  }));
  return answers;
}

Result<TrafficRows> GoldenTraffic(Replica& replica, const GoldenSet& set, const CancelToken& cancel) {
  const TrafficFeatures& features = replica.info().features;
  TrafficRows seen{features, {}, {}};
  std::vector<double> values(features.size());
  TRY_STATUS(AskAll(replica, set, cancel, [&](size_t, size_t rows, auto inputs, auto outputs) {
    for (size_t i = 0; i < rows; ++i) {
      features.Read(inputs, outputs, static_cast<int64_t>(i), static_cast<int64_t>(rows), values);
      seen.Add(values, replica.info().number);
    }
  }));
  return seen;
}

GoldenResult CompareOnGolden(GoldenSource& source, const GoldenGate& gate, Replica& live, Replica& candidate,
                             const CancelToken& cancel) {
  GoldenResult result;
  const auto unusable = [&](Error error) {
    result.unusable = std::move(error);
    return std::move(result);
  };
  const RevisionInfo &live_info = live.info(), &info = candidate.info();
  auto set = source.Load(gate, live_info.interface, live_info.answers.classifies());
  if (!set) return unusable(std::move(set).error());
  result.dataset = (*set)->ref;
  auto before = AskGolden(live, **set, cancel);
  if (!before) return unusable(std::move(before).error());
  // The same examples, of exactly the same version, in the candidate's own words.
  GoldenGate same = gate;
  same.dataset = (*set)->ref;
  auto own = SameInputs(live_info.interface, info.interface)
                 ? set
                 : source.Load(same, info.interface, live_info.answers.classifies());
  auto after =
      own ? AskGolden(candidate, **own, cancel) : Result<std::vector<GoldenAnswer>>(std::move(own).error());
  if (!after && after.error().code == ErrorCode::kCancelled) return unusable(std::move(after).error());
  // Where the live revision can answer and the candidate cannot, that is what there is to know of it.
  if (!after) after = std::vector<GoldenAnswer>(before->size());
  if ((*set)->width > 0) {
    CompareErrors(*before, *after, result);
    return result;
  }
  for (size_t i = 0; i < before->size(); ++i) {
    const int64_t label = (*set)->labels[i];
    result.outcomes.Add((*before)[i].index == label, (*after)[i].index == label);
    result.candidate_not_finite += !(*after)[i].finite;
    result.candidate_bad += (*after)[i].finite && (*after)[i].index < 0;
  }
  return result;
}

}  // namespace sinter
