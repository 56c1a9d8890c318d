// SPDX-License-Identifier: BSL-1.0
// expect: storage for results must be a Tensor, TensorMap, Matrix
// expect: storage for results must be a Tensor, TensorMap, Matrix
// expect: storage for results must be a Tensor, TensorMap, Matrix
// expect: storage for results must be a Tensor, TensorMap, Matrix
#include <eigenloss/losses/l1.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

void gradients(const Eigen::MatrixXf& x, const Eigen::MatrixXf& t, float* memory,
               const float* others) {
  const eigenloss::L1<> loss;
  Eigen::MatrixXf storage(x.rows(), x.cols());
  const Eigen::MatrixXf& constant = storage;
#if EXPECT_FAIL == 1
  loss.gradient(x, t, constant);
#elif EXPECT_FAIL == 2
  loss.gradient(x, t, Eigen::Map<const Eigen::MatrixXf>(others, x.rows(), x.cols()));
#elif EXPECT_FAIL == 3
  loss.gradient(x, t, constant.block(0, 0, 1, 1));
#elif EXPECT_FAIL == 4
  loss.value_and_gradient(x, t, 2 * storage);
#else
  loss.gradient(x, t, storage);
  loss.gradient(x, t, Eigen::Map<Eigen::MatrixXf>(memory, x.rows(), x.cols()));
  loss.gradient(x, t, storage.block(0, 0, x.rows(), x.cols()));
  loss.value_and_gradient(constant, Eigen::Map<const Eigen::MatrixXf>(others, x.rows(), x.cols()),
                          storage);
#endif
}
