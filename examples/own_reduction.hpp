// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eigenloss/reductions.hpp>

// The sum of the losses divided by how many are not zero; 0 where all are.
struct NonZeroMean {
  // The scale depends on the losses, so they are computed before the gradient.
  static constexpr bool needs_losses = true;

  // What each unit adds to totals.counted. L may be a pack of losses: where, not if.
  template <class L>
  static L count(const L& loss) {
    return where(loss != L(0), L(1), L(0));
  }

  // The value, and what every unit's slope is multiplied by.
  template <class T>
  static T value(const eigenloss::Totals<T>& totals) {
    return totals.counted == T(0) ? T(0) : T(totals.loss / totals.counted);
  }
  template <class T>
  static T scale(const eigenloss::Totals<T>& totals) {
    return totals.counted == T(0) ? T(0) : T(T(1) / totals.counted);
  }
};
