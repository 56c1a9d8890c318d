// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/hinge_embedding.hpp>

#include "support/laws.hpp"

struct HingeEmbedding : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "HingeEmbedding";
  template <class R>
  static auto loss() {
    eigenloss::HingeEmbedding<R> loss;
    loss.margin = 0.7;
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}), laws::signs(random, {batch, features})};
  }
};

TEST_CASE("HingeEmbedding obeys the laws") { laws::hold<HingeEmbedding>(); }
