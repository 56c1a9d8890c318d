// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "../engine/rowwise.hpp"
#include "../engine/triplet.hpp"

namespace eigenloss {
namespace kernel {

/// TripletMargin: wants an anchor nearer to a positive than to a negative, by a margin.
///
/// Value:     max(0, margin + d(a, p) - d(a, n)), with d(u, v) = ‖r‖_p and r = u - v + eps, entry
///            by entry; swap: the smaller one of d(a, n) and d(p, n) takes the place of d(a, n).
///            p = inf and -inf: the largest and the smallest |r_i|; p = 0: the number of r_i other
///            than 0.
/// Slope:     d'(a, p) - d'(a, n) for a, -d'(a, p) for p, d'(a, n) for n, where the value is > 0
///            and at the kink itself, with d' = sgn(r_i)·(|r_i|/‖r‖)^(p-1). Where swap chose d(p,
///            n): its slopes instead, and half of each where the two are equal.
///            d' is 0 where ‖r‖ = 0 and, for p < 2, at an r_i = 0; for p = ±inf the entries that
///            reach the extreme share the slope; for p = 0 there is none.
/// Arguments: (anchor a, positive p, negative n) of the same shape, (D), (N, D) or (N, ..., D),
///            features along `axis`, or () for one feature; the unit is a row. Gradients for all
///            three, in this order.
/// Options:   margin = 1, greater than 0, in the unit of the distance; p = 2, any number; eps =
///            1e-6, any number, in the unit of the inputs; swap = false; axis = -1, the last
///            dimension (negative counts from the end).
/// Accuracy:  each distance 4 ulp, plus those of a sum of D terms. NaN gives NaN; infinity in the
///            anchor gives NaN, in the positive inf, in the negative 0. Powers are not scaled:
///            where they overflow the distance is inf. Vectors without features give the margin.
/// PyTorch:   torch.nn.TripletMarginLoss, the same; its C++ frontend does not check the margin.
/// Source:    Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow
///            Convolutional Neural Networks (2016), for swap;
///            https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
struct TripletMargin {
  static constexpr std::size_t inputs = 3;
  static constexpr bool accepts_rank_0 = true;
  static constexpr const char* arguments[] = {"anchor", "positive", "negative"};
  using Predictions = std::index_sequence<0, 1, 2>;

  double margin = 1.0;     ///< > 0, in the unit of the distance
  double p = 2.0;          ///< the order of the norm, any number
  double eps = 1e-6;       ///< added to every difference, sign and all: d(u, v) and d(v, u) differ
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
    if (anchor.size() == 0) return typename A::V(margin);
    const auto with = [&](const auto& norm) {
      const auto slopes = std::tie(slope_a, slope_p, slope_n);
      if (swap) return detail::triplet_row<true>(norm, margin, anchor, positive, negative, slopes);
      return detail::triplet_row<false>(norm, margin, anchor, positive, negative, slopes);
    };
    if (p == 2) return with(Euclidean{eps});
    if (p == 1) return with(Manhattan{eps});
    if (std::isinf(p)) return with(detail::ExtremeNorm{p > 0, eps});
    return with(detail::PowerNorm{p, eps});
  }
};

}  // namespace kernel

/// Wants an anchor nearer to a positive than to a negative, by `margin`.
/// Options and details: kernel::TripletMargin.
template <class Reduction = Mean>
using TripletMargin = Rowwise<kernel::TripletMargin, Reduction>;

}  // namespace eigenloss
