// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include "../examples/own_slope.hpp"

#include "support/laws.hpp"

struct CauchyLoss : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "Cauchy";
  template <class R>
  static auto loss() {
    eigenloss::Pointwise<Cauchy, R> loss;
    loss.scale = 1.5;
    return loss;
  }
};

TEST_CASE("The example's kernel with a slope obeys the laws") { laws::hold<CauchyLoss>(); }
