// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/cross_entropy.hpp>

#include "support/laws.hpp"

struct CrossEntropy : laws::Rows<laws::Prediction<2>, laws::Label<1>> {
  static constexpr const char* name = "CrossEntropy";
  static constexpr bool all_containers = true;
  template <class R>
  static auto loss() {
    eigenloss::CrossEntropy<R> loss;
    loss.label_smoothing = 0.1;
    return loss;
  }
  template <class Loss>
  static void fit(Loss& loss, laws::Index classes) {
    loss.weight = Eigen::ArrayXd::LinSpaced(classes, 0.5, 2);
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::classes(random, batch, features, -100)};
  }
};

TEST_CASE("CrossEntropy obeys the laws") { laws::hold<CrossEntropy>(); }
