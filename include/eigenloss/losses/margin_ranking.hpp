// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// MarginRanking: wants input1 above input2 where y = 1, below where y = -1.
///
/// Value:     max(0, z), with z = margin - y·(a - b)
/// Slope:     for a: -y where z >= 0, else 0; for b the opposite. So -y and y at the kink z == 0.
/// Arguments: (input1 a, input2 b, target y) of the same shape, any rank; the unit is an element.
///            Gradients for a and b, in this order. y may be any number; 0 gives the loss max(0,
///            margin).
/// Options:   margin = 0, any number, in the unit of y·(a - b).
/// Accuracy:  2 ulp of the larger of margin and y·(a - b). NaN gives NaN; inf - inf gives
///   the value NaN and the slope 0.
/// PyTorch:   torch.nn.MarginRankingLoss, whose gradient is 0 at NaN.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
struct MarginRanking {
  double margin = 0.0;  ///< any number, in the unit of the inputs: how far they should be apart

  static constexpr Signs signs = Signs::one;
  static constexpr std::size_t inputs = 3;
  using Predictions = std::index_sequence<0, 1>;
  static constexpr const char* arguments[] = {"input1", "input2", "target"};

  template <class T>
  T value(const T& a, const T& b, const T& y) const {
    return detail::positive_part(T(margin) - y * (a - b));
  }
  template <class T>
  std::array<T, 2> slope(const T& a, const T& b, const T& y) const {
    const T z = T(margin) - y * (a - b);
    const T slope = where(z >= T(0), y, detail::nan_among(a, b, y));
    return {{-slope, slope}};
  }
};

}  // namespace kernel

/// Wants input1 above input2 by `margin` where the target is 1, below where it is -1.
/// Options and details: kernel::MarginRanking.
template <class Reduction = Mean>
using MarginRanking = Pointwise<kernel::MarginRanking, Reduction>;

}  // namespace eigenloss
