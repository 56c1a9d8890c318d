// SPDX-License-Identifier: BSL-1.0
// A rare class: of all eights, only one in twenty is there to learn from. Class weights give them
// the say they would have in equal numbers; label smoothing keeps the model from being too sure.

#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>

#include "support/digits.hpp"
#include "support/linear.hpp"

using eigenloss::CrossEntropy;

// How much of a class is found, and how sure the model is, on digits it has not seen.
void report(const char* name, const CrossEntropy<>& loss, const Digits& seen,
            const Digits& unseen) {
  Linear model(64, 10);
  Eigen::MatrixXf gradient;
  for (int step = 0; step < 300; ++step) {
    loss.gradient(model(seen.pixels), seen.labels, gradient);
    model.descend(seen.pixels, gradient, 0.5F);
  }
  const Digits eights = digits_where(unseen, [](Eigen::Index, int label) { return label == 8; });
  const Eigen::MatrixXf logits = model(unseen.pixels);
  const Eigen::VectorXf largest = logits.rowwise().maxCoeff();  // subtracted, e^x cannot overflow
  const Eigen::MatrixXf p = (logits.colwise() - largest).array().exp();
  const Eigen::VectorXf sure = p.rowwise().maxCoeff().array() / p.rowwise().sum().array();
  std::printf("%-16s %5.1f %% of the eights, %5.1f %% of all digits; sure of %4.1f %%\n", name,
              100 * accuracy(model(eights.pixels), eights.labels),
              100 * accuracy(model(unseen.pixels), unseen.labels),
              100 * static_cast<double>(sure.mean()));
}

int main() {
  const Digits digits = read_digits(EXAMPLES_DATA_DIR "/digits.csv");
  Eigen::Index eights = 0;
  const Digits seen = digits_where(
      training(digits), [&](Eigen::Index, int label) { return label != 8 || eights++ % 20 == 0; });

  // Each class counts as much as the others: 1 / its number of samples.
  Eigen::ArrayXd counts = Eigen::ArrayXd::Zero(10);
  for (const int label : seen.labels) ++counts(label);

  CrossEntropy<> loss;
  report("plain", loss, seen, held_out(digits));
  loss.weight = 1 / counts;
  report("weighted", loss, seen, held_out(digits));
  loss.label_smoothing = 0.1;
  report("and smoothed", loss, seen, held_out(digits));
}
