// Loops over rows of elements, compiled for several instruction sets and chosen when the program starts.
// Element-wise ones may write over any of their inputs, element for element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/tensor/dtype.h"

// The clones are resolved before sanitizers are up, which they do not survive.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SINTER_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SINTER_CLONES
#endif

namespace sinter {

// The constants of an operator that has some: alpha and beta, or the ends of a clip.
struct LoopConstants {
  double a = 0, b = 0;
};
using UnaryLoop = void (*)(const void* x, void* out, int64_t n, const LoopConstants& constants);
// x[i * xs] with y[i * ys], strides 0 or 1.
using BinaryLoop = void (*)(const void* x, int64_t xs, const void* y, int64_t ys, void* out, int64_t n);

// Null when there is none for the operator and the dtype of its inputs.
UnaryLoop FindUnaryLoop(std::string_view op, DType dtype);        // unary_loops.cc
BinaryLoop FindArithmeticLoop(std::string_view op, DType dtype);  // arithmetic_loops.cc
BinaryLoop FindComparisonLoop(std::string_view op, DType dtype);  // comparison_loops.cc: to bool
UnaryLoop FindTestLoop(std::string_view op, DType dtype);         // comparison_loops.cc: to bool

// The formulas stand on the pages of the operators.
void MomentumLoop(const float* w, const float* g, const float* m, float* w_new, float* m_new, int64_t n,
                  float rate, float momentum, float decay, bool nesterov);
struct AdamStep {
  float rate, beta1, beta2, epsilon, decay, bias1, bias2;
  bool decoupled;
};
void AdamLoop(const float* w, const float* g, const float* m, const float* v, float* w_new, float* m_new,
              float* v_new, int64_t n, const AdamStep& s);

}  // namespace sinter
