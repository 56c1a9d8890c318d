// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <limits>
#include <utility>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// KLDiv: an element of the Kullback-Leibler divergence, from log-probabilities to probabilities.
/// The divergence of distributions is its sum over the outcomes: KLDiv<BatchMean>, where dimension
/// 0 counts distributions.
///
/// Value:     t·(log t - x), 0 where t = 0; log_target: e^t·(t - x), 0 where t = -inf
/// Slope:     -t; log_target: -e^t. Linear.
/// Arguments: (input x, target t) of the same shape, any rank; the unit is an element. x is a
///            log-probability, t a probability or, with log_target, a log-probability; neither is
///            checked.
/// Options:   log_target = false.
/// Accuracy:  4 ulp (log_target: 5 ulp) of the larger of the parts that are subtracted, times t. t <
///            0 and NaN give NaN; the slope does not depend on x and shows a NaN of t only. x = -inf
///            gives inf where t > 0.
/// PyTorch:   torch.nn.KLDivLoss. At t = 0 (log_target: -inf) it gives NaN where x is infinite, 0
///            here, and where t is infinite and x >= 0, inf here. It warns at `mean`, which is not
///            the divergence; its `batchmean` is BatchMean.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
struct KLDiv {
  bool log_target = false;  ///< whether the target holds log-probabilities

  static constexpr Signs signs = Signs::both;

  template <class T>
  T value(const T& x, const T& t) const {
    if (log_target) return log_value(x, t, exp(t));
    return where((t == T(0)) & (x == x), T(0), t * (log(t) - x));
  }
  template <class T>
  T slope(const T&, const T& t) const {
    return log_target ? -exp(t) : -t;
  }
  template <class T>
  std::pair<T, T> value_and_slope(const T& x, const T& t) const {
    if (!log_target) return {value(x, t), -t};
    const T e = exp(t);
    return {log_value(x, t, e), -e};
  }

 private:
  template <class T>
  static T log_value(const T& x, const T& t, const T& e) {
    const auto never = t == T(-std::numeric_limits<double>::infinity());
    return where(never & (x == x), T(0), e * (t - x));
  }
};

}  // namespace kernel

/// The Kullback-Leibler divergence from log-probabilities to probabilities;
/// the divergence itself is KLDiv<BatchMean>.
/// Options and details: kernel::KLDiv.
template <class Reduction = Mean>
using KLDiv = Pointwise<kernel::KLDiv, Reduction>;

}  // namespace eigenloss
