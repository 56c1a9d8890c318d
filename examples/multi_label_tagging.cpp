// SPDX-License-Identifier: BSL-1.0
// Several tags may hold for one image, or none: a logit for each, and BCEWithLogits. Here the tags
// are properties of the digit in the picture, which the model learns without ever seeing the digit.

#include <cstdio>
#include <eigenloss/losses/bce_with_logits.hpp>

#include "support/digits.hpp"
#include "support/linear.hpp"

using Tags = Eigen::Array<bool, Eigen::Dynamic, 4>;
const char* const names[] = {"round", "straight", "zero", "curly"};

Tags tags_of(const Eigen::VectorXi& digit) {
  const auto d = digit.array();
  Tags tags(digit.size(), 4);
  tags << (d == 0 || d == 6 || d == 8 || d == 9), (d == 1 || d == 4 || d == 7), d == 0,
      (d == 2 || d == 3 || d == 5);
  return tags;
}

int main() {
  const Digits digits = read_digits(EXAMPLES_DATA_DIR "/digits.csv");
  const Digits seen = training(digits), unseen = held_out(digits);
  const Tags tags = tags_of(seen.labels);

  // A tag that few images have counts more where it holds: pos_weight, one for each tag.
  const Eigen::ArrayXd share = tags.cast<double>().colwise().mean();
  eigenloss::BCEWithLogits<> loss;
  loss.pos_weight = (1 - share) / share;

  Linear model(64, 4);
  for (int step = 0; step < 400; ++step) {
    const Eigen::MatrixXf logits = model(seen.pixels);
    model.descend(seen.pixels, loss.gradient(logits, tags), 1.0F);  // 0/1 labels may be bool
  }

  const Tags wanted = tags_of(unseen.labels), said = model(unseen.pixels).array() > 0.0F;
  for (int k = 0; k < 4; ++k) {
    const auto hits = static_cast<double>((said.col(k) && wanted.col(k)).count());
    std::printf("%-9s precision %5.1f %%, recall %5.1f %%\n", names[k],
                100 * hits / static_cast<double>(said.col(k).count()),
                100 * hits / static_cast<double>(wanted.col(k).count()));
  }
  const double right = (said == wanted).cast<double>().mean();
  std::printf("tags right: %.1f %%\n", 100 * right);
}
