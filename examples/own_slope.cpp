// SPDX-License-Identifier: BSL-1.0
// A loss of one's own with its slope: the Cauchy loss, which hardly sees outliers.

#include <cstdio>
#include <eigenloss/engine/pointwise.hpp>

// Without `slope` the gradient comes from dual numbers, just as exact; with it, it can be faster.
struct Cauchy {
  double scale = 1.0;  // > 0: errors beyond it count less and less

  template <class T>
  T value(const T& input, const T& target) const {
    const T d = (input - target) / T(scale);
    return log1p(d * d);
  }
  template <class T>
  T slope(const T& input, const T& target) const {  // d value / d input
    const T d = input - target;
    return T(2) * d / (T(scale * scale) + d * d);
  }
};

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
