// The CPU's kernels, by file. For cpu's own files.
#pragma once

#include <span>

#include "engine/device/device.h"

namespace sinter {

std::span<const KernelEntry> PackedProductKernels();       // packed_products.cc: by a constant matrix
std::span<const KernelEntry> ProductKernels();             // products.cc: MatMul, Gemm
std::span<const KernelEntry> DirectConvolutionKernels();   // direct_convolution.cc: few channels
std::span<const KernelEntry> BlockedConvolutionKernels();  // blocked_convolution.cc: sizes known; oneDNN
std::span<const KernelEntry> ConvolutionKernels();         // convolution.cc: any size
std::span<const KernelEntry> PoolingKernels();             // pooling.cc
std::span<const KernelEntry> ElementwiseKernels();         // elementwise.cc
std::span<const KernelEntry> UpdateKernels();              // updates.cc
std::span<const KernelEntry> ReductionKernels();           // reductions.cc
std::span<const KernelEntry> NormalisationKernels();       // normalisation.cc: softmax, cross-entropy
std::span<const KernelEntry> LayerNormKernels();           // layer_norm.cc
std::span<const KernelEntry> BatchNormKernels();           // batch_norm.cc
std::span<const KernelEntry> AveragePoolingKernels();      // average_pooling.cc
std::span<const KernelEntry> ScanKernels();                // scans.cc: ArgMax, ArgMin, CumSum
std::span<const KernelEntry> CreationKernels();            // creation.cc: ranges, random numbers, dropout
std::span<const KernelEntry> QuantisationKernels();        // quantisation.cc
std::span<const KernelEntry> SelectionKernels();           // selection.cc: Where
std::span<const KernelEntry> CastKernels();                // casts.cc
std::span<const KernelEntry> MovementKernels();   // movement.cc: copies, transposes, joins, splits, fills
std::span<const KernelEntry> SlicingKernels();    // slicing.cc: Slice, Expand, Tile, Pad
std::span<const KernelEntry> GatheringKernels();  // gathering.cc: by index

// Work below this many element operations is not worth a second thread.
inline constexpr int64_t kGrain = 16384;

inline bool IsRelu(const Follower& follower) { return follower.node.node().op == "Relu"; }
// A MaxPool by windows of 2 x 2, two apart, inside pictures [n, c, h, w].
bool PoolsPairs(const Follower& follower);

// Null when all inputs and outputs of the node are plain, else why not.
inline const char* NotPlain(const KernelQuery& query) {
  for (const auto* list : {&query.inputs, &query.outputs}) {
    for (const Type* type : *list) {
      if (type != nullptr && !type->encoding.IsPlain()) return "serves plain tensors alone";
    }
  }
  return nullptr;
}

// Null when all inputs and outputs of the node are plain f32, else why not.
inline const char* NotFloat32(const KernelQuery& query) {
  for (const auto* list : {&query.inputs, &query.outputs}) {
    for (const Type* type : *list) {
      if (type != nullptr && (type->dtype != DType::kF32 || !type->encoding.IsPlain()))
        return "serves plain f32 alone";
    }
  }
  return nullptr;
}

}  // namespace sinter
