// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/engine/pointwise.hpp>

#include "support/foreign.hpp"
#include "support/laws.hpp"

struct Cauchy : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "Cauchy";
  template <class R>
  static auto loss() {
    return eigenloss::Pointwise<foreign::Cauchy, R>{};
  }
};

TEST_CASE("a user's Cauchy obeys the laws") { laws::hold<Cauchy>(); }
