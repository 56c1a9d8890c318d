// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/kl_div.hpp>

#include "support/laws.hpp"

struct KLDiv : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "KLDiv";
  static constexpr bool nan_has_gradient = false;
  template <class R>
  static auto loss() {
    return eigenloss::KLDiv<R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::targets(random, {batch, features}, 0, 2)};
  }
};

TEST_CASE("KLDiv obeys the laws") { laws::hold<KLDiv>(); }
