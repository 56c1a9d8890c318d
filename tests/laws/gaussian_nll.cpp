// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/gaussian_nll.hpp>

#include "support/laws.hpp"

struct GaussianNLL : laws::Elements<laws::Prediction<2>, laws::Number<2>, laws::Prediction<2>> {
  static constexpr const char* name = "GaussianNLL";
  static constexpr bool all_containers = true;
  static constexpr double largest = 0;  // variances are not negative
  template <class R>
  static auto loss() {
    eigenloss::GaussianNLL<R> loss;
    loss.full = true;
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}), laws::targets(random, {batch, features}),
            laws::predictions(random, {batch, features}, 0.25, 2)};
  }
};

TEST_CASE("GaussianNLL obeys the laws") { laws::hold<GaussianNLL>(); }
