// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/triplet_margin.hpp>

#include "support/laws.hpp"

struct TripletMargin : laws::Rows<laws::Prediction<2>, laws::Prediction<2>, laws::Prediction<2>> {
  static constexpr const char* name = "TripletMargin";
  template <class R>
  static auto loss() {
    eigenloss::TripletMargin<R> loss;
    loss.margin = 0.7;
    loss.swap = true;
    return loss;
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::predictions(random, {batch, features}),
            laws::predictions(random, {batch, features})};
  }
};

TEST_CASE("TripletMargin obeys the laws") { laws::hold<TripletMargin>(); }
