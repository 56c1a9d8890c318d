// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/huber.hpp>

#include "support/laws.hpp"

struct Huber : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "Huber";
  template <class R>
  static auto loss() {
    eigenloss::Huber<R> loss;
    loss.delta = 0.7;
    return loss;
  }
};

TEST_CASE("Huber obeys the laws") { laws::hold<Huber>(); }
