#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "engine/graph/operator.h"

namespace sinter {
namespace {

constexpr size_t kFirstCarried = 2;  // inputs before are the trip count and the condition

bool IsOneOf(const Type& type, DType dtype) {
  return type.IsTensor() && type.dtype == dtype && type.ElementCount() == Dim(1);
}

// The most iterations there can be, where that is known beforehand.
Dim MostTrips(const InferContext& c) {
  if (c.HasInput(0) && c.Input(0).contents && c.Input(0).contents->size() == 1) {
    const Dim trips = c.Input(0).contents->front();
    return trips.IsConstant() ? Dim(std::max<int64_t>(0, *trips.Constant())) : Max(trips, 0);
  }
  return SymbolBound{}.hi;
}

Status CheckCounts(const InferContext& c, size_t carried) {
  if (c.region_results.size() != 1) return c.Invalid("needs a body");
  const size_t params = c.node().regions[0].second.params.size();
  const size_t results = c.region_results[0].size();
  if (params != carried + 2) {
    return c.Invalid(
        fmt::format("the body takes {} parameters; iteration, condition and {} carried values "
                    "make {}",
                    params, carried, carried + 2));
  }
  if (results < carried + 1 || results != c.OutputCount() + 1) {
    return c.Invalid(fmt::format(
        "the body yields {} values for {} outputs: a condition, {} carried values, then one slice "
        "for each collected output",
        results, c.OutputCount(), carried));
  }
  return {};
}

Status Infer(InferContext& c) {
  const size_t carried = c.InputCount() > kFirstCarried ? c.InputCount() - kFirstCarried : 0;
  TRY_STATUS(CheckCounts(c, carried));
  if (c.HasInput(0) && !IsOneOf(c.InputType(0), DType::kI64))
    return c.Invalid(fmt::format("the trip count must be i64[], not {}", c.InputType(0).ToString()));
  if (c.HasInput(1) && !IsOneOf(c.InputType(1), DType::kBool))
    return c.Invalid(fmt::format("the condition must be bool[], not {}", c.InputType(1).ToString()));
  const auto& results = c.region_results[0];
  if (!IsOneOf(results[0].type, DType::kBool))
    return c.Invalid(fmt::format("the body's condition must be bool[], not {}", results[0].type.ToString()));
  for (size_t i = 0; i < carried; ++i) {
    if (!c.HasInput(kFirstCarried + i)) return c.Invalid(fmt::format("carried value {} is missing", i));
    const Type& before = c.InputType(kFirstCarried + i);
    const Type& after = results[1 + i].type;
    if (!(before == after)) {
      return c.Invalid(fmt::format("carried value {} goes in as {} and comes out as {}", i, before.ToString(),
                                   after.ToString()),
                       "a value that grows is collected as an output instead of carried");
    }
    c.SetOutput(i, after);
  }
  const Dim most = MostTrips(c);
  for (size_t i = carried; i < c.OutputCount(); ++i) {
    const Type& slice = results[1 + i].type;
    if (!slice.IsTensor() || !slice.encoding.IsPlain())
      return c.Invalid(
          fmt::format("output {} collects {}: only plain tensors can be collected", i, slice.ToString()));
    Shape shape = slice.shape;
    shape.insert(shape.begin(), c.BornSymbol(i, 0, "trips", {0, most}));
    c.SetOutput(i, slice.dtype, std::move(shape));
  }
  return {};
}

// The slices of one collected output, one behind the other.
Status Collect(ReferenceContext& c, size_t output, const std::vector<Tensor>& slices) {
  if (slices.empty()) {
    const Type* type = c.OutputType(output);
    if (type == nullptr || !type->IsTensor()) return c.Invalid("no iteration ran, and no type is known");
    Dims dims{0};
    // A symbol that nothing gave a value stands for no elements: there are none anyway.
    for (size_t i = 1; i < type->Rank(); ++i) dims.push_back(type->shape[i].Constant().value_or(0));
    TRY(const Tensor none, c.Output(output, type->dtype, std::move(dims)));
    return {};
  }
  Dims dims = slices[0].dims();
  for (const Tensor& slice : slices) {
    if (slice.dims() != dims) {
      return c.Invalid(fmt::format("output {} collects slices of {} and of {}", output, DimsToString(dims),
                                   DimsToString(slice.dims())));
    }
  }
  dims.insert(dims.begin(), static_cast<int64_t>(slices.size()));
  if (slices[0].dtype() == DType::kString) {
    std::vector<std::string> all;
    for (const Tensor& slice : slices) all.insert(all.end(), slice.strings().begin(), slice.strings().end());
    c.SetOutput(output, Tensor::Strings(std::move(dims), std::move(all)));
    return {};
  }
  TRY(const Tensor out, c.Output(output, slices[0].dtype(), std::move(dims)));
  std::byte* to = out.mutable_raw();
  for (const Tensor& slice : slices) {
    if (slice.bytes() > 0) std::memcpy(to, slice.raw(), slice.bytes());
    to += slice.bytes();
  }
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const size_t carried = c.InputCount() > kFirstCarried ? c.InputCount() - kFirstCarried : 0;
  const int64_t most = c.HasInput(0) ? c.Input(0).AsInt(0) : std::numeric_limits<int64_t>::max();
  bool go = !c.HasInput(1) || c.Input(1).data<bool>()[0];
  std::vector<Value> state;
  state.reserve(carried);
  for (size_t i = 0; i < carried; ++i) state.push_back(c.InputValue(kFirstCarried + i));
  std::vector<std::vector<Tensor>> slices(c.OutputCount() - std::min(carried, c.OutputCount()));
  for (int64_t trip = 0; go && trip < most; ++trip) {
    if (c.Cancelled()) return Error{ErrorCode::kCancelled, c.Describe() + ": asked to stop", {}};
    std::vector<Value> arguments{Tensor::Scalar<int64_t>(trip), Tensor::Scalar<bool>(true)};
    arguments.insert(arguments.end(), state.begin(), state.end());
    TRY(std::vector<Value> results, c.RunRegion(0, arguments));
    if (results.size() != 1 + carried + slices.size()) return c.Invalid("the body yields another number");
    go = results[0].tensor().data<bool>()[0];
    for (size_t i = 0; i < carried; ++i) state[i] = std::move(results[1 + i]);
    for (size_t i = 0; i < slices.size(); ++i) {
      if (!c.WantsOutput(carried + i)) continue;
      // The body's memory may be used again by the next iteration.
      TRY(slices[i].emplace_back(), results[1 + carried + i].tensor().Clone());
    }
  }
  for (size_t i = 0; i < carried; ++i) {
    if (c.WantsOutput(i)) c.SetOutput(i, std::move(state[i]));
  }
  for (size_t i = 0; i < slices.size(); ++i) {
    if (c.WantsOutput(carried + i)) TRY_STATUS(Collect(c, carried + i, slices[i]));
  }
  return {};
}

constexpr Formal kInputs[] = {{"M", '-', DTypeSet{DType::kI64}, Arity::kOptional},
                              {"cond", '-', kBools, Arity::kOptional},
                              {"v_initial", '-', kAnyDType, Arity::kAnyNumber}};
constexpr Formal kOutputs[] = {{"v_final_and_scan_outputs", '-', kAnyDType, Arity::kAnyNumber}};
constexpr FormalRegion kRegions[] = {{"body"}};

}  // namespace

const Operator& LoopOperator() {
  static const Operator page{
      .name = "Loop",
      .summary =
          "Runs its body M times, or while its condition holds, over carried values, and collects "
          "one slice an iteration for each further output.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .regions = kRegions,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the values of past iterations are not kept; unroll it to train"}),
      .index = IndexExpression(Opaque{"its body is a program of its own"}),
      .structure = Primitive{},
      .samples = NoSamples{"tests/ir/loop.sinter"},
  };
  return page;
}

}  // namespace sinter
