// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/multi_margin.hpp>

#include "support/laws.hpp"

struct MultiMargin : laws::Rows<laws::Prediction<2>, laws::Label<1>> {
  static constexpr const char* name = "MultiMargin";
  template <class R>
  static auto loss() {
    eigenloss::MultiMargin<R> loss;
    loss.margin = 0.7;
    return loss;
  }
  template <class Loss>
  static void fit(Loss& loss, laws::Index classes) {
    loss.weight = Eigen::ArrayXd::LinSpaced(classes, 0.5, 2);
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::integers(random, {batch}, 0, features)};
  }
};

TEST_CASE("MultiMargin obeys the laws") { laws::hold<MultiMargin>(); }
