// SPDX-License-Identifier: BSL-1.0
// A loss of one's own from its value alone: the pinball loss, whose minimum is a quantile.

#include "own_kernel.hpp"

#include <cmath>
#include <cstdio>
#include <exception>

int main() {
  // Waiting times: most are short, some are long. Which one do only 10 % exceed?
  const Eigen::Index count = 1000;
  Eigen::ArrayXd waiting(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    waiting(i) = -std::log((static_cast<double>(i) + 0.5) / static_cast<double>(count));
  }

  eigenloss::Pointwise<Pinball, eigenloss::Mean> loss;
  loss.quantile = 0.9;

  double answer = 0;
  for (int step = 0; step < 200; ++step) {
    answer -= loss.gradient(Eigen::ArrayXd::Constant(count, answer), waiting).sum();
  }
  std::printf("90 %% wait less than %.2f (exactly: %.2f); mean loss %.4f\n", answer, std::log(10.0),
              loss(Eigen::ArrayXd::Constant(count, answer), waiting));

  loss.quantile = 90;
  try {
    loss(waiting, waiting);
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
  }
}
