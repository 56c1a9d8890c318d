// SPDX-License-Identifier: BSL-1.0
// expect: log-probabilities or logits of sequences have the dimensions .time, batch, classes. or .time, classes.
// expect: the targets and lengths of sequences must be integers
// expect: the targets and lengths of sequences must be integers
// expect: wrong number of arguments: this verb takes the inputs of the loss and nothing else
#include <eigenloss/losses/ctc.hpp>
#include <unsupported/Eigen/CXX11/Tensor>

float value(const Eigen::Tensor<float, 2>& frames, const Eigen::Tensor<int, 1>& labels,
            const Eigen::Tensor<float, 1>& numbers) {
  const eigenloss::CTC<> loss;
#if EXPECT_FAIL == 1
  return loss(numbers, labels, 4, 2);
#elif EXPECT_FAIL == 2
  return loss(frames, numbers, 4, 2);
#elif EXPECT_FAIL == 3
  return loss(frames, labels, 4.0, 2);
#elif EXPECT_FAIL == 4
  return loss(frames, labels, 4);
#else
  return loss(frames, labels, 4, 2) + loss(frames, numbers.cast<int>(), 4, 2);
#endif
}
