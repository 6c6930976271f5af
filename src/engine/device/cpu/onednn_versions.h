// What differs between oneDNN 2 (Debian 12) and 3 (Debian 13), for onednn.cc alone.
#pragma once

#include <dnnl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "engine/device/cpu/onednn.h"

namespace sinter {

// A memory descriptor as functions take it. In 2 it is a struct of the caller's, in 3 oneDNN's own behind a
// handle.
#if DNNL_VERSION_MAJOR >= 3
using DnnRawDesc = const_dnnl_memory_desc_t;
#else
using DnnRawDesc = const dnnl_memory_desc_t*;
#endif
using DnnDesc = std::shared_ptr<std::remove_pointer_t<DnnRawDesc>>;

DnnDesc DescOfStrides(std::span<const int64_t> dims, std::span<const int64_t> strides);  // of f32
DnnDesc DescOfTag(std::span<const int64_t> dims, dnnl_format_tag_t tag);                 // of f32
DnnDesc CopyOfDesc(DnnRawDesc desc);

dnnl_status_t AppendRelu(dnnl_post_ops_t after);

// Pictures, weight, bias (null: none) and what comes out, or their gradients.
struct DnnConvolutionDescs {
  DnnRawDesc in, weight, bias, out;
};
dnnl_status_t DescribeForward(dnnl_primitive_desc_t* made, dnnl_engine_t engine,
                              const DnnConvolution& convolution, dnnl_prop_kind_t kind,
                              const DnnConvolutionDescs& descs, const_dnnl_primitive_attr_t attributes);
// Of a gradient's role; `forward` is the training convolution that it belongs to.
dnnl_status_t DescribeBackward(dnnl_primitive_desc_t* made, dnnl_engine_t engine,
                               const DnnConvolution& convolution, const DnnConvolutionDescs& descs,
                               const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attributes);
dnnl_status_t DescribeProduct(dnnl_primitive_desc_t* made, dnnl_engine_t engine, DnnRawDesc rows,
                              DnnRawDesc matrix, DnnRawDesc bias, DnnRawDesc out,
                              const_dnnl_primitive_attr_t attributes);

}  // namespace sinter
