// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/engine/formula.hpp>

#include "support/laws.hpp"

// log cosh(x - t), without the overflow of cosh.
struct LogCosh : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "pointwise";
  template <class R>
  static auto loss() {
    return eigenloss::pointwise<R>([](auto x, auto t) {
      const auto size = abs(x - t);
      return size + log1p(exp(-2 * size)) - 0.6931471805599453;
    });
  }
};

TEST_CASE("A loss from a formula obeys the laws") { laws::hold<LogCosh>(); }
