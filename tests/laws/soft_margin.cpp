// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/soft_margin.hpp>

#include "support/laws.hpp"

struct SoftMargin : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "SoftMargin";
  template <class R>
  static auto loss() {
    return eigenloss::SoftMargin<R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}), laws::signs(random, {batch, features})};
  }
};

TEST_CASE("SoftMargin obeys the laws") { laws::hold<SoftMargin>(); }
