// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <limits>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// SmoothL1: the absolute error, with a parabola in the place of the kink.
///
/// Value:     d²/(2·beta) where |d| < beta, else |d| - beta/2, with d = x - t
/// Slope:     d/beta where |d| < beta, else sgn(d); ±1 at |d| == beta, 0 at d == 0.
/// Arguments: (input x, target t) of the same shape, any rank; the unit is an element.
/// Options:   beta = 1, at least 0, in the unit of x - t: where the parabola ends. 0 is exactly L1;
///            with inf the loss of every finite d is 0.
/// Accuracy:  value 4 ulp, slope 3 ulp. NaN, inf - inf included, gives NaN, but for the slope 0 of
///            inf - inf with beta below every normal float, as L1's; infinite errors inf and ±1,
///            with beta inf NaN. Nothing overflows where |d| does not: d·(d/beta), not d²/beta.
/// PyTorch:   torch.nn.SmoothL1Loss. With beta 0 its C++ frontend gives the slope -1 at d == 0.
///            SmoothL1 is Huber / beta.
/// Source:    Girshick, Fast R-CNN (2015), equation 3;
///            https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
struct SmoothL1 {
  double beta = 1.0;  ///< at least 0, in the unit of x - t: where the parabola ends

  static constexpr Signs signs = Signs::one;

  template <class Check>
  void check(const Check& check) const {
    check.option(beta >= 0, "beta", beta, "at least 0");
  }
  template <class T>
  T value(const T& x, const T& t) const {
    const T a = abs(x - t);
    const T half_inverse = T(0.5) * detail::inverse<T>(beta);
    return where(a < T(beta), a * (a * half_inverse), a - T(0.5 * beta));
  }
  template <class T>
  T slope(const T& x, const T& t) const {
    const T d = x - t, inner = d * detail::inverse<T>(beta);
    const T slope = where(d >= T(beta), T(1), where(d <= T(-beta), T(-1), inner));
    constexpr double least = (std::numeric_limits<float>::min)();  // below it beta may round to 0
    return beta < least ? where(x == t, T(0), slope) : slope;
  }
};

}  // namespace kernel

/// The absolute error, with a parabola of width `beta` in the place of the kink.
/// Options and details: kernel::SmoothL1.
template <class Reduction = Mean>
using SmoothL1 = Pointwise<kernel::SmoothL1, Reduction>;

}  // namespace eigenloss
