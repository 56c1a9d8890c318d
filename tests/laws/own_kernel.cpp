// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include "../examples/own_kernel.hpp"

#include "support/laws.hpp"

struct PinballLoss : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "Pinball";
  static constexpr bool nan_has_gradient = false;  // each branch has a slope of its own
  template <class R>
  static auto loss() {
    eigenloss::Pointwise<Pinball, R> loss;
    loss.quantile = 0.9;
    return loss;
  }
};

TEST_CASE("The example's kernel of a value alone obeys the laws") { laws::hold<PinballLoss>(); }
