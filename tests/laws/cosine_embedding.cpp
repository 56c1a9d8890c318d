// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/cosine_embedding.hpp>

#include "support/laws.hpp"

struct CosineEmbedding : laws::Rows<laws::Prediction<2>, laws::Prediction<2>, laws::Number<1>> {
  static constexpr const char* name = "CosineEmbedding";
  template <class R>
  static auto loss() {
    eigenloss::CosineEmbedding<R> loss;
    loss.margin = 0.1;
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::predictions(random, {batch, features}), laws::signs(random, {batch})};
  }
};

TEST_CASE("CosineEmbedding obeys the laws") { laws::hold<CosineEmbedding>(); }
