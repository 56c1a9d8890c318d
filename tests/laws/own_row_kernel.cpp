// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include "../examples/own_row_kernel.hpp"

#include "support/laws.hpp"

struct FocalLoss : laws::Rows<laws::Prediction<2>, laws::Label<1>> {
  static constexpr const char* name = "Focal";
  template <class R>
  static auto loss() {
    return eigenloss::Rowwise<Focal, R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::integers(random, {batch}, 0, features)};
  }
};

TEST_CASE("The example's kernel of rows is flat where a sample is sure, with any gamma") {
  const Eigen::Array3d sure(40, 0, 0);
  for (const double gamma : {0.0, 0.5, 1.0, 2.0}) {
    eigenloss::Rowwise<Focal> loss;
    loss.gamma = gamma;
    CHECK(loss(sure, 0) == Approx(0).margin(1e-15));
    CHECK(loss.gradient(sure, 0).abs().maxCoeff() < 1e-15);
  }
}

TEST_CASE("The example's kernel of rows refuses a gamma below 0") {
  const Eigen::Array3d sure(40, 0, 0);
  eigenloss::Rowwise<Focal> loss;
  loss.gamma = -1;
  CHECK_THROWS_AS(loss(sure, 0), std::invalid_argument);
}

TEST_CASE("The example's kernel of rows obeys the laws") { laws::hold<FocalLoss>(); }
