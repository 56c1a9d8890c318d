// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/nll.hpp>

#include "support/laws.hpp"

struct NLL : laws::Rows<laws::Prediction<2>, laws::Label<1>> {
  static constexpr const char* name = "NLL";
  static constexpr bool nan_has_gradient = false;
  template <class R>
  static auto loss() {
    eigenloss::NLL<R> loss;
    loss.ignore_index = -1;
    return loss;
  }
  template <class Loss>
  static void fit(Loss& loss, laws::Index classes) {
    loss.weight = Eigen::ArrayXd::LinSpaced(classes, 0.5, 2);
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::classes(random, batch, features, -1)};
  }
};

TEST_CASE("NLL obeys the laws") { laws::hold<NLL>(); }
