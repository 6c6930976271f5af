#include "engine/device/cpu/onednn.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include <fmt/format.h>

#include "base/thread_pool.h"
#include "engine/device/cpu/gemm.h"
#include "engine/device/cpu/onednn_versions.h"

namespace sinter {

struct DnnLayout::Raw {
  DnnDesc desc;
};

namespace {

// One engine and one stream for the process: on the CPU both are empty handles that any thread may use.
dnnl_engine_t Engine() {
  static const dnnl_engine_t engine = [] {
    dnnl_engine_t made = nullptr;
    SINTER_CHECK(dnnl_engine_create(&made, dnnl_cpu, 0) == dnnl_success);
    return made;
  }();
  return engine;
}
dnnl_stream_t Stream() {
  static const dnnl_stream_t stream = [] {
    dnnl_stream_t made = nullptr;
    SINTER_CHECK(dnnl_stream_create(&made, Engine(), dnnl_stream_default_flags) == dnnl_success);
    return made;
  }();
  return stream;
}

Error Refused(dnnl_status_t status, std::string_view what) {
  return Unsupported(fmt::format("oneDNN has no {} for these sizes (status {})", what, int{status}));
}

DnnDesc RowMajor(std::span<const int64_t> dims) {
  std::array<int64_t, DNNL_MAX_NDIMS> strides{};
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return DescOfStrides(dims, strides);
}

DnnDesc Any(std::span<const int64_t> dims) { return DescOfTag(dims, dnnl_format_tag_any); }

DnnLayout Wrap(DnnDesc desc) {
  return DnnLayout(std::make_shared<DnnLayout::Raw>(DnnLayout::Raw{std::move(desc)}));
}

struct PrimitiveDesc {
  dnnl_primitive_desc_t desc = nullptr;
  ~PrimitiveDesc() {
    if (desc != nullptr) dnnl_primitive_desc_destroy(desc);
  }
};

struct Attributes {
  dnnl_primitive_attr_t attr = nullptr;
  explicit Attributes(bool relu = false) {
    SINTER_CHECK(dnnl_primitive_attr_create(&attr) == dnnl_success);
    SINTER_CHECK(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success);
    if (!relu) return;
    dnnl_post_ops_t after = nullptr;
    SINTER_CHECK(dnnl_post_ops_create(&after) == dnnl_success);
    SINTER_CHECK(AppendRelu(after) == dnnl_success);
    SINTER_CHECK(dnnl_primitive_attr_set_post_ops(attr, after) == dnnl_success);  // copies them
    dnnl_post_ops_destroy(after);
  }
  ~Attributes() { dnnl_primitive_attr_destroy(attr); }
};

}  // namespace

DnnLayout DnnLayout::Plain(std::span<const int64_t> dims) { return Wrap(RowMajor(dims)); }
DnnLayout DnnLayout::Strided(std::span<const int64_t> dims, std::span<const int64_t> strides) {
  return Wrap(DescOfStrides(dims, strides));
}
DnnLayout DnnLayout::ChannelBlocks(std::span<const int64_t> dims, int64_t block) {
  SINTER_CHECK(dims.size() == 4);
  return Wrap(DescOfTag(dims, block == 16 ? dnnl_nChw16c : dnnl_nChw8c));
}
size_t DnnLayout::bytes() const { return dnnl_memory_desc_get_size(raw_->desc.get()); }
bool DnnLayout::operator==(const DnnLayout& other) const {
  return dnnl_memory_desc_equal(raw_->desc.get(), other.raw_->desc.get()) != 0;
}

// Memory objects carry the bytes' addresses, so each run under way needs its own set. Sets are kept for the
// callers that there have been at once, and found without a lock.
struct DnnPrimitive::Impl {
  struct Set {
    std::atomic<bool> taken{false};
    std::vector<dnnl_exec_arg_t> arguments;  // the scratchpad last
  };
  static constexpr size_t kSets = 64;

  dnnl_primitive_t primitive = nullptr;
  std::vector<int> indexes;
  std::vector<DnnLayout> layouts;
  DnnDesc scratch;
  std::mutex growing;
  std::atomic<size_t> count{0};
  std::array<std::unique_ptr<Set>, kSets> sets;

