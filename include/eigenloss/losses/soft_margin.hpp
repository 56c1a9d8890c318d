// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// SoftMargin: the logistic loss of a score and a label of -1 or 1.
///
/// Value:     log(1 + e^-z), with z = y·x, evaluated as softplus(-z)
/// Slope:     -y·σ(-z), σ the sigmoid; smooth.
/// Arguments: (input x, target y) of the same shape, any rank; the unit is an element. y may be any
///            real number.
/// Options:   none.
/// Accuracy:  4 ulp at any magnitude where y is 1 or -1; else |z|/2 ulp more, as z is rounded. 0 for
///            what is below every normal number. z = inf gives 0, -inf gives inf with the slope -y;
///            NaN gives NaN.
/// PyTorch:   torch.nn.SoftMarginLoss, whose e^-z overflows: value inf, gradient NaN where z <
///            -88.7 (float).
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
struct SoftMargin {
  static constexpr Signs signs = Signs::one;

  template <class T>
  T value(const T& x, const T& y) const {
    return softplus(-(y * x));
  }
  template <class T>
  std::pair<T, T> value_and_slope(const T& x, const T& y) const {
    const detail::SoftplusAndSigmoid<T> both(-(y * x));
    return {both.softplus, -(y * both.sigmoid)};
  }
};

}  // namespace kernel

/// The logistic loss of a score and a label of -1 or 1.
/// Options and details: kernel::SoftMargin.
template <class Reduction = Mean>
using SoftMargin = Pointwise<kernel::SoftMargin, Reduction>;

}  // namespace eigenloss
