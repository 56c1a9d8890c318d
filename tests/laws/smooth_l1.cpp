// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/smooth_l1.hpp>

#include "support/laws.hpp"

struct SmoothL1 : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "SmoothL1";
  template <class R>
  static auto loss() {
    eigenloss::SmoothL1<R> loss;
    loss.beta = 0.7;
    return loss;
  }
};

TEST_CASE("SmoothL1 obeys the laws") { laws::hold<SmoothL1>(); }
