// Convolutions by oneDNN's primitives, in the blocked layouts that they choose. Pictures go through in tiles
// of a few, so that one primitive serves every batch size and the reorders of a tile stay in the cache; tiles
// are split over the pool, and sums over pictures are made per range and added in order.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "engine/device/cpu/channel_blocks.h"
#include "engine/device/cpu/geometry.h"
#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/onednn.h"

namespace sinter {
namespace {

using Role = DnnConvolution::Role;

constexpr std::array<std::string_view, 1> kForward = {"Conv"};
constexpr std::array<std::string_view, 1> kInput = {"sinter.ConvGradInput"};
constexpr std::array<std::string_view, 1> kWeight = {"sinter.ConvGradWeight"};

constexpr int64_t kTile = 8;  // pictures
// Products of one picture that pay for waking a second thread, when there is one picture alone.
constexpr int64_t kWorthSharing = int64_t{1} << 20;

size_t Padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

// A primitive for `pictures` at once, with what brings its arguments to and from row-major.
struct Tile {
  int64_t pictures = 0;
  std::unique_ptr<DnnPrimitive> convolution;
  // By argument; null: it takes row-major as it is.
  std::array<std::unique_ptr<DnnPrimitive>, 3> reorder;
  std::array<int64_t, 3> channel_block{};   // not 0: it is pictures in such blocks, which we move ourselves
  std::array<int64_t, 3> area{}, groups{};  // of those: elements of a plane, and blocks
  size_t scratch = 0;                       // of all of them, one after another in time
  std::array<size_t, 3> blocked{};          // bytes of a reordered argument, padded; 0: none
};

// Arguments as oneDNN orders them: the first two are read, the third is written.
std::array<std::vector<int64_t>, 3> PlainDims(const DnnConvolution& c) {
  switch (c.role) {
    case Role::kForward:
      return {c.InDims(), c.WeightDims(), c.OutDims()};
    case Role::kInputGradient:
      return {c.OutDims(), c.WeightDims(), c.InDims()};
    default:
      return {c.OutDims(), c.InDims(), c.WeightDims()};
  }
}

Result<Tile> MakeTile(DnnConvolution c, int64_t pictures) {
  c.n = pictures;
  Tile tile;
  tile.pictures = pictures;
  TRY(tile.convolution, MakeDnnConvolution(c));
  tile.scratch = tile.convolution->scratch_bytes();
  const auto dims = PlainDims(c);
  for (size_t a = 0; a < 3; ++a) {
    const DnnLayout plain = DnnLayout::Plain(dims[a]);
    const DnnLayout& wanted = tile.convolution->layout(a);
    if (wanted == plain) continue;
    TRY(tile.reorder[a], a == 2 ? MakeDnnReorder(wanted, plain) : MakeDnnReorder(plain, wanted));
    for (const int64_t block : {8, 16}) {
      if (dims[a].size() == 4 && dims[a][1] % block == 0 &&
          MovesChannelBlocks(block, dims[a][2] * dims[a][3]) &&
          wanted == DnnLayout::ChannelBlocks(dims[a], block)) {
        tile.channel_block[a] = block;
        tile.area[a] = dims[a][2] * dims[a][3];
        tile.groups[a] = dims[a][0] * dims[a][1] / block;
      }
    }
    tile.scratch = std::max(tile.scratch, tile.reorder[a]->scratch_bytes());
    tile.blocked[a] = Padded(wanted.bytes());
  }
  tile.scratch = Padded(tile.scratch);
  return tile;
}

class BlockedConvolution final : public Kernel {
 public:
  // `pools`: a max pool by pairs follows (and the Relu that c names, before it); it is taken over where the
  // result stands in blocks of channels.
  static Result<std::unique_ptr<BlockedConvolution>> Make(const DnnConvolution& c, const Tensor* weight,
                                                          bool pools) {
    auto kernel = std::unique_ptr<BlockedConvolution>(new BlockedConvolution);
    kernel->c_ = c;
    TRY(kernel->tiles_[0], MakeTile(c, kTile));
    TRY(kernel->tiles_[1], MakeTile(c, 1));
    kernel->pools_ = pools && std::ranges::all_of(kernel->tiles_, [&](const Tile& tile) {
                       const int64_t block = tile.channel_block[2];
                       return block != 0 && MovesChannelBlocks(block, (c.oh / 2) * (c.ow / 2));
                     });
    kernel->weight_argument_ = c.role == Role::kWeightGradient ? 2 : 1;
    kernel->weight_elements_ = 1;
    for (int64_t d : c.WeightDims()) kernel->weight_elements_ *= d;
    // Where the two tiles want different weights each has its own packing.
    const size_t w = kernel->weight_argument_;
    if (weight != nullptr && c.role != Role::kWeightGradient) {
      for (size_t t = 0; t < 2; ++t) {
        if (kernel->tiles_[t].reorder[w] == nullptr) continue;
        TRY(kernel->packed_[t], Buffer::Allocate(kernel->tiles_[t].blocked[w] + kernel->tiles_[t].scratch));
        kernel->Pack(t, weight->raw(), kernel->packed_[t]->data(),
                     kernel->packed_[t]->data() + kernel->tiles_[t].blocked[w]);
      }
    }
    if (weight != nullptr && c.role == Role::kForward) TRY_STATUS(kernel->AddHalf(*weight));
    return kernel;
  }

