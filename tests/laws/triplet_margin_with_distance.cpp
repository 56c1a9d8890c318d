// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/triplet_margin_with_distance.hpp>

#include "support/laws.hpp"

struct TripletMarginWithDistance
    : laws::Rows<laws::Prediction<2>, laws::Prediction<2>, laws::Prediction<2>> {
  static constexpr const char* name = "TripletMarginWithDistance";
  template <class R>
  static auto loss() {
    eigenloss::TripletMarginWithDistance<R> loss;
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

TEST_CASE("TripletMarginWithDistance obeys the laws") { laws::hold<TripletMarginWithDistance>(); }
