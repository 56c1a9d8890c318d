// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eigenloss/engine/pointwise.hpp>

// Options are public members with defaults; the formula is written once, for one number or many.
// tests/laws/own_kernel.cpp holds it to the laws of the library's own losses.
struct Pinball {
  double quantile = 0.5;  // from 0 to 1; 0.5 is half of L1

  // Optional: what the options must be. The error names the loss, the option and its value.
  template <class Check>
  void check(const Check& check) const {
    check.option(quantile >= 0 && quantile <= 1, "quantile", quantile, "from 0 to 1");
  }

  template <class T>
  T value(const T& input, const T& target) const {
    using eigenloss::where;  // so that T may be a plain number too
    const T d = target - input;
    return where(d > T(0), T(quantile) * d, T(quantile - 1) * d);  // where, not if: T is a pack
  }
};
