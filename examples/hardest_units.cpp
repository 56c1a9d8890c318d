// SPDX-License-Identifier: BSL-1.0
// The mean of the hardest 20 % of samples: their losses are known only once all have been computed,
// so the losses come first, unreduced, and then weights that leave the others out.

#include <algorithm>
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>

// 1 for the largest fifth of the losses, and those equal to its least; 0 for the others.
Eigen::VectorXf hardest_fifth(const Eigen::VectorXf& losses) {
  Eigen::VectorXf sorted = losses;
  const Eigen::Index kept = std::max<Eigen::Index>(1, losses.size() / 5);
  std::nth_element(sorted.begin(), sorted.end() - kept, sorted.end());
  const float threshold = sorted(losses.size() - kept);
  return (losses.array() >= threshold).cast<float>();
}

int main() {
  // Ten samples of two classes, from sure and right to sure and wrong.
  Eigen::MatrixXf logits = Eigen::MatrixXf::Zero(10, 2);
  logits.col(0).setLinSpaced(10, 6, -3);
  const Eigen::VectorXi labels = Eigen::VectorXi::Zero(10);

  const eigenloss::CrossEntropy<eigenloss::Unreduced> each;
  const eigenloss::CrossEntropy<eigenloss::WeightedMean> mean;  // divides by the sum of weights
  const Eigen::VectorXf hard = hardest_fifth(each(logits, labels));
  const auto [value, gradient] = mean.weighted(hard).value_and_gradient(logits, labels);

  std::printf("mean of all %.4f, of the hardest fifth %.4f\n", mean(logits, labels), value);
  std::printf("rows with a gradient: %d\n",
              static_cast<int>((gradient.col(0).array() != 0.0F).count()));
}
