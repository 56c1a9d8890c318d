// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "digits.hpp"

// A linear model with a bias, trained by gradient descent with momentum. A row is a sample.
struct Linear {
  Eigen::MatrixXf weight, weight_step;
  Eigen::RowVectorXf bias, bias_step;

  Linear(Eigen::Index inputs, Eigen::Index outputs)
      : weight(Eigen::MatrixXf::Zero(inputs, outputs)),
        weight_step(weight),
        bias(Eigen::RowVectorXf::Zero(outputs)),
        bias_step(bias) {}

  Eigen::MatrixXf operator()(const Eigen::MatrixXf& input) const {
    return (input * weight).rowwise() + bias;
  }

  // One step down, from the gradient of a loss with respect to the output.
  void descend(const Eigen::MatrixXf& input, const Eigen::MatrixXf& gradient, float rate) {
    constexpr float momentum = 0.9F;
    weight_step = momentum * weight_step - rate * input.transpose() * gradient;
    bias_step = momentum * bias_step - rate * gradient.colwise().sum();
    weight += weight_step;
    bias += bias_step;
  }
};

// The share of rows whose largest logit is that of their label.
inline double accuracy(const Eigen::MatrixXf& logits, const Eigen::VectorXi& labels) {
  Eigen::Index right = 0;
  for (Eigen::Index i = 0; i < labels.size(); ++i) {
    Eigen::Index answer;
    logits.row(i).maxCoeff(&answer);
    right += answer == labels(i);
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

// The digits for which keep(number, label) is true.
template <class Keep>
Digits digits_where(const Digits& digits, const Keep& keep) {
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < digits.labels.size(); ++i) {
    if (keep(i, digits.labels(i))) rows.push_back(i);
  }
  return {digits.pixels(rows, Eigen::indexing::all), digits.labels(rows)};
}

// A fifth of the digits to check with, and the rest to train on.
inline Digits held_out(const Digits& digits) {
  return digits_where(digits, [](Eigen::Index i, int) { return i % 5 == 4; });
}
inline Digits training(const Digits& digits) {
  return digits_where(digits, [](Eigen::Index i, int) { return i % 5 != 4; });
}
