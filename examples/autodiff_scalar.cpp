// SPDX-License-Identifier: BSL-1.0
// A number that carries its own derivative flows through a value: here Eigen's AutoDiffScalar, with
// the derivatives by a line's slope and offset. The loss's own gradient says the same.

#include <cstdio>
#include <eigenloss/losses/huber.hpp>
#include <unsupported/Eigen/AutoDiff>

using Number = Eigen::AutoDiffScalar<Eigen::Vector2d>;  // a value, and its two derivatives

int main() {
  const Eigen::Index count = 20;
  const Eigen::VectorXd x = Eigen::VectorXd::LinSpaced(count, -2, 2);
  const Eigen::VectorXd target = x.array().sin();
  const Number slope(0.5, 2, 0), offset(-0.5, 2, 1);  // two parameters: number 0 and number 1

  Eigen::Matrix<Number, Eigen::Dynamic, 1> prediction(count), wanted(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    prediction(i) = slope * x(i) + offset;
    wanted(i) = target(i);
  }
  const eigenloss::Huber<eigenloss::Mean> loss;
  const Number value = loss(prediction, wanted);

  // By hand: the gradient of the predictions, times the derivatives of the predictions.
  const Eigen::VectorXd numbers = 0.5 * x.array() - 0.5;
  const Eigen::VectorXd gradient = loss.gradient(numbers, target);
  const Eigen::Vector2d by_hand(gradient.dot(x), gradient.sum());

  const double apart = (value.derivatives() - by_hand).norm();
  std::printf("value %.6f, derivatives %.6f and %.6f\n", value.value(), value.derivatives()(0),
              value.derivatives()(1));
  std::printf("the same as the gradient: %s\n", apart < 1e-14 ? "yes" : "no");
  return apart < 1e-14 ? 0 : 1;
}
