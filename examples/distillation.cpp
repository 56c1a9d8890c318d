// SPDX-License-Identifier: BSL-1.0
// Knowledge distillation: a teacher that has seen every label tells a student who has seen only
// thirty what it thinks of the other images. Its answers at a temperature say more than labels:
// which wrong classes are nearly right. KLDiv<BatchMean> is the divergence, averaged over the
// batch.

#include <cmath>
#include <cstdio>
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/kl_div.hpp>

#include "support/digits.hpp"
#include "support/linear.hpp"

using Eigen::MatrixXf;

MatrixXf log_softmax(const MatrixXf& logits) {
  const MatrixXf x = logits.colwise() - logits.rowwise().maxCoeff();
  return x.array().colwise() - x.array().exp().rowwise().sum().log();
}

int main() {
  const Digits digits = read_digits(EXAMPLES_DATA_DIR "/digits.csv");
  const Digits seen = training(digits), unseen = held_out(digits);
  const Digits few = digits_where(seen, [](Eigen::Index i, int) { return i < 30; });

  const eigenloss::CrossEntropy<> right_class;
  Linear teacher(64, 10), alone(64, 10), student(64, 10);
  for (int step = 0; step < 400; ++step) {
    teacher.descend(seen.pixels, right_class.gradient(teacher(seen.pixels), seen.labels), 0.5F);
    alone.descend(few.pixels, right_class.gradient(alone(few.pixels), few.labels), 0.5F);
  }

  eigenloss::KLDiv<eigenloss::BatchMean> divergence;
  divergence.log_target = true;
  constexpr float temperature = 3;
  const MatrixXf wanted = log_softmax(teacher(seen.pixels) / temperature);
  float value = 0;
  for (int step = 0; step < 400; ++step) {
    const MatrixXf log_p = log_softmax(student(seen.pixels) / temperature);
    const auto [now, slope] = divergence.value_and_gradient(log_p, wanted);
    value = now;

    // Back through log_softmax; temperature² undoes what the temperature takes from the gradient.
    const Eigen::VectorXf sum = slope.rowwise().sum();
    const MatrixXf p = log_p.array().exp();
    const MatrixXf gradient = temperature * (slope - (p.array().colwise() * sum.array()).matrix());
    student.descend(seen.pixels, gradient, 0.5F);
  }

  std::printf("teacher           %.1f %% right\n",
              100 * accuracy(teacher(unseen.pixels), unseen.labels));
  std::printf("30 labels alone   %.1f %% right\n",
              100 * accuracy(alone(unseen.pixels), unseen.labels));
  std::printf("taught by teacher %.1f %% right, divergence %.4f\n",
              100 * accuracy(student(unseen.pixels), unseen.labels), static_cast<double>(value));
}
