// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <eigenloss/engine/combination.hpp>
#include <eigenloss/engine/rowwise.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"
#include "support/walks.hpp"

// Every path of the walk over rows, against plain loops: lanes along a row and across rows, in place and copied,
// weights, masks and ignored labels, a second term, 16-bit numbers in buffers.
using namespace walks;

namespace {

// l = sum of x·t, with slopes t and x; the label adds its own entry twice more.
struct Dot {
  static constexpr std::size_t inputs = 3;
  static constexpr bool takes_classes = false;
  using Predictions = std::index_sequence<0, 1>;
  std::int64_t axis = 1;
  template <class Scalar>
  static constexpr Role role(std::size_t i) {
    return i == 2 ? Role::label : Role::row;
  }
  static constexpr const char* arguments[] = {"input", "other", "label"};
  bool ignores(std::int64_t label) const { return label == -1; }
  template <class X, class T, class Label, class SlopeX, class SlopeT>
  typename X::V row(const X& x, const T& t, const Label& y, const SlopeX& slope_x,
                    const SlopeT& slope_t) const {
    using V = typename X::V;
    const V x_y = at(x, y), t_y = at(t, y);
    transform(
        std::tie(slope_x, slope_t),
        [](const auto& a, const auto& b) {
          return std::array<std::decay_t<decltype(a)>, 2>{{b, a}};
        },
        x, t);
    replace(slope_x, y, t_y, t_y + V(2));
    replace(slope_t, y, x_y, x_y + V(1));
    return sum([](const auto& a, const auto& b) { return a * b; }, x, t) + V(2) * x_y + t_y;
  }
};
// A number for each row, without `accepts`: any is right.
struct Scaled {
  std::int64_t axis = 1;
  template <class Scalar>
  static constexpr Role role(std::size_t i) {
    return i == 1 ? Role::number : Role::row;
  }
  template <class Row, class Slope>
  typename Row::V row(const Row& x, const typename Row::V& factor, const Slope& slope) const {
    const auto all = spread(x, factor);
    transform(
        slope, [&](const auto&) { return all; }, x);
    return factor * sum([](const auto& a) { return a; }, x);
  }
};
// The entry at the label, whose share is its class and 1: without a `weight`.
struct Shared {
  std::int64_t axis = 1;
  double share(std::int64_t label) const { return double(label) + 1; }
  template <class Row, class Label, class Slope>
  typename Row::V row(const Row& x, const Label& y, const Slope& slope) const {
    fill(slope, x, typename Row::P(0));
    replace(slope, y, typename Row::V(0), typename Row::V(1));
    return at(x, y);
  }
};
// The largest entry, and the number of entries above t: maximum, one_hot, class_weights, sums.
struct Largest {
  static constexpr bool takes_classes = true;
  std::int64_t axis = 1;
  Eigen::ArrayXd weight{};
  template <class X, class Label, class Slope>
  typename X::V row(const X& x, const Label& y, const Slope& slope) const {
    using P = typename X::P;
    const auto hot = one_hot(x, y);
    const auto weights = class_weights(x, weight);
    transform(
        slope, [](const P& a, const P& is_y, const P& w) { return w * (a + is_y); }, x, hot,
        weights);
    return maximum(x) + sum([](const P& a, const P& is_y, const P& w) { return w * (a + is_y); }, x,
                            hot, weights);
  }
};

// One shape, in one layout: the classes lie in the middle, so that either layout has rows of which neighbours follow
// one another (d > 1, or ColMajor with n > 1) and rows that follow themselves.
template <int Layout>
void check_rows(Index n, Index c, Index d) {
  INFO("shape (" << n << ", " << c << ", " << d << "), "
                 << (Layout == Eigen::RowMajor ? "RowMajor" : "ColMajor"));
  auto x = cube<Layout>(n, c, d, 0);
  const auto t = cube<Layout>(n, c, d, 1);
  Eigen::Tensor<int, 2, Layout> y(n, d);
  Eigen::Tensor<float, 2, Layout> w(n, d), each(n, d);
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < d; ++k) {
      const Index row = i * d + k;
      y(i, k) = row % 5 == 3 ? -1 : int((row * 31) % c);
      w(i, k) = float((row * 3 + row / 5) % 4);
      if (w(i, k) == 0 || y(i, k) == -1)
        x(i, row % c, k) = std::nanf("");  // rows that count nothing
    }
  }
  Eigen::ArrayXd class_weight(c);
  for (Index j = 0; j < c; ++j) class_weight(j) = double(j % 3);

  // What loops make of it.
  double losses = 0, counted = 0;
  Index wrong = 0;
  Eigen::Tensor<double, 2, Layout> loss(n, d);
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < d; ++k) {
      loss(i, k) = 0;
      if (w(i, k) == 0 || y(i, k) == -1) continue;
      for (Index j = 0; j < c; ++j) loss(i, k) += double(x(i, j, k)) * double(t(i, j, k));
      loss(i, k) += 2 * double(x(i, y(i, k), k)) + double(t(i, y(i, k), k));
      losses += double(w(i, k)) * loss(i, k);
      counted += loss(i, k) != 0;
    }
  }
  Cube<Layout> of_x(n, c, d), of_t(n, c, d);
  of_x.setConstant(99);
  const auto check_gradients = [&](double scale) {
    wrong = 0;
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < d; ++k) {
        const bool counts = w(i, k) != 0 && y(i, k) != -1;
        for (Index j = 0; j < c; ++j) {
          const double s = scale * double(w(i, k)), here = j == y(i, k) ? 1 : 0;
          wrong += double(of_x(i, j, k)) != (counts ? s * (double(t(i, j, k)) + 2 * here) : 0);
          wrong += double(of_t(i, j, k)) != (counts ? s * (double(x(i, j, k)) + here) : 0);
        }
      }
    }
    CHECK(wrong == 0);
  };
  const Rowwise<Dot, Sum> dot{};
  CHECK(double(dot.weighted(w)(x, t, y)) == losses);
  CHECK(double(dot.weighted(w).value_and_gradient(x, t, y, of_x, of_t)) == losses);
  check_gradients(1);
  const Rowwise<Dot, OverNonZero> over{};
  CHECK(double(over.weighted(w).value_and_gradient(x, t, y, of_x, of_t)) == counted + losses);
  check_gradients(counted);
  (dot + over).weighted(w).gradient(x, t, y, of_x, of_t);
  check_gradients(1 + counted);
  const Rowwise<Dot, Unreduced> units{};
  for (const double factor : {1.0, 3.0}) {  // of one term and of two
    if (factor == 1)
      units.weighted(w).value_into(each, x, t, y);
    else
      (units + 2.0 * units).weighted(w).value_into(each, x, t, y);
    wrong = 0;
    for (Index i = 0; i < n; ++i)
      for (Index k = 0; k < d; ++k)
        wrong += double(each(i, k)) != factor * double(w(i, k)) * loss(i, k);
    CHECK(wrong == 0);
  }

  // The other algorithms, of numbers in a buffer: 16-bit ones, which hold these whole numbers.
  using Half = Eigen::Tensor<Eigen::half, 3, Layout>;
  const Half half = x.template cast<Eigen::half>();
  Half of_half(n, c, d);
  Rowwise<Largest, Sum> largest;
  largest.weight = class_weight;
  Eigen::Tensor<int, 2, Layout> known = y;
  double expected = 0;
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < d; ++k) {
      if (y(i, k) == -1) w(i, k) = 0, known(i, k) = 0;
      if (w(i, k) == 0) continue;
      double most = -HUGE_VAL, sum = 0;
      for (Index j = 0; j < c; ++j) {
        most = std::max(most, double(x(i, j, k)));
        sum += class_weight(j) * (double(x(i, j, k)) + (j == known(i, k)));
      }
      expected += double(w(i, k)) * (most + sum);
    }
  }
  const auto check_half = [&](double factor) {
    wrong = 0;
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < d; ++k) {
        for (Index j = 0; j < c; ++j) {
          const double slope = class_weight(j) * (double(x(i, j, k)) + (j == known(i, k)));
          wrong +=
              double(of_half(i, j, k)) != (w(i, k) == 0 ? 0 : factor * double(w(i, k)) * slope);
        }
      }
    }
    CHECK(wrong == 0);
  };
  CHECK(double(largest.weighted(w).value_and_gradient(half, known, of_half)) == expected);
  check_half(1);
  (largest + 2.0 * largest).weighted(w).gradient(half, known, of_half);
  check_half(3);
}

}  // namespace

