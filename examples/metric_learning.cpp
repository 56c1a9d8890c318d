// SPDX-License-Identifier: BSL-1.0
// Learns where to put images in four dimensions, so that those of one digit lie together: the anchor
// of each triplet is to be nearer to a digit of its kind than to another one, by a margin.

#include <cstdio>
#include <eigenloss/losses/triplet_margin.hpp>
#include <random>

#include "support/digits.hpp"
#include "support/linear.hpp"

using Eigen::Index, Eigen::MatrixXf;

// How many of `points` are nearest to a point of `known` with their own label.
double nearest_right(const MatrixXf& points, const Digits& of, const MatrixXf& known,
                     const Digits& among) {
  Index right = 0;
  for (Index i = 0; i < points.rows(); ++i) {
    Index nearest;
    (known.rowwise() - points.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
    right += of.labels(i) == among.labels(nearest);
  }
  return static_cast<double>(right) / static_cast<double>(points.rows());
}

int main() {
  const Digits digits = read_digits(EXAMPLES_DATA_DIR "/digits.csv");
  const Digits seen = training(digits), unseen = held_out(digits);
  std::mt19937 random(1);
  const auto any = [&](bool alike, Index anchor) {  // another digit, of the same kind or not
    for (;;) {
      const auto i = static_cast<Index>(random() % static_cast<unsigned>(seen.labels.size()));
      if ((seen.labels(i) == seen.labels(anchor)) == alike && i != anchor) return i;
    }
  };

  Linear place(64, 4);
  for (float& w : place.weight.reshaped()) w = static_cast<float>(random() % 201) / 500 - 0.2F;
  const auto report = [&](const char* when) {
    std::printf("%s: %.1f %% of unseen digits lie next to their kind\n", when,
                100 * nearest_right(place(unseen.pixels), unseen, place(seen.pixels), seen));
  };
  report("before");

  const eigenloss::TripletMargin<eigenloss::Mean> loss;
  MatrixXf a(256, 64), p(256, 64), n(256, 64), da, dp, dn;
  for (int step = 0; step < 300; ++step) {
    for (Index i = 0; i < a.rows(); ++i) {
      const auto anchor = static_cast<Index>(random() % static_cast<unsigned>(seen.labels.size()));
      a.row(i) = seen.pixels.row(anchor);
      p.row(i) = seen.pixels.row(any(true, anchor));
      n.row(i) = seen.pixels.row(any(false, anchor));
    }
    loss.gradient(place(a), place(p), place(n), da, dp, dn);
    place.weight -= 0.3F * (a.transpose() * da + p.transpose() * dp + n.transpose() * dn);
  }
  report("after");
}
