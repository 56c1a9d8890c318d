// SPDX-License-Identifier: BSL-1.0
// expect: all arguments of rank 2 and more must have the same layout
// expect: storage for results must be a Tensor, TensorMap, Matrix
// expect: value_into is for the reduction Unreduced
// expect: all arguments of rank 2 and more must have the same layout
// expect: storage for results must be of a floating-point type
// expect: storage for results must be of a floating-point type
// expect: storage for results must be a Tensor, TensorMap, Matrix
// expect: storage for results must be of a floating-point type, and real
#include <complex>
#include <eigenloss/losses/mse.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

void values(const Eigen::Tensor<float, 2>& x, const Eigen::Tensor<float, 2>& t) {
  const eigenloss::MSE<eigenloss::Unreduced> unreduced;
  Eigen::Tensor<float, 2> result(x.dimensions());
#if EXPECT_FAIL == 1
  const Eigen::Tensor<float, 2, Eigen::RowMajor> other(2, 3);
  unreduced.value_into(result, x, other);
#elif EXPECT_FAIL == 2
  unreduced.value_into(result + result, x, t);
#elif EXPECT_FAIL == 3
  const eigenloss::MSE<eigenloss::Mean> mean;
  mean.value_into(result, x, t);
#elif EXPECT_FAIL == 4
  Eigen::Tensor<float, 2, Eigen::RowMajor> other(2, 3);
  unreduced.value_into(other, x, t);
#elif EXPECT_FAIL == 5
  Eigen::Tensor<int, 2> integers(2, 3);
  unreduced.value_into(integers, x, t);
#elif EXPECT_FAIL == 6
  Eigen::Tensor<bool, 2> bits(2, 3);
  unreduced.gradient(x, t, bits);
#elif EXPECT_FAIL == 7
  unreduced.value_into(eigenloss::skip, x, t);
#elif EXPECT_FAIL == 8
  Eigen::Tensor<std::complex<float>, 2> waves(2, 3);
  unreduced.gradient(x, t, waves);
#else
  const Eigen::Tensor<float, 2, Eigen::RowMajor> other(2, 3);
  unreduced.value_into(result, x, other.swap_layout().shuffle(Eigen::array<int, 2>{1, 0}));
  unreduced.value_into(result, x, t);
  unreduced.gradient(x, t, eigenloss::skip);
#endif
}