  ~Impl() {
    for (size_t i = 0; i < count.load(); ++i) Free(*sets[i]);
    if (primitive != nullptr) dnnl_primitive_destroy(primitive);
  }
  static void Free(Set& set) {
    for (dnnl_exec_arg_t& argument : set.arguments) dnnl_memory_destroy(argument.memory);
  }
  void Fill(Set& set) const {
    auto add = [&](int index, DnnRawDesc desc) {
      dnnl_memory_t memory = nullptr;
      SINTER_CHECK(dnnl_memory_create(&memory, desc, Engine(), DNNL_MEMORY_NONE) == dnnl_success);
      set.arguments.push_back({index, memory});
    };
    for (size_t i = 0; i < indexes.size(); ++i) add(indexes[i], layouts[i].raw().desc.get());
    add(DNNL_ARG_SCRATCHPAD, scratch.get());
  }
  // Null: all are taken and no more are kept.
  Set* Take() {
    for (size_t i = 0; i < count.load(std::memory_order_acquire); ++i) {
      if (!sets[i]->taken.exchange(true, std::memory_order_acquire)) return sets[i].get();
    }
    return Add(true);
  }
  Set* Add(bool taken) {
    const std::lock_guard lock(growing);
    const size_t at = count.load();
    if (at == kSets) return nullptr;
    sets[at] = std::make_unique<Set>();
    sets[at]->taken = taken;
    Fill(*sets[at]);
    count.store(at + 1, std::memory_order_release);
    return sets[at].get();
  }
  void Execute(Set& set, std::span<void* const> handles, void* scratch_bytes) const {
    for (size_t i = 0; i < handles.size(); ++i)
      SINTER_CHECK(dnnl_memory_set_data_handle(set.arguments[i].memory, handles[i]) == dnnl_success);
    SINTER_CHECK(dnnl_memory_set_data_handle(set.arguments.back().memory, scratch_bytes) == dnnl_success);
    SINTER_CHECK(dnnl_primitive_execute(primitive, Stream(), static_cast<int>(set.arguments.size()),
                                        set.arguments.data()) == dnnl_success);
  }
};

DnnPrimitive::DnnPrimitive(std::unique_ptr<Impl> impl, std::vector<DnnLayout> layouts, size_t scratch_bytes)
    : impl_(std::move(impl)), layouts_(std::move(layouts)), scratch_bytes_(scratch_bytes) {}
DnnPrimitive::~DnnPrimitive() = default;

void DnnPrimitive::Run(std::span<void* const> handles, void* scratch) const {
  UseOneThreadInOneDnn();
  if (Impl::Set* set = impl_->Take()) {
    impl_->Execute(*set, handles, scratch);
    set->taken.store(false, std::memory_order_release);
    return;
  }
  Impl::Set own;
  impl_->Fill(own);
  impl_->Execute(own, handles, scratch);
  Impl::Free(own);
}

namespace {

// `what`: for each argument its execution index and the query that gives its layout.
struct Argument {
  int index;
  dnnl_query_t query;
  int query_index = 0;
};

Result<std::unique_ptr<DnnPrimitive>> Finish(const PrimitiveDesc& desc, std::span<const Argument> arguments,
                                             std::string_view what) {
  auto impl = std::make_unique<DnnPrimitive::Impl>();
  for (const Argument& argument : arguments) {
    impl->indexes.push_back(argument.index);
    impl->layouts.push_back(
        Wrap(CopyOfDesc(dnnl_primitive_desc_query_md(desc.desc, argument.query, argument.query_index))));
  }
  impl->scratch = CopyOfDesc(dnnl_primitive_desc_query_md(desc.desc, dnnl_query_scratchpad_md, 0));
  // Generated code is for one thread: the number is asked for when the primitive is made.
  UseOneThreadInOneDnn();
  if (const auto status = dnnl_primitive_create(&impl->primitive, desc.desc); status != dnnl_success)
    return Refused(status, what);
  // One set for each thread of the pool now, so that a run in which they meet allocates nothing.
  const int threads = std::max(2, ThreadPool::Shared().threads());
  for (int i = 0; i < threads; ++i) impl->Add(false);
  const size_t scratch = dnnl_memory_desc_get_size(impl->scratch.get());
  std::vector<DnnLayout> layouts = impl->layouts;
  return std::make_unique<DnnPrimitive>(std::move(impl), std::move(layouts), scratch);
}

}  // namespace

Result<std::unique_ptr<DnnPrimitive>> MakeDnnReorder(const DnnLayout& from, const DnnLayout& to) {
  UseOneThreadInOneDnn();
  const Attributes attributes;
  PrimitiveDesc desc;
  if (const auto status = dnnl_reorder_primitive_desc_create(&desc.desc, from.raw().desc.get(), Engine(),
                                                             to.raw().desc.get(), Engine(), attributes.attr);
      status != dnnl_success) {
    return Refused(status, "reorder");
  }
  constexpr Argument kArguments[] = {{DNNL_ARG_FROM, dnnl_query_src_md}, {DNNL_ARG_TO, dnnl_query_dst_md}};
  return Finish(desc, kArguments, "reorder");
}

std::vector<int64_t> DnnConvolution::WeightDims() const {
  if (groups == 1) return {m, c, kernel[0], kernel[1]};
  return {groups, m / groups, c / groups, kernel[0], kernel[1]};
}

namespace {

// Pictures in blocks of 16 channels where AVX-512 is: oneDNN left to itself takes channels innermost, which
// was 7 % slower forward (64 pictures of 32 channels, Zen 5), the way there and back included.
DnnDesc Pictures(const DnnConvolution& c, std::span<const int64_t> dims) {
  static const bool wide =
      (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
  if (!wide || c.groups != 1 || dims[1] % 16 != 0) return Any(dims);
  return DnnLayout::ChannelBlocks(dims, 16).raw().desc;
}

}  // namespace

Result<std::unique_ptr<DnnPrimitive>> MakeDnnConvolution(const DnnConvolution& c) {
  UseOneThreadInOneDnn();
  const Attributes attributes(c.relu && c.role == DnnConvolution::Role::kForward);
  const auto in = Pictures(c, c.InDims()), weight = Any(c.WeightDims()), out = Pictures(c, c.OutDims());
  const int64_t bias_dims[] = {c.m};
  const auto bias = RowMajor(bias_dims);
  const DnnConvolutionDescs descs{in.get(), weight.get(), c.bias ? bias.get() : nullptr, out.get()};
  PrimitiveDesc desc;
  if (c.role == DnnConvolution::Role::kForward) {
    const auto status =
        DescribeForward(&desc.desc, Engine(), c, dnnl_forward_inference, descs, attributes.attr);
    if (status != dnnl_success) return Refused(status, "convolution");
    const Argument arguments[] = {{DNNL_ARG_SRC, dnnl_query_src_md},
                                  {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                                  {DNNL_ARG_DST, dnnl_query_dst_md},
                                  {DNNL_ARG_BIAS, dnnl_query_weights_md, 1}};
    return Finish(desc, std::span(arguments).first(c.bias ? 4 : 3), "convolution");
  }
  PrimitiveDesc hint;
  auto status = DescribeForward(&hint.desc, Engine(), c, dnnl_forward_training, descs, attributes.attr);
  if (status != dnnl_success) return Refused(status, "convolution");
  status = DescribeBackward(&desc.desc, Engine(), c, descs, hint.desc, attributes.attr);
  if (status != dnnl_success) return Refused(status, "gradient of a convolution");
  if (c.role == DnnConvolution::Role::kInputGradient) {
    constexpr Argument kArguments[] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md},
                                       {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                                       {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md}};
    return Finish(desc, kArguments, "gradient of a convolution");
  }
  constexpr Argument kArguments[] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md},
                                     {DNNL_ARG_SRC, dnnl_query_src_md},
                                     {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md}};
  return Finish(desc, kArguments, "gradient of a convolution");
}

