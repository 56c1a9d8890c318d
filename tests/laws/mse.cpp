// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/mse.hpp>

#include "support/laws.hpp"

struct MSE : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "MSE";
  static constexpr bool all_containers = true;
  template <class R>
  static auto loss() {
    return eigenloss::MSE<R>{};
  }
};

TEST_CASE("MSE obeys the laws") { laws::hold<MSE>(); }
