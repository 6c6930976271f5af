#include "engine/device/cpu/onednn_versions.h"

#include <array>

namespace sinter {
namespace {

// oneDNN counts the gaps.
std::array<int64_t, 2> Gaps(const DnnConvolution& c) { return {c.dilation[0] - 1, c.dilation[1] - 1}; }

}  // namespace

#if DNNL_VERSION_MAJOR >= 3

namespace {

DnnDesc Own(dnnl_memory_desc_t desc) { return {desc, dnnl_memory_desc_destroy}; }

}  // namespace

DnnDesc DescOfStrides(std::span<const int64_t> dims, std::span<const int64_t> strides) {
  dnnl_memory_desc_t desc = nullptr;
  SINTER_CHECK(dnnl_memory_desc_create_with_strides(&desc, static_cast<int>(dims.size()), dims.data(),
                                                    dnnl_f32, strides.data()) == dnnl_success);
  return Own(desc);
}

DnnDesc DescOfTag(std::span<const int64_t> dims, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t desc = nullptr;
  SINTER_CHECK(dnnl_memory_desc_create_with_tag(&desc, static_cast<int>(dims.size()), dims.data(), dnnl_f32,
                                                tag) == dnnl_success);
  return Own(desc);
}

DnnDesc CopyOfDesc(DnnRawDesc desc) {
  dnnl_memory_desc_t copy = nullptr;
  SINTER_CHECK(dnnl_memory_desc_clone(&copy, desc) == dnnl_success);
  return Own(copy);
}

dnnl_status_t AppendRelu(dnnl_post_ops_t after) {
  return dnnl_post_ops_append_eltwise(after, dnnl_eltwise_relu, 0, 0);
}

dnnl_status_t DescribeForward(dnnl_primitive_desc_t* made, dnnl_engine_t engine, const DnnConvolution& c,
                              dnnl_prop_kind_t kind, const DnnConvolutionDescs& descs,
                              const_dnnl_primitive_attr_t attributes) {
  return dnnl_convolution_forward_primitive_desc_create(
      made, engine, kind, dnnl_convolution_direct, descs.in, descs.weight, descs.bias, descs.out,
      c.stride.data(), Gaps(c).data(), c.pad_begin.data(), c.pad_end.data(), attributes);
}

dnnl_status_t DescribeBackward(dnnl_primitive_desc_t* made, dnnl_engine_t engine, const DnnConvolution& c,
                               const DnnConvolutionDescs& descs, const_dnnl_primitive_desc_t forward,
                               const_dnnl_primitive_attr_t attributes) {
  if (c.role == DnnConvolution::Role::kInputGradient) {
    return dnnl_convolution_backward_data_primitive_desc_create(
        made, engine, dnnl_convolution_direct, descs.in, descs.weight, descs.out, c.stride.data(),
        Gaps(c).data(), c.pad_begin.data(), c.pad_end.data(), forward, attributes);
  }
  return dnnl_convolution_backward_weights_primitive_desc_create(
      made, engine, dnnl_convolution_direct, descs.in, descs.weight, nullptr, descs.out, c.stride.data(),
      Gaps(c).data(), c.pad_begin.data(), c.pad_end.data(), forward, attributes);
}

dnnl_status_t DescribeProduct(dnnl_primitive_desc_t* made, dnnl_engine_t engine, DnnRawDesc rows,
                              DnnRawDesc matrix, DnnRawDesc bias, DnnRawDesc out,
                              const_dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(made, engine, rows, matrix, bias, out, attributes);
}

#else

DnnDesc DescOfStrides(std::span<const int64_t> dims, std::span<const int64_t> strides) {
  auto desc = std::make_shared<dnnl_memory_desc_t>();
  SINTER_CHECK(dnnl_memory_desc_init_by_strides(desc.get(), static_cast<int>(dims.size()), dims.data(),
                                                dnnl_f32, strides.data()) == dnnl_success);
  return desc;
}

DnnDesc DescOfTag(std::span<const int64_t> dims, dnnl_format_tag_t tag) {
  auto desc = std::make_shared<dnnl_memory_desc_t>();
  SINTER_CHECK(dnnl_memory_desc_init_by_tag(desc.get(), static_cast<int>(dims.size()), dims.data(), dnnl_f32,
                                            tag) == dnnl_success);
  return desc;
}

DnnDesc CopyOfDesc(DnnRawDesc desc) { return std::make_shared<dnnl_memory_desc_t>(*desc); }

dnnl_status_t AppendRelu(dnnl_post_ops_t after) {
  return dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, 0, 0);
}

dnnl_status_t DescribeForward(dnnl_primitive_desc_t* made, dnnl_engine_t engine, const DnnConvolution& c,
                              dnnl_prop_kind_t kind, const DnnConvolutionDescs& descs,
                              const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t op;
  const dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &op, kind, dnnl_convolution_direct, descs.in, descs.weight, descs.bias, descs.out, c.stride.data(),
      Gaps(c).data(), c.pad_begin.data(), c.pad_end.data());
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(made, &op, attributes, engine, nullptr);
}

dnnl_status_t DescribeBackward(dnnl_primitive_desc_t* made, dnnl_engine_t engine, const DnnConvolution& c,
                               const DnnConvolutionDescs& descs, const_dnnl_primitive_desc_t forward,
                               const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t op;
  const dnnl_status_t status =
      c.role == DnnConvolution::Role::kInputGradient
          ? dnnl_dilated_convolution_backward_data_desc_init(
                &op, dnnl_convolution_direct, descs.in, descs.weight, descs.out, c.stride.data(),
                Gaps(c).data(), c.pad_begin.data(), c.pad_end.data())
          : dnnl_dilated_convolution_backward_weights_desc_init(
                &op, dnnl_convolution_direct, descs.in, descs.weight, nullptr, descs.out, c.stride.data(),
                Gaps(c).data(), c.pad_begin.data(), c.pad_end.data());
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(made, &op, attributes, engine, forward);
}

dnnl_status_t DescribeProduct(dnnl_primitive_desc_t* made, dnnl_engine_t engine, DnnRawDesc rows,
                              DnnRawDesc matrix, DnnRawDesc bias, DnnRawDesc out,
                              const_dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t op;
  const dnnl_status_t status = dnnl_matmul_desc_init(&op, rows, matrix, bias, out);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(made, &op, attributes, engine, nullptr);
}

#endif

}  // namespace sinter
