// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/margin_ranking.hpp>

#include "support/laws.hpp"

struct MarginRanking : laws::Elements<laws::Prediction<2>, laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "MarginRanking";
  template <class R>
  static auto loss() {
    eigenloss::MarginRanking<R> loss;
    loss.margin = 0.3;
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::predictions(random, {batch, features}), laws::signs(random, {batch, features})};
  }
};

TEST_CASE("MarginRanking obeys the laws") { laws::hold<MarginRanking>(); }