TEST_CASE("rows of every length, next to each other and apart, in both layouts") {
  for (const auto& shape : {std::array<Index, 3>{1, 1, 1},
                            {3, 1, 1},
                            {1, 10, 1},
                            {70, 3, 1},
                            {33, 10, 1},
                            {5, 17, 1},
                            {40, 64, 1},
                            {19, 100, 1},
                            {45, 99, 1},
                            {45, 190, 1},
                            {3, 700, 1},
                            {35, 520, 1},
                            {2, 3000, 1},
                            {6, 5, 3},
                            {3, 9, 40},
                            {2, 70, 33},
                            {2, 600, 7},
                            {3, 130, 18},
                            {700, 30, 1}}) {
    check_rows<Eigen::ColMajor>(shape[0], shape[1], shape[2]);
    check_rows<Eigen::RowMajor>(shape[0], shape[1], shape[2]);
  }
}

TEST_CASE("rows: the largest entry is found wherever it stands") {
  const Index c = 100;
  const Rowwise<Largest, Sum> largest{};
  for (const Index n : {1, 40}) {  // one by one, and as many as a pack has lanes
    Eigen::MatrixXf x = Eigen::MatrixXf::Zero(n, c);
    const Eigen::VectorXi y = Eigen::VectorXi::Zero(n);
    Index wrong = 0;
    for (Index j = 0; j < c; ++j) {
      x.col(j).setConstant(5);
      wrong += double(largest(x, y)) != double(n * (5 + 5 + 1));
      x.col(j).setZero();
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("rows: losses one by one into storage with strides") {
  for (const Index n : {3, 40}) {
    const Matrix x = numbers(n, 5, 0), t = numbers(n, 5, 1);
    const Eigen::VectorXi y = Eigen::VectorXi::Constant(n, 2);
    const Rowwise<Dot, Unreduced> units{};
    const Eigen::VectorXf expected = units(x, t, y);
    Eigen::VectorXf memory = Eigen::VectorXf::Constant(2 * n, 99);
    Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<2>> apart(memory.data(), n);
    units.value_into(apart, x, t, y);
    CHECK(apart == expected);
    (units + 2.0 * units).value_into(apart, x, t, y);
    CHECK(apart == 3 * expected);
    CHECK((memory.array() == 99).count() == n);
  }
}

TEST_CASE("rows: what a kernel may leave out: which numbers are right, whether shares are 1") {
  const Matrix x = numbers(70, 5, 0);
  const Eigen::VectorXf factors = numbers(70, 1, 1);
  const auto [value, gradient] = Rowwise<Scaled, Sum>{}.value_and_gradient(x, factors);
  CHECK(double(value) ==
        (x.cast<double>().array().colwise() * factors.cast<double>().array()).sum());
  CHECK(gradient == factors.replicate(1, 5));
  const Eigen::VectorXi labels = Eigen::VectorXi::Constant(70, 2);
  const Rowwise<Shared, Mean> shared{};
  CHECK(shared.divisor(x, labels) == 210);
  CHECK(double(shared(x, labels)) == Approx(x.col(2).cast<double>().sum() / 210));
}

TEST_CASE("rows: labels of 64 bits, which need no conversion") {
  const Matrix x = numbers(70, 5, 0), t = numbers(70, 5, 1);
  const Eigen::VectorXi y =
      Eigen::VectorXi::NullaryExpr(70, [](Index i) { return int(i * 3 % 5); });
  const Eigen::Matrix<std::int64_t, Eigen::Dynamic, 1> wide = y.cast<std::int64_t>();
  CHECK(Rowwise<Dot, Sum>{}(x, t, wide) == Rowwise<Dot, Sum>{}(x, t, y));
}
