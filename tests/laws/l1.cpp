// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/l1.hpp>

#include "support/laws.hpp"

struct L1 : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "L1";
  template <class R>
  static auto loss() {
    return eigenloss::L1<R>{};
  }
};

TEST_CASE("L1 obeys the laws") { laws::hold<L1>(); }
