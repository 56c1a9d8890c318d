// SPDX-License-Identifier: BSL-1.0
// Reads a line of handwritten digits without cutting it up: CTCWithLogits learns from pairs of a
// picture and a text where in the picture each character is.

#include <cstdio>
#include <eigenloss/losses/ctc_with_logits.hpp>
#include <random>
#include <utility>

#include "support/digits.hpp"
#include "support/linear.hpp"
#include "support/text_lines.hpp"

int main() {
  const Digits digits = read_digits(EXAMPLES_DATA_DIR "/digits.csv");
  const Digits seen = training(digits), unseen = held_out(digits);
  constexpr Eigen::Index window = 11, hidden = 64, classes = 11;  // class 10 is the blank
  std::mt19937 random(1);
  Linear first(8 * window, hidden), second(hidden, classes);
  std::normal_distribution<float> normal(0, 0.1F);
  for (float& w : first.weight.reshaped()) w = normal(random);
  for (float& w : second.weight.reshaped()) w = normal(random);
  const auto active = [&](const Eigen::MatrixXf& frames) {
    return Eigen::MatrixXf(first(frames).cwiseMax(0.0F));
  };

  eigenloss::CTCWithLogits<eigenloss::Mean> loss;
  loss.blank = 10;
  constexpr int steps = 4000;
  double sum = 0;
  for (int step = 1; step <= steps; ++step) {
    const TextLine line = random_line(seen, 5, random);
    const Eigen::MatrixXf frames = windows(line.picture, window);  // (T, inputs)
    const Eigen::MatrixXf features = active(frames), logits = second(features);
    const auto [value, gradient] = loss.value_and_gradient(
        logits, line.text, static_cast<int>(logits.rows()), static_cast<int>(line.text.size()));
    const Eigen::MatrixXf back =
        (features.array() > 0.0F).select(gradient * second.weight.transpose(), 0.0F);
    const float rate = 0.02F * (1 - static_cast<float>(step) / (steps + 1));
    second.descend(features, gradient, rate);
    first.descend(frames, back, rate);
    sum += static_cast<double>(value);
    if (step % 500 == 0) std::printf("line %4d: loss %.3f\n", step, std::exchange(sum, 0.0) / 500);
  }

  Eigen::Index errors = 0, characters = 0;
  for (int i = 0; i < 200; ++i) {
    const TextLine line = random_line(unseen, 1 + i % 8, random);
    const auto read = greedy_decoding(second(active(windows(line.picture, window))), 10);
    errors += edit_distance(read, line.text);
    characters += line.text.size();
    if (i < 3) std::printf("written %s, read %s\n", words(line.text).c_str(), words(read).c_str());
  }
  std::printf("character error rate %.1f %% on %d characters of unseen lines\n",
              100.0 * static_cast<double>(errors) / static_cast<double>(characters),
              static_cast<int>(characters));
}
