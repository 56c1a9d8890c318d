// SPDX-License-Identifier: BSL-1.0
// expect: wrong number of arguments: this verb takes the inputs of the loss and nothing else
// expect: wrong number of arguments: give the inputs of the loss, then no storage at all
// expect: every argument must be an Eigen tensor, an Eigen matrix or array
// expect: the input of a loss must be of a floating-point type
// expect: every argument must be an Eigen tensor, an Eigen matrix or array
// expect: the first argument must be an array: make a plain number an Eigen::Tensor<float, 0>
// expect: no argument may be complex: take .real\(\), .imag\(\) or .abs\(\)
// expect: wrong number of arguments: this verb takes the inputs of the loss and nothing else
#include <complex>
#include <eigenloss/losses/mse.hpp>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

float value(const Eigen::Tensor<float, 2>& x, const Eigen::Tensor<float, 2>& t) {
  const eigenloss::MSE<> loss;
  Eigen::Tensor<float, 2> gradient(x.dimensions());
#if EXPECT_FAIL == 1
  return loss(x, t, gradient);
#elif EXPECT_FAIL == 2
  return loss.value_and_gradient(x, t, gradient, gradient);
#elif EXPECT_FAIL == 3
  const std::vector<float> numbers(6);
  return loss(x, numbers);
#elif EXPECT_FAIL == 4
  const Eigen::Tensor<int, 2> integers(2, 3);
  return static_cast<float>(loss(integers, t));
#elif EXPECT_FAIL == 5
  const std::vector<float> weights(6);
  return loss.weighted(weights)(x, t);
#elif EXPECT_FAIL == 6
  return loss(1.0F, 2.0F);
#elif EXPECT_FAIL == 7
  const Eigen::Tensor<std::complex<float>, 2> waves(2, 3);
  return loss(waves, t);
#elif EXPECT_FAIL == 8
  return loss();
#else
  const Eigen::Tensor<float, 0> one;
  const Eigen::Tensor<int, 2> integers(2, 3);
  return loss.weighted(x)(x, t) + loss.value_and_gradient(x, t, gradient) +
         loss(integers.cast<float>(), t) + loss(one, 2);
#endif
}
