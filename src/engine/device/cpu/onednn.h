// oneDNN's primitives behind one door: all that differs between its versions 2 and 3 stands in
// onednn_versions.cc. For cpu's own files. Called through the C interface, whose execute allocates nothing;
// single-threaded, since our own pool splits the work.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace sinter {

// The layout of f32 elements in memory as oneDNN writes it. Plain ones are row-major.
class DnnLayout {
 public:
  static DnnLayout Plain(std::span<const int64_t> dims);
  static DnnLayout Strided(std::span<const int64_t> dims, std::span<const int64_t> strides);
  // Pictures [n, c, h, w] in blocks of 8 or 16 channels, which are innermost.
  static DnnLayout ChannelBlocks(std::span<const int64_t> dims, int64_t block);
  size_t bytes() const;
  bool operator==(const DnnLayout& other) const;

  struct Raw;  // oneDNN's descriptor
  explicit DnnLayout(std::shared_ptr<const Raw> raw) : raw_(std::move(raw)) {}
  const Raw& raw() const { return *raw_; }

 private:
  std::shared_ptr<const Raw> raw_;
};

// A primitive for one set of sizes. Any number of threads may run it at once.
class DnnPrimitive {
 public:
  ~DnnPrimitive();
  DnnPrimitive(const DnnPrimitive&) = delete;
  // The layouts that it wants of its arguments, in the order of its maker's comment.
  const DnnLayout& layout(size_t argument) const { return layouts_[argument]; }
  size_t scratch_bytes() const { return scratch_bytes_; }
  // `handles`: the arguments' bytes in the same order; `scratch`: scratch_bytes(), 64-aligned.
  void Run(std::span<void* const> handles, void* scratch) const;

  struct Impl;
  DnnPrimitive(std::unique_ptr<Impl> impl, std::vector<DnnLayout> layouts, size_t scratch_bytes);

 private:
  std::unique_ptr<Impl> impl_;
  std::vector<DnnLayout> layouts_;
  size_t scratch_bytes_;
};

// Copies between layouts. Arguments: from, to.
Result<std::unique_ptr<DnnPrimitive>> MakeDnnReorder(const DnnLayout& from, const DnnLayout& to);

// A convolution of n pictures [c, h, w] to [m, oh, ow].
struct DnnConvolution {
  enum class Role { kForward, kInputGradient, kWeightGradient };
  Role role = Role::kForward;
  int64_t n = 1, c = 1, h = 1, w = 1, m = 1, oh = 1, ow = 1, groups = 1;
  std::array<int64_t, 2> kernel{1, 1}, stride{1, 1}, dilation{1, 1}, pad_begin{0, 0}, pad_end{0, 0};
  bool bias = false;  // of the forward role
  bool relu = false;  // of the forward role: max(0, .) of what comes out
  // Row-major dims of one argument: pictures in, the weight (groups first where there are several), out.
  std::vector<int64_t> InDims() const { return {n, c, h, w}; }
  std::vector<int64_t> WeightDims() const;
  std::vector<int64_t> OutDims() const { return {n, m, oh, ow}; }
};

// Arguments: kForward: in, weight, out[, bias]; kInputGradient: out's gradient, weight, in's gradient;
// kWeightGradient: out's gradient, in, the weight's gradient. Layouts are oneDNN's choice, the bias plain.
// Errors: sizes that oneDNN has no implementation for.
Result<std::unique_ptr<DnnPrimitive>> MakeDnnConvolution(const DnnConvolution& convolution);

// Rows [rows, k] times a matrix [k, columns], into rows of a row-major matrix `stride` wide.
struct DnnProduct {
  int64_t rows = 1, k = 1, columns = 1, stride = 1;
  bool bias = false;                   // one number a column, added
  bool relu = false;                   // then max(0, .)
  const DnnLayout* weights = nullptr;  // of the matrix; null: oneDNN's choice
};

// Arguments: rows, matrix, out[, bias].
Result<std::unique_ptr<DnnPrimitive>> MakeDnnProduct(const DnnProduct& product);

}  // namespace sinter
