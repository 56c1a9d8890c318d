// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../engine/row_passes.hpp"
#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// MultiLabelSoftMargin: the binary cross-entropy of logits, averaged over the classes of each row,
/// of which several may apply.
///
/// Value:     1/C · sum of w_c·(-y·log σ(x) - (1 - y)·log σ(-x)), with σ the sigmoid, C classes and
///            class weights w (1 without). The logarithms are written as log(1 + e^-|x|) and
///            max(±x, 0): nothing overflows or cancels, where the naive x - log σ(x) rounds 4e-18
///            to 0 at x = -40.
/// Slope:     w_c·(σ(x) - y)/C. Smooth.
/// Arguments: (input x, target y) of the same shape, (C), (N, C) or (N, ..., C), classes along
///            `axis`; the unit is a row. y is in [0, 1] as a rule, which is not checked.
/// Options:   weight, empty: one for each class; axis = -1, the last dimension (negative counts
///            from the end).
/// Accuracy:  each term 4 ulp, on both sides; slope 4 ulp of the larger of w_c·σ(x)·(1 - y)/C and
///            w_c·σ(-x)·y/C. NaN gives NaN; an infinite logit gives inf on the wrong side (y = 1 at
///            -inf, y = 0 at inf), NaN on the right one, and the slope σ(x) - y on both. A class
///            weight of 0 makes its term exactly 0.
/// PyTorch:   torch.nn.MultiLabelSoftMarginLoss, whose weight may be any tensor that broadcasts.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
struct MultiLabelSoftMargin {
  Eigen::ArrayXd weight{};  ///< one for each class; none: 1
  std::int64_t axis = -1;   ///< where the classes lie

  template <class Scalar>
  static constexpr Role role(std::size_t) {
    return Role::row;
  }

  template <class Check>
  void check(const Check& c, std::ptrdiff_t classes) const {
    c.has_classes(classes);
    c.class_weights("weight", weight, classes);
  }

  template <class Row, class Target, class Slope>
  typename Row::V row(const Row& x, const Target& y, const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const P share(1.0 / double(x.size()));
    const V classes(double(x.size()));
    if (weight.size() == 0) {
      return sum_and_transform(
                 slope, [=](const P& x_c, const P& y_c) { return term(x_c, y_c, share); }, x, y) /
             classes;
    }
    return sum_and_transform(
               slope,
               [=](const P& x_c, const P& y_c, const P& w_c) {
                 std::array<P, 2> both = term(x_c, y_c, share);
                 for (P& number : both) number = where(w_c == P(0), P(0), w_c * number);
                 return both;
               },
               x, y, class_weights(x, weight)) /
           classes;
  }

 private:
  // The term of one class, and its slope divided by C.
  template <class P>
  static EIGEN_STRONG_INLINE std::array<P, 2> term(const P& x, const P& y, const P& share) {
    const P e = exp_nonpositive(minus_abs(x));
    return {{log1p_unit(e) + (where(x < P(0), P(0), P(1)) - y) * x,
             detail::sigmoid_minus(x, y, e) * share}};
  }
};

}  // namespace kernel

/// The binary cross-entropy of logits, averaged over the classes of each row.
/// Options and details: kernel::MultiLabelSoftMargin.
template <class Reduction = Mean>
using MultiLabelSoftMargin = Rowwise<kernel::MultiLabelSoftMargin, Reduction>;

}  // namespace eigenloss
