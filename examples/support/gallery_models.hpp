// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <eigenloss/losses/ctc_with_logits.hpp>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

#include "digits.hpp"

// The two small models of the gallery, trained in double so that every machine draws the same
// picture.

// Numbers in [0, 1) that are the same with every compiler, as those of
// std::uniform_real_distribution are not.
class Dice {
 public:
  double operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }
  int below(int n) { return static_cast<int>((*this)() * n); }
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += (*this)();
    return sum;
  }

 private:
  std::uint64_t state_ = 1;
};

// ---- Lines of digits. Class 0 is CTC's blank, digit d is class d + 1. ----

struct DigitLine {
  Eigen::MatrixXd image;  // 8 pixels high
  Eigen::VectorXi labels;
};

inline DigitLine make_line(const Digits& digits, const std::vector<Eigen::Index>& images) {
  constexpr Eigen::Index pitch = 10;
  const Eigen::Index length = static_cast<Eigen::Index>(images.size());
  DigitLine line{Eigen::MatrixXd::Zero(8, length * pitch + 2), Eigen::VectorXi(length)};
  for (Eigen::Index k = 0; k < length; ++k) {
    const Eigen::Index i = images[static_cast<std::size_t>(k)];
    line.image.block(0, 2 + k * pitch, 8, 8) =
        digits.pixels.row(i).cast<double>().reshaped<Eigen::RowMajor>(8, 8);
    line.labels(k) = digits.labels(i) + 1;
  }
  return line;
}

// A linear model on a window of 11 columns around each frame.
struct Reader {
  static constexpr Eigen::Index window = 11, features = 8 * window + 1, classes = 11;
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(features, classes);

  static Eigen::MatrixXd frames(const DigitLine& line) {
    const Eigen::Index half = window / 2, length = line.image.cols();
    Eigen::MatrixXd padded = Eigen::MatrixXd::Zero(8, length + 2 * half), result(length, features);
    padded.middleCols(half, length) = line.image;
    for (Eigen::Index t = 0; t < length; ++t) {
      result.row(t) << padded.middleCols(t, window).reshaped().transpose(), 1.0;
    }
    return result;
  }
  Eigen::Tensor<double, 2> log_probs(const DigitLine& line) const {
    const Eigen::MatrixXd logits = frames(line) * weights;
    const Eigen::VectorXd top = logits.rowwise().maxCoeff();
    const Eigen::MatrixXd shifted = logits.colwise() - top;
    const Eigen::VectorXd log_sum = shifted.array().exp().rowwise().sum().log();
    const Eigen::MatrixXd result = shifted.colwise() - log_sum;
    return Eigen::TensorMap<const Eigen::Tensor<double, 2>>(result.data(), result.rows(),
                                                            result.cols());
  }
};

// Gradient descent over the first digits, in lines of five.
inline Reader train_reader(const Digits& digits, int epochs) {
  constexpr int lines = 150, length = 5;
  Dice dice;
  std::vector<DigitLine> training;
  for (int n = 0; n < lines; ++n) {
    std::vector<Eigen::Index> images(length);
    for (Eigen::Index& i : images) i = dice.below(static_cast<int>(digits.labels.size() * 4 / 5));
    training.push_back(make_line(digits, images));
  }
  Reader reader;
  Eigen::MatrixXd step = Eigen::MatrixXd::Zero(Reader::features, Reader::classes);
  const eigenloss::CTCWithLogits<eigenloss::Mean> loss;
  for (int n = 0; n < epochs * lines; ++n) {
    const DigitLine& line = training[static_cast<std::size_t>(n % lines)];
    const Eigen::MatrixXd frames = Reader::frames(line);
    const Eigen::MatrixXd logits = frames * reader.weights;
    const Eigen::MatrixXd gradient =
        loss.gradient(logits, line.labels, logits.rows(), line.labels.size());
    step = 0.9 * step - 0.03 * frames.transpose() * gradient;
    reader.weights += step;
  }
  return reader;
}

// Digits that the reader has not seen.
inline DigitLine held_out_line(const Digits& digits, Eigen::Index length) {
  std::vector<Eigen::Index> images;
  for (Eigen::Index k = 0; k < length; ++k) images.push_back(digits.labels.size() * 4 / 5 + 3 * k);
  return make_line(digits, images);
}

// ---- Points of three classes in the plane. ----

struct Points {
  Eigen::MatrixXd features;  // x, y, 1
  Eigen::VectorXi classes;
};

// Two small clouds side by side, and one with three times as many points.
inline Points three_clouds() {
  const Eigen::Vector2d centres[] = {{-1.5, 1.3}, {1.3, 1.5}, {0.2, -1.6}};
  const double widths[] = {0.6, 0.7, 0.9};
  Dice dice;
  Points points{Eigen::MatrixXd(100, 3), Eigen::VectorXi(100)};
  for (Eigen::Index i = 0; i < 100; ++i) {
    const int k = static_cast<int>(std::min<Eigen::Index>(i % 5, 2));
    const double x = dice.normal(), y = dice.normal();
    points.features.row(i) << centres[k].x() + widths[k] * x, centres[k].y() + widths[k] * y, 1.0;
    points.classes(i) = k;
  }
  return points;
}

// Weights (features x classes) after gradient descent, with decay to keep them small.
template <class Loss>
Eigen::MatrixXd train_linear(const Points& points, const Loss& loss) {
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(3, 3);
  for (int n = 0; n < 4000; ++n) {
    const Eigen::MatrixXd gradient = loss.gradient(points.features * weights, points.classes);
    weights -= 0.2 * (points.features.transpose() * gradient + 0.1 * weights);
  }
  return weights;
}

// The corners of the part of [-size, size]² where class k has the largest logit: a half-plane for
// each other class.
inline std::vector<Eigen::Vector2d> region(const Eigen::MatrixXd& weights, int k, double size) {
  std::vector<Eigen::Vector2d> corners{{-size, -size}, {size, -size}, {size, size}, {-size, size}};
  for (int j = 0; j < 3; ++j) {
    if (j == k) continue;
    const Eigen::Vector3d edge = weights.col(k) - weights.col(j);
    const auto side = [&](const Eigen::Vector2d& p) {
      return edge(0) * p.x() + edge(1) * p.y() + edge(2);
    };
    std::vector<Eigen::Vector2d> kept;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const Eigen::Vector2d &a = corners[i], &b = corners[(i + 1) % corners.size()];
      const double at_a = side(a), at_b = side(b);
      if (at_a >= 0) kept.push_back(a);
      if ((at_a >= 0) != (at_b >= 0)) kept.emplace_back(a + at_a / (at_a - at_b) * (b - a));
    }
    corners = kept;
  }
  return corners;
}
