// SPDX-License-Identifier: BSL-1.0
// A loss of one's own over the classes of a row: the focal loss, which cares for the hard samples.

#include <cmath>
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>

// l = -(1 - p)^gamma · log p, with p the softmax of the logits at the label.
struct Focal {
  double gamma = 2.0;     // at least 0; 0 is CrossEntropy
  std::int64_t axis = 1;  // where the classes lie: every row kernel's last option

  // A row of logits x, its label y, and the slopes to fill in. V holds a number a row, P entries.
  template <class Row, class Label, class Slope>
  typename Row::V row(const Row& x, const Label& y, const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const eigenloss::Softmax<Row, Slope> softmax(x, slope);
    const V log_p = (at(x, y) - softmax.maximum) - softmax.log_total;
    const V p = exp(log_p), miss = V(1) - p;
    const V focus = pow(miss, V(gamma));

    // d l / d x_j = (softmax_j - [j = y])·factor
    const V steeper = gamma == 0 ? V(0) : V(gamma) * pow(miss, V(gamma - 1)) * p * log_p;
    const P factor = spread(x, focus - steeper);
    softmax.transform_slope(
        slope, [&](const P& s, const P& is_y) { return factor * (s - is_y); }, one_hot(x, y));
    return -focus * log_p;
  }
};

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
