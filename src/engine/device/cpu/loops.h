// Element-wise loops over f32, compiled for several instruction sets and chosen when the program starts.
#pragma once

#include <cstdint>
#include <string_view>

// The clones are resolved before sanitizers are up, which they do not survive.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define SINTER_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SINTER_CLONES
#endif

namespace sinter {

using UnaryLoop = void (*)(const float* x, float* out, int64_t n);
using BinaryLoop = void (*)(const float* a, const float* b, float* out, int64_t n);

struct BinaryLoops {
  std::string_view op;
  BinaryLoop both;   // a[i], b[i]
  BinaryLoop right;  // a[i], b[0]
  BinaryLoop left;   // a[0], b[i]
};

// Null when there is none for the operator.
UnaryLoop FindUnaryLoop(std::string_view op);
const BinaryLoops* FindBinaryLoops(std::string_view op);

// y[i] += x[i].
void AddTo(const float* x, float* y, int64_t n);
double SumSquares(const float* x, int64_t n);
// The sum in double, in eight interleaved parts: the same order whatever the instruction set.
double Sum(const float* x, int64_t n);

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
