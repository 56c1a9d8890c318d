// SPDX-License-Identifier: BSL-1.0
// A loss of one's own from its value alone: the pinball loss, whose minimum is a quantile.

#include <cmath>
#include <cstdio>
#include <eigenloss/engine/pointwise.hpp>
#include <exception>

// Options are public members with defaults; the formula is written once, for one number or many.
struct Pinball {
  double quantile = 0.5;  // from 0 to 1; 0.5 is half of L1

  // Optional: what the options must be. The error names the loss, the option and its value.
  template <class Check>
  void check(const Check& check) const {
    check.option(quantile >= 0 && quantile <= 1, "quantile", quantile, "from 0 to 1");
  }

  template <class T>
  T value(const T& input, const T& target) const {
    const T d = target - input;
    return where(d > T(0), T(quantile) * d, T(quantile - 1) * d);  // where, not if: T is a pack
  }
};

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
