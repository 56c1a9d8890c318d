// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "../engine/rowwise.hpp"
#include "../engine/triplet.hpp"

namespace eigenloss {
namespace kernel {

/// TripletMarginWithDistance: wants an anchor nearer to a positive than to a negative, by a margin,
/// for a distance of your choice.
///
/// Value:     max(0, margin + d(a, p) - d(a, n)), with d the distance; swap: the smaller one of
///            d(a, n) and d(p, n) takes the place of d(a, n)
/// Slope:     that of d(a, p) - d(a, n), by each of the three, where the value is > 0 and at the
///            kink itself; where swap chose d(p, n), that of d(a, p) - d(p, n), and half of each
///            where the two are equal. The distance has kinks of its own.
/// Arguments: (anchor a, positive p, negative n) of the same shape, (D), (N, D) or (N, ..., D),
///            features along `axis`, or () for one feature; the unit is a row. Gradients for all
///            three, in this order.
/// Options:   distance: Euclidean (the default), SquaredEuclidean, Manhattan, Cosine, or one of
///            your own, as engine/distances.hpp says; margin = 1, greater than 0, in its unit; swap
///            = false; axis = -1, the last dimension (negative counts from the end).
/// Accuracy:  that of the distance, whose sums over D terms are added up in chunks. NaN gives NaN;
///            infinity is the distance's affair.
/// PyTorch:   torch.nn.TripletMarginWithDistanceLoss. The distance is a type with a formula here,
///            not a function of whole tensors.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginWithDistanceLoss.html
template <class Distance>
struct TripletMarginWithDistance {
  static constexpr std::size_t inputs = 3;
  static constexpr bool accepts_rank_0 = true;
  static constexpr const char* arguments[] = {"anchor", "positive", "negative"};
  using Predictions = std::index_sequence<0, 1, 2>;

  detail::RightDistance<Distance> distance{};  ///< between two rows
  double margin = 1.0;                         ///< > 0, in the unit of the distance
  bool swap = false;       ///< whether the negative may be compared with the positive instead
  std::int64_t axis = -1;  ///< where the features lie

  template <class Scalar>
  static constexpr Role role(std::size_t) {
    return Role::row;
  }

  template <class Check>
  void check(const Check& c) const {
    c.option(!(margin <= 0), "margin", margin, "greater than 0");
  }

  template <class A, class B, class C, class SlopeA, class SlopeB, class SlopeC>
  typename A::V row(const A& anchor, const B& positive, const C& negative, const SlopeA& slope_a,
                    const SlopeB& slope_p, const SlopeC& slope_n) const {
    const auto slopes = std::tie(slope_a, slope_p, slope_n);
    if (swap)
      return detail::triplet_row<true>(distance, margin, anchor, positive, negative, slopes);
    return detail::triplet_row<false>(distance, margin, anchor, positive, negative, slopes);
  }
};

}  // namespace kernel

/// TripletMargin with any distance.
/// Options and details: kernel::TripletMarginWithDistance.
template <class Reduction = Mean, class Distance = Euclidean>
using TripletMarginWithDistance = Rowwise<kernel::TripletMarginWithDistance<Distance>, Reduction>;

}  // namespace eigenloss
