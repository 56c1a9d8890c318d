// SPDX-License-Identifier: BSL-1.0
// expect: the terms of a combination must all be Unreduced, or none of them
// expect: wrong number of arguments
// expect: the terms of a combination must take the same arguments
#include <eigenloss/engine/combination.hpp>
#include <eigenloss/losses/l1.hpp>
#include <eigenloss/losses/margin_ranking.hpp>
#include <eigenloss/losses/mse.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

using namespace eigenloss;

float value(const Eigen::Tensor<float, 1>& x, const Eigen::Tensor<float, 1>& t) {
#if EXPECT_FAIL == 1
  return (L1<Unreduced>{} + MSE<Mean>{})(x, t)(0);
#elif EXPECT_FAIL == 2
  return (L1<Mean>{} + MSE<Mean>{})(x, t, t);
#elif EXPECT_FAIL == 3
  return (L1<Mean>{} + MarginRanking<Mean>{})(x, t);
#else
  return (L1<Unreduced>{} + MSE<Unreduced>{})(x, t)(0) + (L1<Mean>{} + MSE<Sum>{})(x, t);
#endif
}
