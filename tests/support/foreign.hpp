// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eigenloss/reductions.hpp>

// What a user would write: reductions and kernels that the library does not know.
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

// The mean over the units that have a loss at all; 0 where none has.
struct NonZeroMean {
  static constexpr bool needs_losses = true;
  template <class L>
  static L count(const L& loss) {
    return where(loss != L(0), L(1), L(0));
  }
  template <class T>
  static T value(const eigenloss::Totals<T>& totals) {
    return totals.counted == T(0) ? T(0) : T(totals.loss / totals.counted);
  }
  template <class T>
  static T scale(const eigenloss::Totals<T>& totals) {
    return totals.counted == T(0) ? T(0) : T(T(1) / totals.counted);
  }
};

// log cosh(x - t), of which only the value is written down.
struct LogCosh {
  template <class T>
  T value(const T& input, const T& target) const {
    const T size = abs(input - target);
    return size + log1p(exp(T(-2) * size)) - T(0.6931471805599453);
  }
};

// The Cauchy loss, with an option and a slope of its own.
struct Cauchy {
  double scale = 1.5;

  template <class T>
  T value(const T& input, const T& target) const {
    const T d = (input - target) / T(scale);
    return log(T(1) + d * d);
  }
  template <class T>
  T slope(const T& input, const T& target) const {
    const T d = input - target;
    return T(2) * d / (T(scale * scale) + d * d);
  }
};

}  // namespace foreign
