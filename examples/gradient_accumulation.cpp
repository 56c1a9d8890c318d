// SPDX-License-Identifier: BSL-1.0
// A batch too large for memory, in parts: the sums of values, gradients and divisors, divided once,
// are those of the whole batch. A mean of the parts' means is not, as soon as class weights,
// ignored targets or unequal parts make some parts count more than others.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>

using Eigen::Index, Eigen::MatrixXd, Eigen::VectorXi;

int main() {
  constexpr Index samples = 100, classes = 5, part = 32;  // parts of 32, 32, 32 and 4
  // A model that gets surer from sample to sample, and is mostly wrong: the last part costs most.
  const MatrixXd logits = MatrixXd::NullaryExpr(samples, classes, [](Index i, Index c) {
    return 0.1 * double(i) * std::sin(double(i * i + 7 * c));
  });
  VectorXi labels(samples);
  for (Index i = 0; i < samples; ++i)
    labels(i) = i % 7 == 0 ? -100 : static_cast<int>(i * i % classes);

  eigenloss::CrossEntropy<eigenloss::Sum> sum;
  eigenloss::CrossEntropy<eigenloss::Mean> mean;
  sum.weight = mean.weight = Eigen::ArrayXd::LinSpaced(classes, 1, 9);
  const auto [whole_value, whole_gradient] = mean.value_and_gradient(logits, labels);

  double value = 0, divisor = 0, mean_of_means = 0;
  MatrixXd gradient(samples, classes);  // of logits; in a network, of its parameters
  for (Index from = 0; from < samples; from += part) {
    const Index count = std::min(part, samples - from);
    const auto x = logits.middleRows(from, count);
    const auto y = labels.segment(from, count);
    value += sum.value_and_gradient(x, y, gradient.middleRows(from, count));
    divisor += sum.divisor(x, y);
    mean_of_means += mean(x, y) / 4;
  }
  value /= divisor;
  gradient /= divisor;

  const double apart =
      std::max(std::abs(value - whole_value), (gradient - whole_gradient).cwiseAbs().maxCoeff());
  std::printf("whole batch    %.9f\nin parts       %.9f\nmean of means  %.9f\n", whole_value, value,
              mean_of_means);
  std::printf("value and gradient of the whole to rounding: %s\n", apart < 1e-14 ? "yes" : "no");
  std::printf("mean of means is wrong by %.1f %%\n",
              100 * std::abs(mean_of_means - whole_value) / whole_value);
  return apart < 1e-14 ? 0 : 1;
}
