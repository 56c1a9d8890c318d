// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// MultiMargin: wants the score of the right class above every other one, by a margin.
///
/// Value:     w_y/C · sum over the classes i other than y of max(0, z_i)^p, with z_i = margin - x_y
///            + x_i, C classes and class weights w (1 without)
/// Slope:     h_i = w_y/C (p = 1) or 2·w_y·z_i/C (p = 2) where z_i > 0, 0 elsewhere, so 0 at the
///            kink z_i == 0; at y minus the sum of the h_i.
/// Arguments: (input x, target y); the unit is a row. x is (C), (N, C) or (N, C, d1, ...), classes
///            along `axis`, or () for one class; y are integers, one class for each row (a plain
///            integer or a rank-0 tensor for x (C)).
/// Options:   p = 1, 1 or 2; margin = 1, any number, in the unit of x; weight, empty: one for each
///            class; axis = 1, negative counts from the end.
/// Accuracy:  each z_i within 2 ulp of the largest of |x_y|, |x_i| and |margin|, terms and slopes
///            3 ulp more, plus those of a sum of C terms. NaN gives NaN; inf - inf counts 0; a class
///            weight of 0 makes the loss and the slopes exactly 0.
/// PyTorch:   torch.nn.MultiMarginLoss, in which NaN counts 0. Every integer type is a class here.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
struct MultiMargin {
  std::int64_t p = 1;       ///< 1 or 2, the power of each term
  double margin = 1.0;      ///< any number, in the unit of input
  Eigen::ArrayXd weight{};  ///< one for each class; none: 1
  std::int64_t axis = 1;    ///< where the classes lie

  static constexpr bool takes_classes = true, accepts_rank_0 = true;

  template <class Check>
  void check(const Check& c, std::ptrdiff_t classes) const {
    c.has_classes(classes);
    c.option(p == 1 || p == 2, "p", p, "1 or 2");
    c.class_weights("weight", weight, classes);
  }

  template <class Row, class Slope>
  typename Row::V row(const Row& x, const detail::Label<typename Row::Walk>& y,
                      const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const V x_y = at(x, y), w = class_weight(x, weight, y);
    const V shift = V(margin) - x_y, factor = w / V(double(x.size()));
    const V nan = where(x_y == x_y, V(0), x_y);
    const P shift_of_all = spread(x, shift), nan_of_all = spread(x, nan),
            factor_of_all = spread(x, factor);
    const bool linear = p == 1;
    const auto total = sums<2>(
        [&](const P& x_i, const P& is_y) {
          const P z = where(is_y == P(1), P(0), positive(shift_of_all + x_i, x_i, nan_of_all));
          return std::array<P, 2>{{linear ? z : z * z, power_slope(z, linear)}};
        },
        x, one_hot(x, y));
    const auto slope_at = [=](const P& x_i) {
      const P z = positive(shift_of_all + x_i, x_i, nan_of_all);
      const P h = factor_of_all * power_slope(z, linear);
      return where(factor_of_all == P(0), P(0), h);
    };
    transform(slope, slope_at, x);
    const V z_y = positive(shift + x_y, x_y, nan);
    const V was = where(w == V(0), V(0), factor * power_slope(z_y, linear));
    replace(slope, y, was, where(w == V(0), V(0), -factor * total[1]));
    return where(w == V(0), V(0), factor * total[0]);
  }

 private:
  // max(0, z); NaN only where x or the score of the right class is.
  template <class N>
  static EIGEN_STRONG_INLINE N positive(const N& z, const N& x, const N& nan) {
    return where(z > N(0), z, where(x == x, nan, x));
  }
  // d max(0, z)^p / dz at a max(0, z).
  template <class N>
  static EIGEN_STRONG_INLINE N power_slope(const N& z, bool linear) {
    return linear ? where(z > N(0), N(1), z) : N(2) * z;
  }
};

}  // namespace kernel

/// Wants the score of the right class above every other one by `margin`.
/// Options and details: kernel::MultiMargin.
template <class Reduction = Mean>
using MultiMargin = Rowwise<kernel::MultiMargin, Reduction>;

}  // namespace eigenloss
