// SPDX-License-Identifier: BSL-1.0
// A loss of one's own with its slope: the Cauchy loss, which hardly sees outliers.

#include "own_slope.hpp"

#include <cstdio>

// The value alone, to compare with.
struct CauchyFromValue : private Cauchy {
  template <class T>
  T value(const T& input, const T& target) const {
    return Cauchy::value(input, target);
  }
};

int main() {
  const Eigen::VectorXd x = Eigen::VectorXd::LinSpaced(101, -5, 5), t = Eigen::VectorXd::Zero(101);

  const eigenloss::Pointwise<Cauchy, eigenloss::Sum> loss;
  const eigenloss::Pointwise<CauchyFromValue, eigenloss::Sum> other;
  const auto [value, gradient] = loss.value_and_gradient(x, t);
  const double apart = (gradient - other.gradient(x, t)).cwiseAbs().maxCoeff();

  std::printf("value %.6f, steepest slope %.6f at %.1f\n", value, gradient.maxCoeff(), x(60));
  std::printf("slopes agree with dual numbers: %s\n", apart < 1e-15 ? "yes" : "no");
  return apart < 1e-15 ? 0 : 1;
}
