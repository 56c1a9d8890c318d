// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eigenloss/reductions.hpp>

// A reduction that the library does not know; the other one is that of examples/own_reduction.hpp.
namespace foreign {

// Mean, written again.
struct Average {
  template <class T>
  static T value(const eigenloss::Totals<T>& totals) {
    return totals.loss / totals.divisor;
  }
  template <class T>
  static T scale(const eigenloss::Totals<T>& totals) {
    return totals.divisor == T(0) ? T(0) : T(T(1) / totals.divisor);
  }
};

}  // namespace foreign
