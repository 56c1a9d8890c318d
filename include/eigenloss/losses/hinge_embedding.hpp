// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// HingeEmbedding: pulls a distance to 0 where a pair belongs together, beyond a margin where it
///   does not.
///
/// Value:     y = 1: x; y = -1: max(0, margin - x); any other y, NaN too: the sum of both
/// Slope:     y = 1: 1; y = -1: -[x <= margin]; any other y: 1 - [x <= margin]. So -1 at the kink x
///            == margin.
/// Arguments: (input x, target y) of the same shape, any rank; the unit is an element. x is a
///            distance, which is not checked.
/// Options:   margin = 1, any number, in the unit of x.
/// Accuracy:  1 ulp of the larger of the parts that are added. NaN in x gives NaN; x = inf gives
///            inf with y = 1, 0 with y = -1; x = -inf with y other than 1 and -1 gives NaN.
/// PyTorch:   torch.nn.HingeEmbeddingLoss, whose gradient does not show NaN.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html
struct HingeEmbedding {
  double margin = 1.0;  ///< any number; a distance beyond it costs nothing where y = -1

  static constexpr Signs signs = Signs::both;

  template <class T>
  T value(const T& x, const T& y) const {
    const T hinge = detail::positive_part(T(margin) - x);
    return where(y == T(1), x, where(y == T(-1), hinge, hinge + x));
  }
  template <class T>
  T slope(const T& x, const T& y) const {
    const T hinge = where(x <= T(margin), T(-1), where(x == x, T(0), x));
    return where(y == T(1), where(x == x, T(1), x), where(y == T(-1), hinge, hinge + T(1)));
  }
};

}  // namespace kernel

/// Pulls a distance to 0 where a pair belongs together, beyond `margin` where it does not.
/// Options and details: kernel::HingeEmbedding.
template <class Reduction = Mean>
using HingeEmbedding = Pointwise<kernel::HingeEmbedding, Reduction>;

}  // namespace eigenloss
