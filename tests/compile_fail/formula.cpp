// SPDX-License-Identifier: BSL-1.0
// expect: a formula runs on several numbers at once, so it cannot branch
// expect: a formula runs on several numbers at once, so it cannot branch
// expect: a formula runs on several numbers at once, so it cannot branch
// expect: a formula is a function of one, two or three numbers of any type
// expect: a formula is a function of one, two or three numbers of any type
#include <eigenloss/engine/formula.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

// The absolute difference, as a formula of one's own.
float value(const Eigen::Tensor<float, 2>& x, const Eigen::Tensor<float, 2>& t) {
  const auto loss = eigenloss::pointwise<eigenloss::Mean>([](auto input, auto target) {
    const auto difference = input - target;
#if EXPECT_FAIL == 1
    if (difference < 0) return -difference;
    return difference;
#elif EXPECT_FAIL == 2
    return where(difference < 0 && input < 0, -difference, difference);
#elif EXPECT_FAIL == 3
    return where(!(difference < 0), difference, -difference);
#else
    return where(difference < 0, -difference, difference);
#endif
  });
#if EXPECT_FAIL == 4
  const auto typed = eigenloss::pointwise([](float input, float target) { return input - target; });
  return typed(x, t);
#elif EXPECT_FAIL == 5
  const auto counting =
      eigenloss::pointwise([k = 0](auto input, auto) mutable { return ++k, input; });
  return counting(x, t);
#endif
  return loss(x, t);
}
