// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>

#include "../engine/pointwise.hpp"

namespace eigenloss {
namespace kernel {

/// BCE: the binary cross-entropy of probabilities. BCEWithLogits, on what goes into the sigmoid, is
/// faster and loses nothing near 0 and 1.
///
/// Value:     -(y·max(log p, -100) + (1 - y)·max(log(1 - p), -100))
/// Slope:     (p - y) / max(p·(1 - p), 1e-12 as a float): PyTorch's, not that of the clamped value.
///            About ±1e12 at p = 0 with y = 1 and the reverse, 0 where p == y.
/// Arguments: (input p, target y) of the same shape, any rank; the unit is an element.
/// Options:   none.
/// Accuracy:  4 ulp. p and y are in [0, 1]; anything else, NaN included, is an error, but where the
///            weight is 0. log(1 - p) is evaluated from p, exact for small p.
/// PyTorch:   torch.nn.BCELoss, which checks the numbers where the weight is 0 too. Its `weight` is
///            .weighted(w).
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
struct BCE {
  static constexpr Signs signs = Signs::one;
  static constexpr std::array<detail::Range, 2> ranges{
      {{0, 0.0, 1.0, detail::NaN::refused, "between 0 and 1"},
       {1, 0.0, 1.0, detail::NaN::refused, "between 0 and 1"}}};

  template <class T>
  T value(const T& p, const T& y) const {
    return -(y * detail::log_unit(p, -100) + (T(1) - y) * detail::log1m_unit(p, -100));
  }
  template <class T>
  T slope(const T& p, const T& y) const {
    return (p - y) / at_least(T(9.999999960041972e-13), p * (T(1) - p));
  }
};

}  // namespace kernel

/// The binary cross-entropy of probabilities.
/// Options and details: kernel::BCE.
template <class Reduction = Mean>
using BCE = Pointwise<kernel::BCE, Reduction>;

}  // namespace eigenloss
