// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// Huber: half the squared error, and a straight line for outliers.
///
/// Value:     d²/2 where |d| < delta, else delta·(|d| - delta/2), with d = x - t
/// Slope:     d where |d| < delta, else delta·sgn(d); continuous, ±delta at |d| == delta.
/// Arguments: (input x, target t) of the same shape, any rank; the unit is an element.
/// Options:   delta = 1, greater than 0, in the unit of x - t: where the line begins. inf is MSE/2,
///            and NaN at an infinite d.
/// Accuracy:  3 ulp. NaN, inf - inf included, gives NaN; infinite errors inf and ±delta.
/// PyTorch:   torch.nn.HuberLoss. The `weight` of its functional form is .weighted(w). Huber is
///            delta·SmoothL1.
/// Source:    Huber, Robust Estimation of a Location Parameter (1964);
///            https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
struct Huber {
  double delta = 1.0;  ///< > 0, in the unit of x - t: where the line begins

  static constexpr Signs signs = Signs::one;

  template <class Check>
  void check(const Check& check) const {
    check.option(delta > 0, "delta", delta, "greater than 0");
  }
  template <class T>
  T value(const T& x, const T& t) const {
    const T a = abs(x - t);
    const T bent = at_most(T(delta), a);
    return bent * (a - T(0.5) * bent);
  }
  template <class T>
  T slope(const T& x, const T& t) const {
    return at_most(T(delta), at_least(T(-delta), x - t));
  }
};

}  // namespace kernel

/// Half the squared error, and a straight line for errors beyond `delta`.
/// Options and details: kernel::Huber.
template <class Reduction = Mean>
using Huber = Pointwise<kernel::Huber, Reduction>;

}  // namespace eigenloss