  size_t WorkspaceBytes(std::span<const Tensor* const>, std::span<Tensor* const>) const override {
    return SharedBytes() + static_cast<size_t>(ThreadPool::Shared().threads()) * RangeBytes();
  }

  size_t followers() const override { return (c_.relu ? 1 : 0) + (pools_ ? 1 : 0); }

  Status Run(const KernelCall& call) override {
    const size_t picture = c_.role == Role::kWeightGradient ? 1 : 0;  // an argument that counts pictures
    const int64_t n = call.inputs[picture]->dim(0);
    std::byte* shared = call.workspace.data();
    std::array<const void*, 2> weights{};
    const size_t most = (call.workspace.size() - SharedBytes()) / RangeBytes();
    const int64_t tiles = (n + kTile - 1) / kTile;
    // A last tile that is not full goes picture by picture: spread those instead where there is nothing else.
    const int64_t units = tiles == 1 ? n : tiles, unit = tiles == 1 ? 1 : kTile;
    if (c_.role != Role::kWeightGradient) {
      const bool whole = tiles > 1 || n == kTile, rest = tiles == 1 || n % kTile != 0;
      weights = PackWeights(call, shared, {whole, rest});
    }
    if (n == 1 && half_ && call.pool->threads() > 1 && most >= 2) {
      call.pool->RunChunks(2, [&](int r) {
        RunTile(call, *half_, 0, packed_halves_[static_cast<size_t>(r)]->data(),
                shared + SharedBytes() + static_cast<size_t>(r) * RangeBytes(), r);
      });
      return {};
    }
    const int ranges = std::min(call.pool->RangeCount(units, 1), static_cast<int>(most));
    call.pool->RunChunks(ranges, [&](int r) {
      std::byte* own = shared + SharedBytes() + static_cast<size_t>(r) * RangeBytes();
      if (c_.role == Role::kWeightGradient) std::memset(own, 0, PartialBytes());
      const int64_t end = std::min(n, ThreadPool::RangeBegin(units, ranges, r + 1) * unit);
      int64_t i = ThreadPool::RangeBegin(units, ranges, r) * unit;
      while (i < end && !call.cancel.Cancelled()) {
        const size_t t = end - i >= kTile ? 0 : 1;
        RunTile(call, tiles_[t], i, weights[t], own);
        i += tiles_[t].pictures;
      }
    });
    if (c_.role == Role::kWeightGradient) AddPartials(call, shared, ranges);
    return {};
  }

 private:
  // A single picture on several threads: half of the filters each. Left out where the filters do not part
  // into blocks of channels, or there is too little to do.
  Status AddHalf(const Tensor& weight) {
    if (c_.groups != 1 || c_.m % 32 != 0 || weight_elements_ * c_.oh * c_.ow < kWorthSharing) return {};
    DnnConvolution c = c_;
    c.m /= 2;
    TRY(Tile half, MakeTile(c, 1));
    const bool alike = half.reorder[1] != nullptr && half.channel_block[2] == tiles_[1].channel_block[2];
    if (!alike) return {};
    for (size_t h = 0; h < 2; ++h) {
      TRY(packed_halves_[h], Buffer::Allocate(half.blocked[1] + half.scratch));
      void* const handles[] = {const_cast<std::byte*>(weight.raw()) + h * weight.bytes() / 2,
                               packed_halves_[h]->data()};
      half.reorder[1]->Run(handles, packed_halves_[h]->data() + half.blocked[1]);
    }
    half_ = std::move(half);
    return {};
  }

  // Partial sums of the weight's gradient in row-major; none for the other roles.
  size_t PartialBytes() const {
    return c_.role == Role::kWeightGradient ? Padded(static_cast<size_t>(weight_elements_) * sizeof(float))
                                            : 0;
  }
  // Weights packed at each run, where they are not constant: one place for each tile size.
  size_t SharedBytes() const {
    size_t bytes = 0;
    if (c_.role == Role::kWeightGradient) return 0;
    for (size_t t = 0; t < 2; ++t) {
      if (packed_[t] == nullptr && tiles_[t].reorder[weight_argument_] != nullptr)
        bytes += tiles_[t].blocked[weight_argument_] + tiles_[t].scratch;
    }
    return bytes;
  }
  size_t TileBytes(const Tile& tile) const {
    size_t bytes = tile.scratch + PartialBytes();  // of the gradient in row-major, before it is added
    for (size_t a = 0; a < 3; ++a) {
      if (a != weight_argument_ || c_.role == Role::kWeightGradient) bytes += tile.blocked[a];
    }
    if (pools_) bytes += Padded(static_cast<size_t>(tile.channel_block[2] * PooledArea()) * sizeof(float));
    return bytes;
  }
  size_t RangeBytes() const {
    size_t most = 64;
    for (const Tile& tile : tiles_) most = std::max(most, TileBytes(tile));
    if (half_) most = std::max(most, TileBytes(*half_));
    return PartialBytes() + most;
  }

