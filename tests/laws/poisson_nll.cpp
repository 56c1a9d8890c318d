// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/poisson_nll.hpp>

#include "support/laws.hpp"

struct PoissonNLL : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "PoissonNLL";
  static constexpr double largest = 80;  // its exponential is a float
  template <class R>
  static auto loss() {
    eigenloss::PoissonNLL<R> loss;
    loss.full = true;
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::targets(random, {batch, features}, 0, 3)};
  }
};

TEST_CASE("PoissonNLL obeys the laws") { laws::hold<PoissonNLL>(); }
