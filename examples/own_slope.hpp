// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eigenloss/engine/pointwise.hpp>

// log(1 + (d / scale)²), d = input - target.
// Without `slope` the gradient comes from dual numbers, just as exact; with it, it can be faster.
struct Cauchy {
  double scale = 1.0;  // > 0: errors beyond it count less and less

  template <class Check>
  void check(const Check& check) const {
    check.option(scale > 0, "scale", scale, "greater than 0");
  }
  template <class T>
  T value(const T& input, const T& target) const {
    const T d = (input - target) / T(scale);
    return log1p(d * d);
  }
  template <class T>
  T slope(const T& input, const T& target) const {  // d value / d input
    const T d = input - target;
    return T(2) * d / (T(scale * scale) + d * d);
  }
};
