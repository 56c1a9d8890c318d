// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <eigenloss/reductions.hpp>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>

// What the tests of the walks share: whole numbers, for which every sum is exact in any order, a kernel of elements,
// and a reduction that counts.
namespace walks {

using namespace eigenloss;
using Eigen::Index;

// Small whole numbers that repeat nowhere near.
inline double number(Index i, Index shift = 0) {
  return double((i * 7919 + shift * 104729 + 3) % 13) - 6;
}

// l = x·t + t, with slopes t and x + 1.
struct Product {
  static constexpr std::size_t inputs = 2;
  using Predictions = std::index_sequence<0, 1>;
  template <class T>
  T value(const T& x, const T& t) const {
    return x * t + t;
  }
  template <class T>
  std::array<T, 2> slope(const T& x, const T& t) const {
    return {{t, x + T(1)}};
  }
};
// Adds the number of losses that are not 0, and multiplies the slopes by it.
struct OverNonZero {
  static constexpr bool needs_losses = true;
  template <class L>
  static L count(const L& loss) {
    return where(loss == L(0), L(0), L(1));
  }
  template <class T>
  static T scale(const Totals<T>& totals) {
    return totals.counted;
  }
  template <class T>
  static T value(const Totals<T>& totals) {
    return totals.counted + totals.loss;
  }
};

using Matrix = Eigen::MatrixXf;
inline Matrix numbers(Index rows, Index columns, Index shift) {
  Matrix matrix(rows, columns);
  for (Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = float(number(i, shift));
  return matrix;
}
// Weights 0 to 3.
inline Matrix some_weights(Index rows, Index columns) {
  Matrix matrix(rows, columns);
  for (Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = float((i * 5 + i / 7) % 4);
  return matrix;
}

template <int Layout>
using Cube = Eigen::Tensor<float, 3, Layout>;
template <int Layout>
Cube<Layout> cube(Index n, Index c, Index d, Index shift) {
  Cube<Layout> tensor(n, c, d);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < c; ++j)
      for (Index k = 0; k < d; ++k) tensor(i, j, k) = float(number((i * c + j) * d + k, shift));
  return tensor;
}

}  // namespace walks
