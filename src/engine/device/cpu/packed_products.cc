// MatMul and Gemm by a matrix that never changes: packed once into the layout that oneDNN's product likes, in
// blocks of columns. Rows go through in tiles of a few fixed sizes, so that primitives do not multiply with
// the shapes that arrive. A bias and a Relu that follow are computed while the tile is in registers.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "engine/device/cpu/kernels.h"
#include "engine/device/cpu/onednn.h"

namespace sinter {
namespace {

constexpr std::array<std::string_view, 2> kProducts = {"MatMul", "Gemm"};

constexpr std::array<int64_t, 4> kTileRows = {64, 16, 4, 1};
// Columns of a block: as many as keep it near the second cache, so that several threads share one row too.
constexpr int64_t kLeastColumns = 64, kMostColumns = 512, kBlockElements = int64_t{1} << 18;

// What the kernel computes: out = relu(a * b + bias), the last two where they are asked for.
struct Product {
  const Tensor* matrix = nullptr;  // [k, n], or [n, k] when transposed
  bool transposed = false;
  const Tensor* bias = nullptr;  // n numbers
  bool relu = false;
  size_t followers = 0;
  int64_t k = 0, n = 0;
};

size_t Padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

class PackedProduct final : public Kernel {
 public:
  static Result<std::unique_ptr<PackedProduct>> Make(const Product& product) {
    auto kernel = std::unique_ptr<PackedProduct>(new PackedProduct);
    kernel->product_ = product;
    const int64_t most = std::clamp(kBlockElements / product.k, kLeastColumns, kMostColumns);
    const int64_t count = (product.n + most - 1) / most;
    const int64_t width = ((product.n + count - 1) / count + 15) / 16 * 16;
    for (int64_t begin = 0; begin < product.n; begin += width)
      TRY_STATUS(kernel->AddBlock(begin, std::min(width, product.n - begin)));
    return kernel;
  }

  size_t followers() const override { return product_.followers; }

  size_t WorkspaceBytes(std::span<const Tensor* const>, std::span<Tensor* const>) const override {
    return static_cast<size_t>(ThreadPool::Shared().threads()) * scratch_ + 64;
  }

  Status Run(const KernelCall& call) override {
    const Tensor& a = *call.inputs[0];
    const int64_t rows = a.elements() / product_.k;
    const float* from = a.data<float>().data();
    float* to = call.outputs[0]->mutable_data<float>().data();
    // Units: a tile of rows by a block of columns; small ones where there are too few large ones to share.
    const auto blocks = static_cast<int64_t>(blocks_.size());
    const int64_t unit = rows * blocks >= kTileRows[0] * call.pool->threads() ? kTileRows[0] : kTileRows[1];
    const int64_t tiles = (rows + unit - 1) / unit;
    const int64_t grain =
        std::max<int64_t>(1, kGrain * 16 / std::max<int64_t>(1, unit * product_.k * Width()));
    const int most = scratch_ == 0 ? 1 << 30 : static_cast<int>(call.workspace.size() / scratch_);
    const int ranges = std::min(call.pool->RangeCount(tiles * blocks, grain), most);
    call.pool->RunChunks(ranges, [&](int r) {
      std::byte* scratch = call.workspace.data() + static_cast<size_t>(r) * scratch_;
      const int64_t end = ThreadPool::RangeBegin(tiles * blocks, ranges, r + 1);
      for (int64_t u = ThreadPool::RangeBegin(tiles * blocks, ranges, r); u < end && !call.cancel.Cancelled();
           ++u) {
        const int64_t begin = u % tiles * unit;
        RunRows(blocks_[static_cast<size_t>(u / tiles)], from, to, begin, std::min(rows, begin + unit),
                scratch);
      }
    });
    return {};
  }

 private:
  struct Panel {  // primitives for blocks of one width, by kTileRows
    int64_t columns = 0;
    std::array<std::unique_ptr<DnnPrimitive>, kTileRows.size()> tiles;
  };
  struct Block {
    int64_t begin = 0;
    size_t panel = 0;
    std::shared_ptr<Buffer> packed;
  };

  int64_t Width() const { return panels_[0].columns; }

