// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// MSE: the squared error of a regression.
///
/// Value:     d², with d = x - t
/// Slope:     2d; smooth.
/// Arguments: (input x, target t) of the same shape, any rank; the unit is an element.
/// Options:   none. MSE<RootMean> is the root of the mean, RMSE.
/// Accuracy:  2 ulp. NaN, inf - inf included, gives NaN; infinite errors inf and ±inf. d² overflows
///            where |d| > 1.8e19 (float) or 1.3e154 (double), as in PyTorch.
/// PyTorch:   torch.nn.MSELoss. The `weight` of its functional form is .weighted(w) with
///            WeightedMean.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
struct MSE {
  static constexpr Signs signs = Signs::one;

  template <class T>
  T value(const T& x, const T& t) const {
    return detail::square(x - t);
  }
  template <class T>
  T slope(const T& x, const T& t) const {
    const T d = x - t;
    return d + d;
  }
};

}  // namespace kernel

/// The squared error of a regression.
/// Options and details: kernel::MSE.
template <class Reduction = Mean>
using MSE = Pointwise<kernel::MSE, Reduction>;

}  // namespace eigenloss
