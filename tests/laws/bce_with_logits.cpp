// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/bce_with_logits.hpp>

#include "support/laws.hpp"

struct BCEWithLogits : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "BCEWithLogits";
  template <class R>
  static auto loss() {
    eigenloss::BCEWithLogits<R> loss;
    loss.pos_weight = Eigen::ArrayXd::Constant(1, 2.5);
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::targets(random, {batch, features}, 0, 1)};
  }
};

TEST_CASE("BCEWithLogits obeys the laws") { laws::hold<BCEWithLogits>(); }