  int64_t PooledArea() const { return (c_.oh / 2) * (c_.ow / 2); }

  // The tile's result from blocks to row-major, pooled on the way; `block` holds one block of channels.
  void Pool(const Tile& tile, const float* from, float* to, float* block) const {
    const int64_t channels = tile.channel_block[2];
    for (int64_t g = 0; g < tile.groups[2]; ++g) {
      PoolChannelBlocks(channels, from + g * channels * tile.area[2], c_.ow, c_.oh / 2, c_.ow / 2, block);
      UnblockChannels(channels, block, PooledArea(), to + g * channels * PooledArea());
    }
  }

  void Pack(size_t t, const void* plain, void* packed, void* scratch) const {
    void* const handles[] = {const_cast<void*>(plain), packed};
    tiles_[t].reorder[weight_argument_]->Run(handles, scratch);
  }

  // For the tile sizes that will be met.
  std::array<const void*, 2> PackWeights(const KernelCall& call, std::byte* at,
                                         const std::array<bool, 2>& met) const {
    std::array<const void*, 2> weights{};
    for (size_t t = 0; t < 2; ++t) {
      if (!met[t]) continue;
      if (tiles_[t].reorder[weight_argument_] == nullptr) {
        weights[t] = call.inputs[1]->raw();
      } else if (packed_[t] != nullptr) {
        weights[t] = packed_[t]->data();
      } else {
        const size_t bytes = tiles_[t].blocked[weight_argument_];
        Pack(t, call.inputs[1]->raw(), at, at + bytes);
        weights[t] = at;
        at += bytes + tiles_[t].scratch;
      }
    }
    return weights;
  }

  // Argument a from row-major to what the primitive takes, or the result back.
  void Reorder(const Tile& tile, size_t a, void* from, void* to, void* scratch) const {
    const int64_t block = tile.channel_block[a];
    if (block == 0) {
      void* const pair[] = {from, to};
      return tile.reorder[a]->Run(pair, scratch);
    }
    const int64_t area = tile.area[a], groups = tile.groups[a];
    for (int64_t g = 0; g < groups; ++g) {
      const float* x = static_cast<const float*>(from) + g * block * area;
      float* y = static_cast<float*>(to) + g * block * area;
      a == 2 ? UnblockChannels(block, x, area, y) : BlockChannels(block, x, area, y);
    }
  }

  // Pictures i, i + 1, ... of the tile; with a tile of half of the filters, that half of them.
  void RunTile(const KernelCall& call, const Tile& tile, int64_t i, const void* weights, std::byte* own,
               int half = 0) const {
    std::byte* partial = own;
    std::byte* at = own + PartialBytes();
    std::byte* scratch = at;
    at += tile.scratch;
    const int64_t in = c_.c * c_.h * c_.w, out = c_.m * (pools_ ? PooledArea() : c_.oh * c_.ow);
    std::array<void*, 4> plain{}, handles{};
    auto picture = [&](const Tensor& tensor, int64_t size) {
      return const_cast<float*>(tensor.data<float>().data()) + i * size;
    };
    switch (c_.role) {
      case Role::kForward:
        plain = {picture(*call.inputs[0], in), nullptr, picture(*call.outputs[0], out) + half * out / 2,
                 nullptr};
        if (c_.bias) handles[3] = const_cast<float*>(call.inputs[2]->data<float>().data()) + half * c_.m / 2;
        break;
      case Role::kInputGradient:
        plain = {picture(*call.inputs[0], out), nullptr, picture(*call.outputs[0], in), nullptr};
        break;
      case Role::kWeightGradient:
        plain = {picture(*call.inputs[0], out), picture(*call.inputs[1], in), at, nullptr};
        at += PartialBytes();
        break;
    }
    for (size_t a = 0; a < 3; ++a) {
      if (a == weight_argument_ && c_.role != Role::kWeightGradient) {
        handles[a] = const_cast<void*>(weights);
        continue;
      }
      handles[a] = plain[a];
      if (tile.reorder[a] == nullptr) continue;
      handles[a] = at;
      at += tile.blocked[a];
      if (a != 2) Reorder(tile, a, plain[a], handles[a], scratch);
    }
    tile.convolution->Run(std::span(handles).first(c_.bias ? 4 : 3), scratch);
    if (pools_)
      Pool(tile, static_cast<const float*>(handles[2]), static_cast<float*>(plain[2]),
           reinterpret_cast<float*>(at));
    else if (tile.reorder[2] != nullptr)
      Reorder(tile, 2, handles[2], plain[2], scratch);
    if (c_.role == Role::kWeightGradient) {
      float* sum = reinterpret_cast<float*>(partial);
      const float* term = static_cast<const float*>(plain[2]);
      for (int64_t w = 0; w < weight_elements_; ++w) sum[w] += term[w];
    }
  }