Result<std::unique_ptr<DnnPrimitive>> MakeDnnProduct(const DnnProduct& p) {
  UseOneThreadInOneDnn();
  const Attributes attributes(p.relu);
  const int64_t rows[] = {p.rows, p.k}, matrix[] = {p.k, p.columns}, out[] = {p.rows, p.columns};
  const int64_t stride[] = {p.stride, 1}, bias[] = {1, p.columns};
  const auto rows_desc = RowMajor(rows), out_desc = DescOfStrides(out, stride), bias_desc = RowMajor(bias);
  const auto matrix_desc = p.weights == nullptr ? Any(matrix) : p.weights->raw().desc;
  PrimitiveDesc desc;
  const auto status = DescribeProduct(&desc.desc, Engine(), rows_desc.get(), matrix_desc.get(),
                                      p.bias ? bias_desc.get() : nullptr, out_desc.get(), attributes.attr);
  if (status != dnnl_success) return Refused(status, "matrix product");
  const Argument arguments[] = {{DNNL_ARG_SRC, dnnl_query_src_md},
                                {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                                {DNNL_ARG_DST, dnnl_query_dst_md},
                                {DNNL_ARG_BIAS, dnnl_query_weights_md, 1}};
  return Finish(desc, std::span(arguments).first(p.bias ? 4 : 3), "matrix product");
}

}  // namespace sinter
