// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// PoissonNLL: the negative log-likelihood of counts, without or with the constant of the
///   likelihood.
///
/// Value:     log_input: e^x - t·x; else x - t·log(x + eps).
///            full adds t·log t - t + log(2π·t)/2 (Stirling's log t!) where t > 1
/// Slope:     log_input: e^x - t; else 1 - t / (x + eps). Smooth.
/// Arguments: (input x, target t) of the same shape, any rank; the unit is an element. x is the
///            rate or its logarithm, t a count, which is not checked.
/// Options:   log_input = true: x is the logarithm of the rate; full = false; eps = 1e-8, any
///            number, in the unit of the rate, read where log_input is false.
/// Accuracy:  4 ulp of the largest of the parts that are added. NaN gives NaN. log_input: x = -inf
///            gives inf where t > 0, NaN where t = 0; x = inf gives NaN where t >= 0. Else: x <
///            -eps gives NaN, and x = -eps inf where t > 0.
/// PyTorch:   torch.nn.PoissonNLLLoss, the same.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
struct PoissonNLL {
  bool log_input = true;  ///< whether the input is the logarithm of the rate
  bool full = false;      ///< whether log t! is added, by Stirling's formula
  double eps = 1e-8;      ///< added to the rate before its logarithm, where log_input is false

  static constexpr Signs signs = Signs::both;

  template <class T>
  T value(const T& x, const T& t) const {
    return (log_input ? exp(x) - t * x : x - t * log(x + T(eps))) + constant_of(t);
  }
  template <class T>
  T slope(const T& x, const T& t) const {
    return log_input ? exp(x) - t : T(1) - t / (x + T(eps));
  }
  template <class T>
  std::pair<T, T> value_and_slope(const T& x, const T& t) const {
    if (!log_input) return {value(x, t), slope(x, t)};
    const T e = exp(x);
    return {e - t * x + constant_of(t), e - t};
  }

 private:
  template <class T>
  T constant_of(const T& t) const {
    if (!full) return T(0);
    const T half_log_2_pi = T(0.918938533204672741780329736405617640L);
    return where(t > T(1), (t + T(0.5)) * log(t) - t + half_log_2_pi, T(0));
  }
};

}  // namespace kernel

/// The negative log-likelihood of counts.
/// Options and details: kernel::PoissonNLL.
template <class Reduction = Mean>
using PoissonNLL = Pointwise<kernel::PoissonNLL, Reduction>;

}  // namespace eigenloss
