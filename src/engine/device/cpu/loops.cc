#include "engine/device/cpu/loops.h"

#include <cmath>

namespace sinter {
SINTER_CLONES void MomentumLoop(const float* w, const float* g, const float* m, float* w_new, float* m_new,
                                int64_t n, float rate, float momentum, float decay, bool nesterov) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const float slope = g[i] + decay * w[i];
    const float moment = momentum * m[i] + slope;
    const float old = w[i];
    m_new[i] = moment;
    w_new[i] = old - rate * (nesterov ? slope + momentum * moment : moment);
  }
}

SINTER_CLONES void AdamLoop(const float* w, const float* g, const float* m, const float* v, float* w_new,
                            float* m_new, float* v_new, int64_t n, const AdamStep& s) {
  const float coupled = s.decoupled ? 0.0f : s.decay, direct = s.decoupled ? s.decay : 0.0f;
  // In place of w, m and v as a rule, element for element: no dependency, which a check for overlap would
  // see.
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const float old = w[i];
    const float slope = g[i] + coupled * old;
    const float first = s.beta1 * m[i] + (1.0f - s.beta1) * slope;
    const float second = s.beta2 * v[i] + (1.0f - s.beta2) * slope * slope;
    w_new[i] = old - s.rate * (first / s.bias1 / (std::sqrt(second / s.bias2) + s.epsilon) + direct * old);
    m_new[i] = first;
    v_new[i] = second;
  }
}

}  // namespace sinter
