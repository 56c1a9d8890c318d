// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/cross_entropy.hpp>

#include "support/laws.hpp"

struct CrossEntropy : laws::Rows<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "CrossEntropy";
  template <class R>
  static auto loss() {
    return eigenloss::CrossEntropy<R>{};
  }
  template <class Loss>
  static void fit(Loss& loss, laws::Index classes) {
    loss.weight = Eigen::ArrayXd::LinSpaced(classes, 0.5, 2);
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::targets(random, {batch, features}, 0, 1)};
  }
};

TEST_CASE("CrossEntropy with probabilities obeys the laws") { laws::hold<CrossEntropy>(); }