  Status AddBlock(int64_t begin, int64_t columns) {
    if (panels_.empty() || panels_.back().columns != columns) TRY_STATUS(AddPanel(columns));
    const Panel& panel = panels_.back();
    const int64_t dims[] = {product_.k, columns};
    const int64_t strides[] = {product_.transposed ? 1 : product_.n, product_.transposed ? product_.k : 1};
    const DnnLayout& wanted = panel.tiles[0]->layout(1);
    TRY(const auto reorder, MakeDnnReorder(DnnLayout::Strided(dims, strides), wanted));
    Block block{begin, panels_.size() - 1, nullptr};
    TRY(block.packed, Buffer::Allocate(Padded(wanted.bytes())));
    TRY(const auto scratch, Buffer::Allocate(reorder->scratch_bytes() + 64));
    const float* first =
        product_.matrix->data<float>().data() + begin * (product_.transposed ? product_.k : 1);
    void* const handles[] = {const_cast<float*>(first), block.packed->data()};
    reorder->Run(handles, scratch->data());
    blocks_.push_back(std::move(block));
    return {};
  }

  Status AddPanel(int64_t columns) {
    Panel panel{columns, {}};
    for (size_t t = 0; t < kTileRows.size(); ++t) {
      DnnProduct p{kTileRows[t], product_.k, columns, product_.n, product_.bias != nullptr, product_.relu};
      if (t > 0) p.weights = &panel.tiles[0]->layout(1);
      TRY(panel.tiles[t], MakeDnnProduct(p));
      scratch_ = std::max(scratch_, Padded(panel.tiles[t]->scratch_bytes()));
    }
    panels_.push_back(std::move(panel));
    return {};
  }

  void RunRows(const Block& block, const float* from, float* to, int64_t begin, int64_t end,
               std::byte* scratch) const {
    const Panel& panel = panels_[block.panel];
    const float* bias =
        product_.bias == nullptr ? nullptr : product_.bias->data<float>().data() + block.begin;
    for (size_t t = 0; begin < end; ++t) {
      for (; end - begin >= kTileRows[t]; begin += kTileRows[t]) {
        void* const handles[] = {const_cast<float*>(from + begin * product_.k), block.packed->data(),
                                 to + begin * product_.n + block.begin, const_cast<float*>(bias)};
        panel.tiles[t]->Run(std::span(handles).first(bias == nullptr ? 3 : 4), scratch);
      }
    }
  }

  Product product_;
  std::vector<Panel> panels_;  // one, or two when the last block is narrower
  std::vector<Block> blocks_;
  size_t scratch_ = 0;
};

// One number a column, as a bias would be: [n] or [1, n] (or more leading ones).
bool IsRow(const Tensor& tensor, int64_t n) {
  return tensor.dtype() == DType::kF32 && tensor.encoding().IsPlain() && tensor.elements() == n &&
         tensor.rank() >= 1 && tensor.dims().back() == n;
}

// Takes over the bias and the Relu that follow, as many as stand in that order.
void TakeFollowers(const std::vector<Follower>& followers, Product& product) {
  for (const Follower& follower : followers) {
    if (product.relu) return;
    if (IsRelu(follower)) {
      product.relu = true;
    } else if (follower.node.node().op == "Add" && product.bias == nullptr) {
      const Tensor* other = follower.constants[1 - follower.input];
      if (other == nullptr || !IsRow(*other, product.n)) return;
      product.bias = other;
    } else {
      return;
    }
    ++product.followers;
  }
}

KernelChoice MakePacked(const KernelQuery& query) {
  if (const char* why = NotFloat32(query)) return Refusal{why};
  Product product;
  product.matrix = query.constants[1];
  if (product.matrix == nullptr) return Refusal{"the matrix is not known when it is compiled"};
  if (product.matrix->rank() != 2 || query.inputs[0]->Rank() < 2)
    return Refusal{"a vector, or a batch of matrices"};
  if (query.node.node().op == "Gemm") {
    if (query.node.Int("transA") != 0 || query.node.Float("alpha") != 1)
      return Refusal{"a transposed or scaled first operand"};
    product.transposed = query.node.Int("transB") != 0;
  }
  product.k = product.matrix->dim(product.transposed ? 1 : 0);
  product.n = product.matrix->dim(product.transposed ? 0 : 1);
  if (product.k == 0 || product.n == 0) return Refusal{"an empty matrix"};
  if (query.inputs.size() > 2 && query.inputs[2] != nullptr) {
    product.bias = query.constants[2];
    if (product.bias == nullptr || !IsRow(*product.bias, product.n) || query.node.Float("beta") != 1)
      return Refusal{"the bias is not one known number a column"};
  }
  TakeFollowers(query.followers, product);
  auto made = PackedProduct::Make(product);
  if (!made) return Refusal{made.error().message};
  return std::move(*made);
}

constexpr KernelEntry kEntries[] = {{"onednn.packed_product", kProducts, &MakePacked}};

}  // namespace

std::span<const KernelEntry> PackedProductKernels() { return kEntries; }

}  // namespace sinter
