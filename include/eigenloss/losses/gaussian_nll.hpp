// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <utility>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// GaussianNLL: the negative log-likelihood of a normal distribution whose mean and variance are
///   predicted.
///
/// Value:     (log v + d²/v) / 2, with d = x - t and v = max(variance, eps); full adds log(2π)/2
/// Slope:     for x: d/v; for the variance: (1/v - d²/v²) / 2, where variance <= eps too (as if it
///            were eps).
/// Arguments: (input x, target t, variance); the unit is an element. t has the shape of x; the
///            variance has it too, or lacks its last dimension, or has size 1 in one dimension, or
///            is a number. Gradients for x and the variance, in this order (summed where it is
///            repeated; only x where it is a number).
/// Options:   full = false; eps = 1e-6, any number but NaN, in the unit of the variance.
/// Accuracy:  6 ulp of the larger of the parts that are added. variance >= 0 or NaN, else an error.
///            NaN gives NaN; infinite d inf with the slopes ±inf and -inf; infinite variance inf
///            with the slopes 0.
/// PyTorch:   torch.nn.GaussianNLLLoss, the same; its functional form takes `full` and `eps` alike.
/// Source:    Nix and Weigend, Estimating the Mean and Variance of the Target Probability
///            Distribution (1994);
///            https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
struct GaussianNLL {
  bool full = false;  ///< whether the constant log(2π)/2 is added
  double eps = 1e-6;  ///< the variance is taken as at least this; any number but NaN

  static constexpr Signs signs = Signs::both;
  static constexpr std::size_t inputs = 3;
  using Predictions = std::index_sequence<0, 2>;
  static constexpr const char* arguments[] = {"input", "target", "variance"};
  static constexpr std::array<detail::Range, 1> ranges{
      {{2, 0.0, std::numeric_limits<double>::infinity(), detail::NaN::taken, "at least 0"}}};
  static constexpr std::size_t broadcasts = 2;

  template <class Check>
  void check(const Check& check) const {
    check.option(eps == eps, "eps", eps, "a number");
  }
  template <class T>
  T value(const T& x, const T& t, const T& variance) const {
    const T d = x - t;
    const T v = clamped(variance);
    return T(0.5) * (log(v) + d * (d / v)) + constant<T>();
  }
  template <class T>
  std::array<T, 2> slope(const T& x, const T& t, const T& variance) const {
    const T v = clamped(variance);
    const T inverse = T(1) / v;
    const T s = (x - t) / v;
    return {{s, T(0.5) * (inverse - s * s)}};
  }
  template <class T>
  std::pair<T, std::array<T, 2>> value_and_slope(const T& x, const T& t, const T& variance) const {
    const T d = x - t;
    const T v = clamped(variance);
    const T inverse = T(1) / v;  // infinite where v is subnormal, so that d·inverse is not d/v
    const T s = d / v;
    return {T(0.5) * (log(v) + d * s) + constant<T>(), {{s, T(0.5) * (inverse - s * s)}}};
  }

 private:
  template <class T>
  T clamped(const T& variance) const {
    return at_least(T(eps), variance);
  }
  template <class T>
  T constant() const {
    return T(full ? 0.918938533204672741780329736405617640L : 0.0L);
  }
};

}  // namespace kernel

/// The negative log-likelihood of a predicted mean and variance.
/// Options and details: kernel::GaussianNLL.
template <class Reduction = Mean>
using GaussianNLL = Pointwise<kernel::GaussianNLL, Reduction>;

}  // namespace eigenloss
