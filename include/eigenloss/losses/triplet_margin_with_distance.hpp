// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

#include "../engine/rowwise.hpp"
#include "../engine/triplet.hpp"

namespace eigenloss {
namespace kernel {

/// Triplet margin with any distance: an anchor a should be nearer to a positive p than to a
/// negative n.
///
///   l = max(0, margin + d(a, p) - d(a, n)),  d = distance
///   swap: the smaller one of d(a, n) and d(p, n) takes the place of d(a, n)
///
/// Slope, where l > 0 and at the kink l = 0 itself: that of d(a, p) - d(a, n), by each of the
///   three; where swap chose d(p, n), that of d(a, p) - d(p, n), and half of each where the two are
///   equal.
/// Distances: Euclidean (the default), SquaredEuclidean, Manhattan, Cosine, or one of your own:
///   engine/distances.hpp says what it must contain. Its kinks are its own.
///
/// Shapes: anchor, positive, negative (D), (N, D) or (N, ..., D), features along `axis`, or () for
///   one feature. Gradients: (anchor, positive, negative). Unit: a row.
/// Special values: NaN gives NaN; infinity is the distance's affair.
/// Accuracy: that of the distance, whose sums over D terms are added up in chunks.
/// Differences from PyTorch: the distance is a type with a formula, not a function of whole
///   tensors.
/// Source: torch.nn.TripletMarginWithDistanceLoss, PyTorch 2.13.
template <class Distance>
struct TripletMarginWithDistance {
  static constexpr std::size_t inputs = 3;
  static constexpr bool accepts_rank_0 = true;
  static constexpr const char* arguments[] = {"anchor", "positive", "negative"};
  using Predictions = std::index_sequence<0, 1, 2>;

  Distance distance{};     ///< between two rows
  double margin = 1.0;     ///< > 0, in the unit of the distance
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
