// Elementary functions without branches or calls, so that loops over them vectorise. In f32 within a few
// units in the last place (vector_math_test.cc holds each to its bound against f64); in f64 the C library's.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace sinter {

#define SINTER_INLINE [[gnu::always_inline]] inline

namespace vector_math {

// exp(r) - 1 for |r| <= ln(2) / 2: Cephes, expf.
SINTER_INLINE float ExpTail(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r + r;
}

SINTER_INLINE float PowerOfTwo(int32_t n) { return std::bit_cast<float>((n + 127) << 23); }

// exp(x) = 2^n exp(x - n ln 2), 2^n in two steps since n is between -151 and 129.
SINTER_INLINE float Exp(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 2^23: what is added to it is rounded to an integer
  float y = x > 89.0f ? 89.0f : x;
  y = y < -104.0f ? -104.0f : y;
  y = x == x ? y : 0.0f;
  const float shifted = y * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const int32_t k = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(kRound);
  const float r = (y - n * 0.693359375f) - n * -2.12194440e-4f;
  const int32_t half = k >> 1;
  const float e = (ExpTail(r) + 1.0f) * PowerOfTwo(half) * PowerOfTwo(k - half);
  return x == x ? e : x;
}
SINTER_INLINE double Exp(double x) { return std::exp(x); }

// Exact to the last places near zero too.
SINTER_INLINE float ExpMinusOne(float x) {
  const bool near = x > -0.34f && x < 0.34f;
  return near ? ExpTail(near ? x : 0.0f) : Exp(x) - 1.0f;
}
SINTER_INLINE double ExpMinusOne(double x) { return std::expm1(x); }

// log(m 2^e) = log(m) + e ln 2, m between sqrt(1/2) and sqrt(2): Cephes, logf.
SINTER_INLINE float Log(float x) {
  const bool tiny = x < std::numeric_limits<float>::min();
  const float scaled = tiny ? x * 8388608.0f : x;  // a denormal number, made normal by 2^23
  const int32_t bits = std::bit_cast<int32_t>(scaled);
  int32_t e = (bits >> 23) - 126 - (tiny ? 23 : 0);
  float m = std::bit_cast<float>((bits & 0x007FFFFF) | 0x3F000000);
  const bool low = m < 0.707106781186547524f;
  e -= low ? 1 : 0;
  m = low ? m + m : m;
  const float f = m - 1.0f, z = f * f, n = static_cast<float>(e);
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float y = p * f * z + n * -2.12194440e-4f - 0.5f * z;
  y = (f + y) + n * 0.693359375f;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  y = x == kInfinity ? kInfinity : y;
  y = x == 0.0f ? -kInfinity : y;
  return x >= 0.0f ? y : std::numeric_limits<float>::quiet_NaN();
}
SINTER_INLINE double Log(double x) { return std::log(x); }

// log(1 + t), t in [0, 1]: what rounding 1 + t loses is made good (Kahan).
SINTER_INLINE float LogOfOnePlus(float t) {
  const float u = 1.0f + t, d = u - 1.0f;
  return d == 0.0f ? t : Log(u) * (t / (d == 0.0f ? 1.0f : d));
}
SINTER_INLINE double LogOfOnePlus(double t) { return std::log1p(t); }

// Cephes, tanhf.
SINTER_INLINE float Tanh(float x) {
  const float size = x < 0.0f ? -x : x, z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near = p * z * x + x, far = 1.0f - 2.0f / (Exp(size + size) + 1.0f);
  return size < 0.625f ? near : (x < 0.0f ? -far : far);
}
SINTER_INLINE double Tanh(double x) { return std::tanh(x); }

SINTER_INLINE float Sigmoid(float x) { return 1.0f / (1.0f + Exp(-x)); }
SINTER_INLINE double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// A rational function of x^2 times x on [-4, 4], where erf reaches 1 in f32: Eigen, generic_fast_erf.
SINTER_INLINE float Erf(float x) {
  float y = x > 4.0f ? 4.0f : x;
  y = y < -4.0f ? -4.0f : y;
  const float z = y * y;
  float p = -2.72614225801306e-10f;
  p = p * z + 2.77068142495902e-8f;
  p = p * z - 2.10102402082508e-6f;
  p = p * z - 5.69250639462346e-5f;
  p = p * z - 7.34990630326855e-4f;
  p = p * z - 2.95459980854025e-3f;
  p = p * z - 1.60960333262415e-2f;
  float q = -1.45660718464996e-5f;
  q = q * z - 2.13374055278905e-4f;
  q = q * z - 1.68282697438203e-3f;
  q = q * z - 7.37332916720468e-3f;
  q = q * z - 1.42647390514189e-2f;
  return y * p / q;
}
SINTER_INLINE double Erf(double x) { return std::erf(x); }

SINTER_INLINE float Softplus(float x) {
  const float size = x < 0.0f ? -x : x;
  return (x > 0.0f ? x : 0.0f) + LogOfOnePlus(Exp(-size));
}
SINTER_INLINE double Softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

}  // namespace vector_math
}  // namespace sinter
