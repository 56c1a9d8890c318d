// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// L1: the absolute error of a regression.
///
/// Value:     |x - t|
/// Slope:     sgn(x - t); 0 at the kink x == t, also where both are infinite.
/// Arguments: (input x, target t) of the same shape, any rank; the unit is an element.
/// Options:   none.
/// Accuracy:  1 ulp. NaN gives the value NaN and the slope NaN; inf - inf the value NaN and the
///            slope 0; infinite errors inf and ±1.
/// PyTorch:   torch.nn.L1Loss. Its gradient is 0 at NaN. The `weight` of its functional form is
///            .weighted(w) with WeightedMean.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
struct L1 {
  static constexpr Signs signs = Signs::one;

  template <class T>
  T value(const T& x, const T& t) const {
    return abs(x - t);
  }
  template <class T>
  T slope(const T& x, const T& t) const {
    return where(x == t, T(0), detail::sign(x - t));
  }
};

}  // namespace kernel

/// The absolute error of a regression.
/// Options and details: kernel::L1.
template <class Reduction = Mean>
using L1 = Pointwise<kernel::L1, Reduction>;

}  // namespace eigenloss
