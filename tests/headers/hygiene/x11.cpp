// SPDX-License-Identifier: BSL-1.0
// What X11's, Windows' and Qt's headers define, between Eigen's headers and ours.
#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <string>
#include <tuple>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Success 0
#define Always 2
#define Unsorted 0
#define Complex 0
#define Convex 2
#define ERROR 0
#define IN
#define OUT
#define near
#define far
#define small char
#define signals public
#define slots
#define emit
#define foreach
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))

#include <eigenloss/eigenloss.hpp>

int main() {
  Eigen::Tensor<float, 2> x(4, 3), gradient(4, 3);
  Eigen::Tensor<int, 1> y(4);
  x.setConstant(1.0f);
  y.setConstant(2);
  const float log_3 = eigenloss::CrossEntropy<>{}.value_and_gradient(x, y, gradient);
  const float mse = eigenloss::MSE<eigenloss::Unreduced>{}(x, gradient)(0, 0);
  const float triplet = eigenloss::TripletMargin<eigenloss::WeightedMean>{}(x, x, x);
  Eigen::VectorXi labels = Eigen::VectorXi::Constant(1, 1);
  const Eigen::MatrixXd frames = Eigen::MatrixXd::Zero(2, 2);
  const double ctc = eigenloss::CTCWithLogits<>{}(frames, labels, 2, 1);
  const auto own = eigenloss::pointwise([](auto a, auto b) { return abs(a - b); });
  const float same = (own + 0.5 * eigenloss::Huber<>{})(x, x);
  std::printf("%g %g %g %g %g\n", double(log_3), double(mse), double(triplet), ctc, double(same));
  return std::abs(double(log_3) - std::log(3.0)) < 1e-6 &&
                 std::abs(ctc - std::log(4.0 / 3.0)) < 1e-12 && triplet == 1.0f && same == 0.0f
             ? 0
             : 1;
}
