// What normalisations share: the tensor as planes with statistics of their own.
#pragma once

#include <cmath>
#include <vector>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {

// Mean and (biased) variance of groups of elements: element i belongs to group group_of(i).
struct Moments {
  std::vector<double> mean, variance;
  std::vector<int64_t> count;
};

template <class T, class GroupOf>
Moments MomentsOf(std::span<const T> x, int64_t groups, GroupOf group_of) {
  Moments m;
  m.mean.assign(static_cast<size_t>(groups), 0);
  m.variance = m.mean;
  m.count.assign(static_cast<size_t>(groups), 0);
  for (size_t i = 0; i < x.size(); ++i) {
    m.mean[group_of(i)] += Widen(x[i]);
    ++m.count[group_of(i)];
  }
  for (size_t g = 0; g < m.mean.size(); ++g)
    m.mean[g] /= static_cast<double>(std::max<int64_t>(1, m.count[g]));
  for (size_t i = 0; i < x.size(); ++i) {
    const double d = Widen(x[i]) - m.mean[group_of(i)];
    m.variance[group_of(i)] += d * d;
  }
  for (size_t g = 0; g < m.variance.size(); ++g)
    m.variance[g] /= static_cast<double>(std::max<int64_t>(1, m.count[g]));
  return m;
}

}  // namespace sinter
