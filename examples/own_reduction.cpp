// SPDX-License-Identifier: BSL-1.0
// A reduction of one's own: the mean over the units that still have a loss. In metric learning most
// triplets are soon easy; a mean over all of them would make the gradient vanish.

#include "own_reduction.hpp"

#include <cstdio>
#include <eigenloss/losses/triplet_margin.hpp>

int main() {
  // Eight anchors at 0, with a positive at distance 1. Two of the negatives are too near.
  const Eigen::MatrixXf anchor = Eigen::MatrixXf::Zero(8, 1);
  const Eigen::MatrixXf positive = Eigen::MatrixXf::Ones(8, 1);
  Eigen::MatrixXf negative(8, 1);
  negative << 9, 9, 1.5F, 9, 9, 1.0F, 9, 9;

  const eigenloss::TripletMargin<eigenloss::Mean> plain;
  const eigenloss::TripletMargin<NonZeroMean> loss;  // every loss takes it
  const auto [value, gradients] = loss.value_and_gradient(anchor, positive, negative);
  const auto& to_negative = std::get<2>(gradients);

  std::printf("mean over 8 triplets %.4f, over the 2 that count %.4f\n",
              plain(anchor, positive, negative), value);
  std::printf("gradient of each that counts: %.2f and %.2f\n", to_negative(2), to_negative(5));
}
