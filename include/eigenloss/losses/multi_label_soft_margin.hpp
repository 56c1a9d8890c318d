// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>

#include "../engine/row_passes.hpp"
#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// Binary cross entropy of logits x with targets y, averaged over the classes of each row: every
/// class may apply.
///
///   l = 1/C · sum of w_c·(-y·log σ(x) - (1 - y)·log σ(-x)),  σ(x) = 1/(1 + e^-x)
/// with C classes and class weights w (1 without).
///
/// Slope: w_c·(σ(x) - y)/C. There are no kinks.
/// The two logarithms are written as log(1 + e^-|x|) and max(±x, 0): nothing overflows and nothing
/// cancels, where the naive x - log σ(x) rounds 4e-18 to 0 at x = -40.
///
/// Shapes: input (C), (N, C) or (N, ..., C), classes along `axis`; target numbers in the shape of
///   the input, which are not checked to be in [0, 1]. Unit: a row.
/// Special values: an infinite logit gives inf on the wrong side (y = 1 at -inf, y = 0 at +inf),
///   NaN on the right one, and the slope σ(x) - y on both. A class weight of 0 makes its term
///   exactly 0.
/// Accuracy: each term is within 4 ulp, on both sides; the slope within 4 ulp of 1/C.
/// Differences from PyTorch: class weights have one entry for each class.
/// Source: torch.nn.MultiLabelSoftMarginLoss, PyTorch 2.13.
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
                 slope, [&](const P& x_c, const P& y_c) { return term(x_c, y_c, share); }, x, y) /
             classes;
    }
    return sum_and_transform(
               slope,
               [&](const P& x_c, const P& y_c, const P& w_c) {
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
    const auto negative = x < P(0);
    const P sigmoid = where(negative, e, P(1)) / (P(1) + e);
    return {{log1p_unit(e) + (where(negative, P(0), P(1)) - y) * x, (sigmoid - y) * share}};
  }
};

}  // namespace kernel

/// The binary cross-entropy of logits, averaged over the classes of each row.
/// Options and details: kernel::MultiLabelSoftMargin.
template <class Reduction = Mean>
using MultiLabelSoftMargin = Rowwise<kernel::MultiLabelSoftMargin, Reduction>;

}  // namespace eigenloss
