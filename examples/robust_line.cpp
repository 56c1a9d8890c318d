// SPDX-License-Identifier: BSL-1.0
// A line through points with outliers, under three losses, with Eigen's own Levenberg-Marquardt; it
// is drawn in robust_line.svg. The solver minimises a sum of squares: of the roots of the losses.
#include <cstdio>
#include <eigenloss/losses/huber.hpp>
#include <eigenloss/losses/l1.hpp>
#include <eigenloss/losses/mse.hpp>
#include <random>
#include <unsupported/Eigen/NonLinearOptimization>
#include <vector>

#include "support/svg_plot.hpp"

using Eigen::Index, Eigen::VectorXd;

// What the solver asks for: f = √l, and its derivatives by the line's two numbers, slope / (2f).
template <class Loss>
struct Fit {
  Loss loss;
  VectorXd x, y;
  int values() const { return static_cast<int>(x.size()); }
  VectorXd line(const VectorXd& p) const { return (p(0) * x.array() + p(1)).matrix(); }
  int operator()(const VectorXd& p, VectorXd& f) const {
    f = (loss(line(p), y).array() + tiny).sqrt();
    return 0;
  }
  int df(const VectorXd& p, Eigen::MatrixXd& jacobian) const {
    const auto [value, slope] = loss.value_and_gradient(line(p), y);
    const VectorXd by_line = slope.array() / (2 * (value.array() + tiny).sqrt());
    jacobian.resize(x.size(), 2);
    jacobian << by_line.cwiseProduct(x), by_line;
    return 0;
  }
  static constexpr double tiny = 1e-6;  // f has no derivative where the loss is 0
};

template <class Loss>
svg::Line fit(const char* name, const Loss& loss, const VectorXd& x, const VectorXd& y) {
  Fit<Loss> problem{loss, x, y};
  Eigen::LevenbergMarquardt<Fit<Loss>> solver(problem);
  VectorXd p = VectorXd::Zero(2);
  solver.minimize(p);
  std::printf("%-5s y = %.3f x + %.3f\n", name, p(0), p(1));
  return {name, {x(0), x(x.size() - 1)}, {p(0) * x(0) + p(1), p(0) * x(x.size() - 1) + p(1)}};
}

int main() {
  using eigenloss::Unreduced;
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 0.3);
  const VectorXd x = VectorXd::LinSpaced(40, 0, 10);
  VectorXd y = 0.5 * x.array() + 1;  // the truth; then noise, and an outlier every sixth point
  for (Index i = 0; i < y.size(); ++i) y(i) += noise(random) + (i % 6 == 5 ? 0.1 * x(i) * x(i) : 0);
  svg::Line points{"points", {x.begin(), x.end()}, {y.begin(), y.end()}, true};
  const std::vector<svg::Line> lines{points, fit("MSE", eigenloss::MSE<Unreduced>{}, x, y),
                                     fit("Huber", eigenloss::Huber<Unreduced>{}, x, y),
                                     fit("L1", eigenloss::L1<Unreduced>{}, x, y)};
  svg::save({"A line through points with outliers", "x", "y", lines}, "robust_line.svg");
}
