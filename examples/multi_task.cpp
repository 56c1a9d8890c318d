// SPDX-License-Identifier: BSL-1.0
// Two tasks, two inputs, one value: what an object is, and where its box lies. Boxes count only
// where there is an object. A factor in front of a loss scales its value and its gradient.

#include <cstdio>
#include <eigenloss/engine/combination.hpp>
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/smooth_l1.hpp>

using namespace eigenloss;

int main() {
  constexpr Eigen::Index samples = 6, classes = 3, corners = 4;
  const Eigen::Matrix<int, samples, 1> label = {0, 1, 2, 0, 1, 2};  // 0 is background
  const Eigen::MatrixXf box = Eigen::MatrixXf::Constant(samples, corners, 0.5F);

  // .weighted takes a weight for each unit, here an element; a column of them holds for its row.
  const Eigen::MatrixXf has_object = (label.array() > 0).cast<float>().matrix();

  // What a network would put out; here it is moved directly.
  Eigen::MatrixXf logits = Eigen::MatrixXf::Zero(samples, classes), logits_gradient;
  Eigen::MatrixXf boxes = Eigen::MatrixXf::Zero(samples, corners), boxes_gradient;

  const CrossEntropy<Mean> what;
  const auto where_it_is = 5.0 * SmoothL1<WeightedMean>{};
  float value = 0;
  for (int step = 0; step <= 200; ++step) {
    value = what.value_and_gradient(logits, label, logits_gradient) +
            where_it_is.weighted(has_object).value_and_gradient(boxes, box, boxes_gradient);
    if (step == 0) std::printf("before: %.4f\n", static_cast<double>(value));
    logits -= 2.0F * logits_gradient;
    boxes -= 2.0F * boxes_gradient;
  }
  std::printf("after: %.4f\n", static_cast<double>(value));
  std::printf("box of an object: %.2f, of background: %.2f\n", static_cast<double>(boxes(1, 0)),
              static_cast<double>(boxes(0, 0)));
}
