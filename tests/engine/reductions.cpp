// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <eigenloss/engine/combination.hpp>
#include <eigenloss/losses/bce_with_logits.hpp>
#include <eigenloss/losses/cross_entropy.hpp>
#include <eigenloss/losses/gaussian_nll.hpp>
#include <eigenloss/losses/mse.hpp>
#include <eigenloss/losses/nll.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/walks.hpp"

// Reductions at their ends, and what the engines do beside the walks: numbers along an axis, a repeated variance,
// log-sum-exp over many chunks.
using namespace walks;

namespace {
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE(
    "elements: numbers along an axis and a repeated variance, from any block on and as second "
    "terms") {
  // 40000 elements are three blocks, whose beginnings fall between the ends of the axis.
  Eigen::Tensor<double, 2> x(8000, 5), y(8000, 5);
  Eigen::Tensor<double, 2, Eigen::RowMajor> rows(8000, 5), row_labels(8000, 5);
  for (Index i = 0; i < 8000; ++i) {
    for (Index c = 0; c < 5; ++c) {
      x(i, c) = rows(i, c) = number(i, c) / 4;
      y(i, c) = row_labels(i, c) = double((i + c) % 2);
    }
  }
  BCEWithLogits<Unreduced> weighted;
  weighted.pos_weight = Eigen::ArrayXd::LinSpaced(5, 1, 5);
  const Eigen::Tensor<double, 2> got = weighted(x, y);
  const Eigen::Tensor<double, 2, Eigen::RowMajor> of_rows = weighted(rows, row_labels);
  Index wrong = 0;
  for (Index i = 0; i < 8000; ++i) {
    for (Index c = 0; c < 5; ++c) {
      const double l = x(i, c), expected = y(i, c) == 1 ? double(c + 1) * std::log1p(std::exp(-l))
                                                        : std::log1p(std::exp(l));
      wrong += std::abs(got(i, c) - expected) > 1e-14 * std::abs(expected);
      wrong += std::abs(of_rows(i, c) - expected) > 1e-14 * std::abs(expected);
    }
  }
  CHECK(wrong == 0);
  BCEWithLogits<BatchMean> first_axis;
  CHECK(first_axis(x, y) == Approx(BCEWithLogits<Sum>{}(x, y) / 8000).epsilon(1e-14));
  first_axis.axis = 0;  // the batch is dimension 1
  CHECK(first_axis(x, y) == Approx(BCEWithLogits<Sum>{}(x, y) / 5).epsilon(1e-14));

  Eigen::Tensor<double, 1> variance(8000);
  for (Index i = 0; i < 8000; ++i) variance(i) = double(i % 7 + 1);
  const GaussianNLL<Sum> loss{};
  Eigen::Tensor<double, 2> of_x(8000, 5);
  Eigen::Tensor<double, 1> once(8000), twice(8000);
  loss.gradient(x, y, variance, of_x, once);
  (loss + loss).gradient(x, y, variance, of_x, twice);
  wrong = 0;
  for (Index i = 0; i < 8000; ++i)
    wrong += std::abs(twice(i) - 2 * once(i)) > 1e-13 * (1 + std::abs(once(i)));
  CHECK(wrong == 0);
}

TEST_CASE("rows: log-sum-exp over chunks whose largest entries grow and fall") {
  for (Index c : {10, 100, 600, 1700, 40000}) {
    Eigen::Tensor<double, 2, Eigen::RowMajor> x(3, c), gradient(3, c);
    Eigen::Tensor<int, 1, Eigen::RowMajor> y(3);
    double expected = 0;
    for (Index i = 0; i < 3; ++i) {
      y(i) = int((i * 97) % c);
      double most = -HUGE_VAL, sum = 0;
      for (Index j = 0; j < c; ++j) {
        x(i, j) = 3 * std::sin(double(j) / 97 + double(i)) + double(i * j) / double(c) -
                  (j < c / 2 ? 20 : 0);
        most = std::max(most, x(i, j));
      }
      for (Index j = 0; j < c; ++j) sum += std::exp(x(i, j) - most);
      expected += most + std::log(sum) - x(i, y(i));
    }
    const CrossEntropy<Sum> loss{};
    CHECK(loss(x, y) == Approx(expected).epsilon(1e-13));
    CHECK(loss.value_and_gradient(x, y, gradient) == Approx(expected).epsilon(1e-13));
    const Eigen::Tensor<double, 0, Eigen::RowMajor> total = gradient.sum();
    CHECK(std::abs(total()) < 1e-12);  // softmax minus one-hot
    // Columns of a matrix, and a second term: no scratch memory in the gradient.
    const Eigen::Tensor<double, 2> columns = x.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
    const Eigen::Tensor<int, 1> labels = y.swap_layout();
    Eigen::Tensor<double, 2> again(3, c);
    CHECK(loss.value_and_gradient(columns, labels, again) == Approx(expected).epsilon(1e-13));
    Eigen::Tensor<double, 2, Eigen::RowMajor> of_rows(3, c);
    const auto two_terms = loss + 2.0 * CrossEntropy<Mean>{};
    two_terms.gradient(columns, labels, again);
    two_terms.gradient(x, y, of_rows);
    double worst = 0;
    for (Index i = 0; i < 3; ++i) {
      for (Index j = 0; j < c; ++j) {
        const double once = gradient(i, j) * (1 + 2 / 3.0);
        worst = std::max({worst, std::abs(again(i, j) - once), std::abs(of_rows(i, j) - once)});
      }
    }
    CHECK(worst < 1e-14);
  }
}

TEST_CASE("rows: log-sum-exp where the first chunks hold nothing but -inf") {
  for (Index c : {70, 600, 1700}) {
    Eigen::Tensor<double, 2, Eigen::RowMajor> x(40, c), gradient(40, c);
    Eigen::Tensor<int, 1, Eigen::RowMajor> y(40);
    x.setConstant(-std::numeric_limits<double>::infinity());
    y.setConstant(int(c - 1));
    for (Index i = 0; i < 40; ++i) x(i, c - 1) = x(i, c - 2) = double(i);
    const CrossEntropy<Mean> loss{};
    CHECK(loss(x, y) == Approx(std::log(2)).epsilon(1e-14));
    CHECK(loss.value_and_gradient(x, y, gradient) == Approx(std::log(2)).epsilon(1e-14));
    CHECK(gradient(7, 0) == 0);
    CHECK(gradient(7, c - 2) == Approx(0.5 / 40).epsilon(1e-14));
    const Eigen::Tensor<double, 2> columns = x.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
    const Eigen::Tensor<int, 1> labels = y.swap_layout();
    CHECK(loss(columns, labels) == Approx(std::log(2)).epsilon(1e-14));
  }
}

TEST_CASE("reductions of nothing: no gradient is NaN or infinite") {
  const Eigen::ArrayXd none(0);
  const Matrix x = numbers(0, 3, 0);
  CHECK(BCEWithLogits<BatchMean>{}.gradient(x, x).size() == 0);
  const Eigen::ArrayXd two = Eigen::ArrayXd::Constant(2, 0.5), zeros = Eigen::ArrayXd::Zero(2);
  const BCEWithLogits<WeightedMean> weighted{};
  CHECK((weighted.weighted(zeros).gradient(two, two) == 0).all());
  CHECK(weighted.weighted(zeros)(two, two) == 0);
  CHECK(WeightedMean::scale(Totals<double>()) == 0);
  // All rows ignored under BatchMean and WeightedMean, of NaN.
  const Eigen::MatrixXd nans = Eigen::MatrixXd::Constant(3, 2, nan_);
  const Eigen::Vector3i ignored = Eigen::Vector3i::Constant(-100);
  CHECK(NLL<BatchMean>{}.gradient(nans, ignored).isZero(0));
  CHECK(NLL<WeightedMean>{}.gradient(nans, ignored).isZero(0));
  // An ignored row counts nothing in the divisor either, whatever its weight.
  const Eigen::Vector2i one_ignored(0, -100);
  const Eigen::Vector2d weights(1, std::numeric_limits<double>::infinity());
  const auto rows = CrossEntropy<WeightedMean>{};
  CHECK(rows.weighted(weights)(Eigen::MatrixXd::Zero(2, 2), one_ignored) == Approx(std::log(2)));
  CHECK(rows.weighted(weights).divisor(Eigen::MatrixXd::Zero(2, 2), one_ignored) == 1);
  // Nor does a masked row, whatever the weight of its class.
  NLL<WeightedMean> nll;
  nll.weight = Eigen::Array2d(1, std::numeric_limits<double>::infinity());
  const Eigen::Vector2i classes(0, 1);
  const Eigen::Vector2d first_alone(1, 0);
  const Eigen::MatrixXd scores = Eigen::MatrixXd::Constant(2, 2, -3);
  CHECK(nll.weighted(first_alone)(scores, classes) == 3);
  CHECK(nll.weighted(first_alone).divisor(scores, classes) == 1);
  // No sample at all, whose features count: BatchMean divides by nothing.
  const BCEWithLogits<BatchMean> batch{};
  CHECK(std::isnan(batch(x, x)));
}

TEST_CASE("WeightedMean: the sum of many weights of any type, over several blocks") {
  const Eigen::Index n = 3 * 16384 + 517;
  const Eigen::ArrayXf x = Eigen::ArrayXf::LinSpaced(n, -1, 1), t = Eigen::ArrayXf::Zero(n);
  Eigen::Array<bool, Eigen::Dynamic, 1> mask(n);
  Eigen::ArrayXi counts(n);
  for (Eigen::Index i = 0; i < n; ++i) mask[i] = i % 3 == 1, counts[i] = int(i % 3);
  const MSE<WeightedMean> loss;
  CHECK(loss.weighted(mask).divisor(x, t) == double(mask.count()));
  CHECK(loss.weighted(counts).divisor(x, t) == double(counts.sum()));
  CHECK(loss.weighted(mask)(x, t) == Approx(loss.weighted(mask.cast<float>().eval())(x, t)));
  Eigen::ArrayXd cancelling = Eigen::ArrayXd::Constant(n, 1e15);  // all but for one
  for (Eigen::Index i = 1; i < n; i += 2) cancelling[i] = -1e15;
  cancelling[n - 1] = 0.25;
  CHECK(n % 2 == 1);
  CHECK(loss.weighted(cancelling).divisor(x.cast<double>(), t.cast<double>()) == 0.25);
}

TEST_CASE("WeightedMean: small weights divide by a small sum without overflow") {
  const Eigen::Array2f x(1e10F, 2), t(0, 2), w = Eigen::Array2f::Constant(1e-30F);
  const Eigen::Array2f gradient = MSE<WeightedMean>{}.weighted(w).gradient(x, t);
  CHECK(gradient[0] == Approx(1e10));
  CHECK(gradient[1] == 0);
}

TEST_CASE("RootMean: the gradient is that of the root") {
  const Eigen::ArrayXd x = Eigen::ArrayXd::LinSpaced(9, 1, 3), t = Eigen::ArrayXd::Constant(9, 0.5);
  const auto [root, of_root] = BCEWithLogits<RootMean>{}.value_and_gradient(x, t);
  const auto [mean, of_mean] = BCEWithLogits<Mean>{}.value_and_gradient(x, t);
  CHECK(root == Approx(std::sqrt(mean)).epsilon(1e-14));
  CHECK((of_root - of_mean / (2 * root)).abs().maxCoeff() < 1e-15);
}

TEMPLATE_TEST_CASE("rows that count nothing have the gradient 0 where the others' is no number", "",
                   Eigen::MatrixXf, (Eigen::Matrix<float, -1, -1, Eigen::RowMajor>)) {
  for (const Index classes : {2, 300}) {
    for (const Index rows : {4, 64}) {
      TestType x = TestType::Constant(rows, classes, 1), gradient(rows, classes);
      Eigen::VectorXi labels = Eigen::VectorXi::Zero(rows);
      labels[1] = -100;
      NLL<RootMean>{}.gradient(x, labels, gradient);  // the root of -1
      CHECK((gradient.row(1).array() == 0).all());
      CHECK(std::isnan(gradient(0, 0)));
      x(0, 0) = std::nanf("");
      CrossEntropy<RootMean>{}.gradient(x, labels, gradient);
      CHECK((gradient.row(1).array() == 0).all());
      CHECK(std::isnan(gradient(2, 0)));
      Eigen::VectorXf weights = Eigen::VectorXf::Zero(rows);
      weights[2] = 1e-40F;  // whose inverse is infinite
      CrossEntropy<WeightedMean>{}.weighted(weights).gradient(x, labels, gradient);
      CHECK((gradient.row(0).array() == 0).all());
      CHECK((gradient.row(1).array() == 0).all());
    }
  }
}

TEST_CASE("BatchMean of rows divides by dimension 0, or by 1 where the classes lie in 0") {
  Eigen::Tensor<double, 2> x(4, 6);
  x.setConstant(-2);
  Eigen::Tensor<int, 1> four(4), six(6);
  four.setConstant(1);
  six.setConstant(1);
  NLL<BatchMean> loss;
  CHECK(loss(x, four) == 2);  // 4 rows of 2 over a batch of 4
  NLL<BatchMean> down;
  down.axis = 0;
  CHECK(down(x, six) == 2);
  Eigen::Tensor<double, 3> images(4, 6, 5);
  images.setConstant(-2);
  Eigen::Tensor<int, 2> labels(4, 5);
  labels.setConstant(1);
  CHECK(loss(images, labels) == 10);
}