  void AddPartials(const KernelCall& call, const std::byte* shared, int ranges) const {
    float* out = call.outputs[0]->mutable_data<float>().data();
    std::fill_n(out, weight_elements_, 0.0f);
    for (int r = 0; r < ranges; ++r) {
      const float* partial = reinterpret_cast<const float*>(shared + static_cast<size_t>(r) * RangeBytes());
      for (int64_t w = 0; w < weight_elements_; ++w) out[w] += partial[w];
    }
  }

  DnnConvolution c_;
  bool pools_ = false;
  std::array<Tile, 2> tiles_;  // of kTile pictures, and of one
  std::optional<Tile> half_;   // of one picture and half of the filters
  std::array<std::shared_ptr<Buffer>, 2> packed_halves_;
  size_t weight_argument_ = 1;
  int64_t weight_elements_ = 0;
  std::array<std::shared_ptr<Buffer>, 2> packed_;
};

template <Role kRole>
KernelChoice MakeBlocked(const KernelQuery& query) {
  for (const Type* type : {query.inputs[0], query.inputs[1], query.outputs[0]}) {
    if (type->dtype != DType::kF32) return Refusal{"serves plain f32 alone"};
  }
  // in, weight and out by role.
  const Type& in =
      kRole == Role::kInputGradient ? *query.outputs[0] : *query.inputs[kRole == Role::kForward ? 0 : 1];
  const Type& weight = kRole == Role::kWeightGradient ? *query.outputs[0] : *query.inputs[1];
  const Type& out = kRole == Role::kForward ? *query.outputs[0] : *query.inputs[0];
  if (in.Rank() > 4) return Refusal{"three spatial dimensions"};
  DnnConvolution c;
  c.role = kRole;
  c.groups = query.node.Int("group");
  c.bias = kRole == Role::kForward && query.inputs.size() > 2 && query.inputs[2] != nullptr;
  const size_t spatial = in.Rank() - 2, first = 2 - spatial;  // one-dimensional ones have height 1
  auto number = [](const Dim& dim, int64_t& to) {
    const auto constant = dim.Constant();
    if (constant) to = *constant;
    return constant.has_value() && *constant > 0;
  };
  std::array<int64_t*, 2> ins{&c.h, &c.w}, outs{&c.oh, &c.ow};
  bool known = number(in.shape[1], c.c) && number(weight.shape[0], c.m);
  for (size_t d = 0; d < spatial; ++d) {
    known = known && number(in.shape[2 + d], *ins[first + d]) && number(out.shape[2 + d], *outs[first + d]) &&
            number(weight.shape[2 + d], c.kernel[first + d]);
  }
  if (!known) return Refusal{"sizes of pictures are not known when it is compiled"};
  const auto windows = FixedWindows(query.node, in.shape, std::span(c.kernel).subspan(first));
  if (!windows) return Refusal{windows.error().message};
  for (size_t d = 0; d < 2; ++d) {
    const Window& window = d == 0 ? windows->y : windows->x;
    c.stride[d] = window.stride;
    c.dilation[d] = window.dilation;
    c.pad_begin[d] = window.pad_begin;
    c.pad_end[d] = window.pad_end;
  }
  c.relu = kRole == Role::kForward && !query.followers.empty() && IsRelu(query.followers[0]);
  const size_t next = c.relu ? 1 : 0;
  const bool pools =
      kRole == Role::kForward && query.followers.size() > next && PoolsPairs(query.followers[next]);
  auto made =
      BlockedConvolution::Make(c, kRole == Role::kWeightGradient ? nullptr : query.constants[1], pools);
  if (!made) return Refusal{made.error().message};
  return std::move(*made);
}

constexpr KernelEntry kEntries[] = {
    {"onednn.conv", kForward, &MakeBlocked<Role::kForward>},
    {"onednn.conv_grad_input", kInput, &MakeBlocked<Role::kInputGradient>},
    {"onednn.conv_grad_weight", kWeight, &MakeBlocked<Role::kWeightGradient>}};

}  // namespace

std::span<const KernelEntry> BlockedConvolutionKernels() { return kEntries; }

}  // namespace sinter
