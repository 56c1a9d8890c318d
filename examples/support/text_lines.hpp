// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "digits.hpp"

// Lines of handwritten digits, and what a reader of them needs.
struct TextLine {
  Eigen::MatrixXf picture;  // 8 rows of pixels; a digit is 8 columns
  Eigen::VectorXi text;
};

inline TextLine random_line(const Digits& digits, Eigen::Index length, std::mt19937& random) {
  TextLine line{Eigen::MatrixXf(8, 8 * length), Eigen::VectorXi(length)};
  for (Eigen::Index i = 0; i < length; ++i) {
    const auto which =
        static_cast<Eigen::Index>(random() % static_cast<unsigned>(digits.labels.size()));
    const Eigen::VectorXf pixels = digits.pixels.row(which);
    line.picture.middleCols(8 * i, 8) = pixels.reshaped<Eigen::RowMajor>(8, 8);
    line.text(i) = digits.labels(which);
  }
  return line;
}

// For each column of the picture, the columns around it in a row; beyond the ends all is empty.
inline Eigen::MatrixXf windows(const Eigen::MatrixXf& picture, Eigen::Index width) {
  const Eigen::Index height = picture.rows(), count = picture.cols();
  Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(height, count + width - 1);
  padded.middleCols(width / 2, count) = picture;
  Eigen::MatrixXf result(count, height * width);
  for (Eigen::Index t = 0; t < count; ++t) {
    result.row(t) = padded.middleCols(t, width).reshaped().transpose();
  }
  return result;
}

// The likeliest class of each frame, repeats merged and blanks dropped.
inline Eigen::VectorXi greedy_decoding(const Eigen::MatrixXf& logits, Eigen::Index blank) {
  std::vector<int> text;
  Eigen::Index before = blank, now = blank;
  for (Eigen::Index t = 0; t < logits.rows(); ++t, before = now) {
    logits.row(t).maxCoeff(&now);
    if (now != before && now != blank) text.push_back(static_cast<int>(now));
  }
  return Eigen::Map<Eigen::VectorXi>(text.data(), static_cast<Eigen::Index>(text.size()));
}

// The least number of characters to insert, delete or replace that makes b of a.
inline Eigen::Index edit_distance(const Eigen::VectorXi& a, const Eigen::VectorXi& b) {
  std::vector<Eigen::Index> row(static_cast<std::size_t>(b.size()) + 1);
  std::iota(row.begin(), row.end(), Eigen::Index{0});
  for (Eigen::Index i = 0; i < a.size(); ++i) {
    Eigen::Index corner = row[0]++;
    for (std::size_t j = 1; j < row.size(); ++j) {
      const Eigen::Index replaced = corner + (a(i) != b(static_cast<Eigen::Index>(j) - 1));
      corner = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

inline std::string words(const Eigen::VectorXi& text) {
  std::string result;
  for (const int digit : text) result += std::to_string(digit);
  return result;
}
