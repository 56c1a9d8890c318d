// SPDX-License-Identifier: BSL-1.0
// expect: the target holds one class for each row, so it must be of an integer type
// expect: the target holds one class for each row, so it must be of an integer type
// expect: the target holds one class for each row, so it must be of an integer type
// expect: the target is either one class for each row, of an integer type .* or probabilities in the shape of the input
// expect: the target is either one class for each row, of an integer type .* or probabilities in the shape of the input
// expect: the target holds one class for each row, so it must be of an integer type
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/multi_label_margin.hpp>
#include <eigenloss/losses/multi_margin.hpp>
#include <eigenloss/losses/nll.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

using namespace eigenloss;

float value(const Eigen::Tensor<float, 2>& x, const Eigen::Tensor<float, 1>& y,
            const Eigen::Tensor<float, 2>& all) {
#if EXPECT_FAIL == 1
  return NLL<>{}(x, y);
#elif EXPECT_FAIL == 2
  return MultiMargin<>{}(x, y);
#elif EXPECT_FAIL == 3
  return MultiLabelMargin<>{}(x, all);
#elif EXPECT_FAIL == 4
  return CrossEntropy<>{}(x, y);
#elif EXPECT_FAIL == 5
  return CrossEntropy<>{}.weighted(y).gradient(x, y)(0, 0);
#elif EXPECT_FAIL == 6
  return NLL<>{}(y, 1.0F);
#else
  return NLL<>{}(y, 1) + NLL<>{}(x, y.cast<int>()) + MultiMargin<>{}(x, y.cast<int>()) +
         MultiLabelMargin<>{}(x, all.cast<int>()) + CrossEntropy<>{}(x, y.cast<int>()) +
         CrossEntropy<>{}.weighted(y).gradient(x, all)(0, 0);
#endif
}
