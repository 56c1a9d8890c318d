// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <utility>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// BCEWithLogits: the binary cross-entropy of logits, each the log-odds of a label being 1.
///
/// Value:     (1 - y)·x + q·softplus(-x), with p the pos_weight, m = p·y and q = 1 - y + m;
///            without pos_weight softplus(x) - x·y. σ is the sigmoid.
/// Slope:     q·σ(x) - m; without pos_weight σ(x) - y. Smooth.
/// Arguments: (input x, target y) of the same shape, any rank; the unit is an element. y is in [0,
///            1] as a rule, which is not checked.
/// Options:   pos_weight, empty: the weight of the positive part, one number or one for each index
///            along `axis`; axis = -1, the last dimension (negative counts from the end): where
///            pos_weight runs.
/// Accuracy:  value 4 ulp; slope 4 ulp of the larger of σ(x)·(1 - y) and p·σ(-x)·y. Small values are
///            exact where x and y agree: with y 0 or 1 nothing is added to log(1 + e^-|x|) that
///            cancels; below every normal number they are 0. Stable at ±1000 and beyond. NaN gives
///            NaN. x = inf gives inf where y < 1 and NaN where y = 1; x = -inf gives NaN, as in
///            PyTorch; their slopes are finite.
/// PyTorch:   torch.nn.BCEWithLogitsLoss. Its value has an absolute error of an ulp of |x|. Its
///            pos_weight is any tensor that broadcasts; axis = 1 is its (C, 1, 1). Its `weight` is
///            .weighted(w).
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
struct BCEWithLogits {
  Eigen::ArrayXd pos_weight{};  ///< of the labels 1: one number, or one an index along axis
  std::int64_t axis = -1;       ///< where pos_weight runs

  static constexpr const char* axis_option = "pos_weight";
  const Eigen::ArrayXd& along_axis() const { return pos_weight; }

  template <class T>
  T value(const T& x, const T& y) const {
    return weight_of_x(x, y, y) * x + log1p_unit(exp_nonpositive(minus_abs(x)));
  }
  template <class T>
  T value(const T& x, const T& y, const T& p) const {
    const T m = p * y;
    return weight_of_x(x, y, m) * x + (T(1) - y + m) * log1p_unit(exp_nonpositive(minus_abs(x)));
  }
  template <class T>
  std::pair<T, T> value_and_slope(const T& x, const T& y) const {
    const T e = exp_nonpositive(minus_abs(x));
    return {weight_of_x(x, y, y) * x + log1p_unit(e), detail::sigmoid_minus(x, y, e)};
  }
  template <class T>
  std::pair<T, T> value_and_slope(const T& x, const T& y, const T& p) const {
    const T e = exp_nonpositive(minus_abs(x));
    const T m = p * y;
    return {weight_of_x(x, y, m) * x + (T(1) - y + m) * log1p_unit(e), slope_of(x, y, m, e)};
  }

 private:
  // What is left of x: the value is this times x, plus q·log(1 + e^-|x|). NaN for x = -inf.
  template <class T>
  static T weight_of_x(const T& x, const T& y, const T& m) {
    return where(x < T(0), (x - x) - m, T(1) - y);
  }
  // σ(x) - y, weighted: (q - m)·σ(x) - m·σ(-x), with q - m = 1 - y.
  template <class T>
  static T slope_of(const T& x, const T& y, const T& m, const T& e) {
    const auto negative = x < T(0);
    return (where(negative, e, T(1)) * (T(1) - y) - where(negative, T(1), e) * m) / (T(1) + e);
  }
};

}  // namespace kernel

/// The binary cross-entropy of logits.
/// Options and details: kernel::BCEWithLogits.
template <class Reduction = Mean>
using BCEWithLogits = Pointwise<kernel::BCEWithLogits, Reduction>;

}  // namespace eigenloss
