// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/bce.hpp>

#include "support/laws.hpp"

struct BCE : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "BCE";
  static constexpr bool refuses_nan = true;
  static constexpr double largest = 0;
  template <class R>
  static auto loss() {
    return eigenloss::BCE<R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}, 0, 1),
            laws::targets(random, {batch, features}, 0, 1)};
  }
};

TEST_CASE("BCE obeys the laws") { laws::hold<BCE>(); }
