// SPDX-License-Identifier: BSL-1.0
// expect: all arguments of rank 2 and more must have the same layout
// expect: all arguments of rank 2 and more must have the same layout
// expect: the input of a loss must be of a floating-point type
// expect: the input of a loss must be of a floating-point type
// expect: all arguments of rank 2 and more must have the same layout
// expect: all arguments of rank 2 and more must have the same layout
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/mse.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

float value(const Eigen::MatrixXf& x, const Rows& rows, const Eigen::VectorXi& y) {
  const eigenloss::MSE<> loss;
  Rows row_major(x.rows(), x.cols());
  Eigen::MatrixXf gradient(x.rows(), x.cols());
#if EXPECT_FAIL == 1
  return loss(x, rows);
#elif EXPECT_FAIL == 2
  return loss.value_and_gradient(x, x, row_major);
#elif EXPECT_FAIL == 3
  return float(loss(y, y.cast<float>()));
#elif EXPECT_FAIL == 4
  return float(eigenloss::CrossEntropy<>{}(x.cast<int>(), y));
#elif EXPECT_FAIL == 5
  return loss.weighted(rows)(x, x);
#elif EXPECT_FAIL == 6
  return float(loss.weighted(rows).divisor(x, x));
#else
  (void)row_major;
  return loss(x, rows.transpose()) + loss.value_and_gradient(x, x, gradient) +
         loss.weighted(gradient)(x, x) + float(loss.weighted(gradient).divisor(x, x)) +
         loss(y.cast<float>(), y) + eigenloss::CrossEntropy<>{}(x, y);
#endif
}
