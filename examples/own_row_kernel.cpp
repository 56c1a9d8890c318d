// SPDX-License-Identifier: BSL-1.0
// A loss of one's own over the classes of a row: the focal loss, which cares for the hard samples.

#include "own_row_kernel.hpp"

#include <cmath>
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>

int main() {
  Eigen::Matrix<float, 2, 3, Eigen::RowMajor> logits;
  logits << 5, 0, 0,  // sure and right
      0, 1, 0;        // wrong
  const Eigen::Vector2i labels(0, 2);

  eigenloss::Rowwise<Focal, eigenloss::Unreduced> focal;
  const eigenloss::CrossEntropy<eigenloss::Unreduced> plain;
  const auto of_rows = focal(logits, labels), before = plain(logits, labels);
  std::printf("easy sample: %.5f instead of %.5f\n", double{of_rows(0)}, double{before(0)});
  std::printf("hard sample: %.5f instead of %.5f\n", double{of_rows(1)}, double{before(1)});

  const float step = 1.0F / 128, there = logits(1, 2);
  const float slope = focal.gradient(logits, labels)(1, 2);
  logits(1, 2) = there + step;
  const float up = focal(logits, labels)(1);
  logits(1, 2) = there - step;
  const float difference = (up - focal(logits, labels)(1)) / (2 * step);
  std::printf("slope %.4f, from differences %.4f\n", double{slope}, double{difference});
  return std::abs(slope - difference) < 1e-3F ? 0 : 1;
}
