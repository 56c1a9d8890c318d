// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <eigenloss/engine/combination.hpp>
#include <eigenloss/losses/multi_label_margin.hpp>
#include <numeric>
#include <random>
#include <set>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {

const std::vector<std::vector<double>> kX = {{.1, .2, .4, .8}, {.5, .5, .1, .9}};
const std::vector<std::vector<double>> kY = {{3, 0, -1, 1}, {1, -1, 0, 0}};

// The definition, pair by pair.
template <class T>
double pairs(const std::vector<T>& x, const std::vector<int>& targets,
             std::vector<double>& gradient) {
  const double classes = double(x.size());
  std::vector<bool> is_target(x.size());
  for (int j : targets) is_target[std::size_t(j)] = true;
  double value = 0;
  gradient.assign(x.size(), 0);
  for (int j : targets) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T z = T(1) - x[std::size_t(j)] + x[i];
      if (is_target[i] || !(z > 0)) continue;
      value += double(z) / classes;
      gradient[i] += 1 / classes;
      gradient[std::size_t(j)] -= 1 / classes;
    }
  }
  return value;
}

template <class T>
void compare_with_pairs(int classes, int listed, bool twice) {
  INFO(classes << " classes, " << listed << " targets, seed " << classes + listed
               << (twice ? ", twice" : ""));
  std::mt19937 random(static_cast<unsigned>(classes + listed));
  std::vector<T> x(static_cast<std::size_t>(classes));
  for (T& number : x) number = T(double(random()) / 4294967296.0 * 6 - 3);
  std::vector<int> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  std::vector<int> targets;
  for (int k = 0; k < listed; ++k) targets.push_back(order[std::size_t(twice ? k / 2 : k)]);

  std::vector<double> expected;
  const double value = pairs(x, targets, expected);
  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>> row(x.data(), classes);
  Eigen::VectorXi labels = Eigen::VectorXi::Constant(classes, -1);
  std::copy(targets.begin(), targets.end(), labels.data());
  const auto [got, gradient] = MultiLabelMargin<>{}.value_and_gradient(row, labels);
  const double tolerance = std::is_same<T, double>::value ? kGolden : 1e-6;
  check_number(double(got), value, tolerance);
  check_number(double(MultiLabelMargin<>{}(row, labels)), value, tolerance);
  double worst = 0;
  for (int c = 0; c < classes; ++c)
    worst = (std::max)(worst, std::abs(double(gradient(c)) - expected[std::size_t(c)]));
  CHECK(worst <= tolerance);
}

// Rows side by side, with as many labels each as chance gives.
template <class T, int layout>
void compare_rows_with_pairs(int rows, int classes, int longest, bool with_nan) {
  INFO(rows << " rows of " << classes << " classes, up to " << longest << " labels");
  std::mt19937 random(static_cast<unsigned>(rows * 1000 + classes * 10 + longest));
  Eigen::Tensor<T, 2, layout> x(rows, classes), gradient(rows, classes);
  Eigen::Tensor<int, 2, layout> y(rows, classes);
  Eigen::Tensor<T, 1, layout> weights(rows);
  std::vector<std::vector<double>> slopes(static_cast<std::size_t>(rows));
  std::vector<double> values, weighted, not_a_number(static_cast<std::size_t>(classes), kNan);
  for (int i = 0; i < rows; ++i) {
    std::vector<T> scores(static_cast<std::size_t>(classes));
    for (T& score : scores) score = T(double(random()) / 4294967296.0 * 6 - 3);
    std::vector<int> targets(random() % static_cast<unsigned>((std::min)(longest, classes) + 1));
    for (int& target : targets) target = int(random() % static_cast<unsigned>(classes));
    std::vector<double>& slope = slopes[std::size_t(i)];
    double value = pairs(scores, targets, slope);
    const std::set<int> listed(targets.begin(), targets.end());
    if (with_nan && i % 3 == 1) {
      scores[std::size_t(i % classes)] = T(kNan);
      if (!listed.empty() && int(listed.size()) < classes) value = kNan, slope = not_a_number;
    }
    weights(i) = T(i % 5) / 2;
    values.push_back(value);
    weighted.push_back(i % 5 == 0 ? 0 : value * (i % 5) / 2);
    for (int c = 0; c < classes; ++c) {
      x(i, c) = scores[std::size_t(c)];
      const bool is_label = c < int(targets.size());
      y(i, c) = is_label ? targets[std::size_t(c)] : c == int(targets.size()) ? -1 : 0;
    }
  }
  const double tolerance = std::is_same<T, double>::value ? kGolden : 2e-6;
  check_list(MultiLabelMargin<Unreduced>{}(x, y), values, tolerance);
  const auto close = [&](int i, int c, double factor) {
    const double expected = factor == 0 ? 0 : factor * slopes[std::size_t(i)][std::size_t(c)];
    return std::isnan(expected) ? std::isnan(gradient(i, c))
                                : is_close(double(gradient(i, c)), expected, tolerance);
  };
  int wrong = 0;
  const double sum = std::accumulate(values.begin(), values.end(), 0.);
  check_number(double(MultiLabelMargin<Sum>{}.value_and_gradient(x, y, gradient)), sum, tolerance);
  for (int i = 0; i < rows; ++i)
    for (int c = 0; c < classes; ++c) wrong += !close(i, c, 1);
  const MultiLabelMargin<Sum> loss;
  check_number(double(loss.weighted(weights).value_and_gradient(x, y, gradient)),
               std::accumulate(weighted.begin(), weighted.end(), 0.), tolerance);
  for (int i = 0; i < rows; ++i)
    for (int c = 0; c < classes; ++c) wrong += !close(i, c, (i % 5) / 2.);
  double total = 0;
  for (int i = 0; i < rows; ++i) total += (i % 5) / 2.;
  if (total > 0) {
    check_number(double(MultiLabelMargin<WeightedMean>{}.weighted(weights)(x, y)),
                 std::accumulate(weighted.begin(), weighted.end(), 0.) / total, tolerance);
  }
  // A second term, which adds its slopes to those that are there.
  const auto twice = MultiLabelMargin<Sum>{} + 2 * MultiLabelMargin<Sum>{};
  check_number(double(twice.value_and_gradient(x, y, gradient)), 3 * sum, tolerance);
  for (int i = 0; i < rows; ++i)
    for (int c = 0; c < classes; ++c) wrong += !close(i, c, 3);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("MultiLabelMargin: rows with few and many labels side by side") {
  for (int rows : {1, 3, 16, 33, 100}) {
    for (int classes : {1, 2, 3, 10, 17, 40, 700}) {
      for (int longest : {1, 4, 16, 20}) {
        for (bool with_nan : {false, true}) {
          compare_rows_with_pairs<float, Eigen::RowMajor>(rows, classes, longest, with_nan);
          compare_rows_with_pairs<float, Eigen::ColMajor>(rows, classes, longest, with_nan);
          compare_rows_with_pairs<double, Eigen::RowMajor>(rows, classes, longest, with_nan);
          compare_rows_with_pairs<double, Eigen::ColMajor>(rows, classes, longest, with_nan);
        }
      }
    }
  }
}

// Enough of them for several tiles to be copied at once.
TEST_CASE("MultiLabelMargin: rows with few and many labels, whose classes lie far apart") {
  compare_rows_with_pairs<float, Eigen::ColMajor>(33000, 32, 18, false);
}

TEST_CASE("MultiLabelMargin: rows side by side that all have many labels") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(70, 40);
  const Eigen::MatrixXi y = Eigen::RowVectorXi::LinSpaced(40, 0, 39).replicate(70, 1);
  Eigen::MatrixXi some = y;
  some.col(20).setConstant(-1);
  const auto [value, gradient] = MultiLabelMargin<Sum>{}.value_and_gradient(x, some);
  double sum = 0;
  for (Eigen::Index i = 0; i < 70; ++i) {
    const Eigen::RowVectorXd row = x.row(i);
    sum += MultiLabelMargin<Sum>{}(row, some.row(i).eval());
    CHECK(MultiLabelMargin<Sum>{}.gradient(row, some.row(i).eval()) == gradient.row(i));
  }
  check_number(value, sum);
  CHECK(MultiLabelMargin<Sum>{}(x, y) == 0);
}

TEST_CASE("MultiLabelMargin: labels 4096 classes apart, side by side") {
  constexpr int rows = 50, classes = 4100;
  Eigen::MatrixXf x = Eigen::MatrixXf::Constant(rows, classes, -8);
  Eigen::MatrixXi y = Eigen::MatrixXi::Constant(rows, classes, -1);
  for (int i = 0; i < rows; ++i) {
    y(i, 0) = 2, y(i, 1) = 4098, y(i, 2) = 4097;
    x(i, 2) = 0, x(i, 4098) = 8, x(i, 4097) = 8;
    x(i, 1) = 4;  // of the labels, only 2 is less than 1 above it
  }
  const auto [value, gradient] = MultiLabelMargin<Sum>{}.value_and_gradient(x, y);
  check_number(double(value), rows * 5. / classes, 1e-6);
  for (int i = 0; i < rows; ++i) {
    check_number(double(gradient(i, 1)), 1. / classes, 1e-6);
    check_number(double(gradient(i, 2)), -1. / classes, 1e-6);
    CHECK(gradient(i, 4098) == 0);
    CHECK(gradient(i, 4097) == 0);
    CHECK(gradient.row(i).cwiseAbs().sum() < 2.1f / classes);
  }
}

TEST_CASE("MultiLabelMargin: an infinite weight of a row with many labels, among others") {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Ones(50, 40);
  Eigen::MatrixXi y = Eigen::MatrixXi::Constant(50, 40, -1);
  y.row(20).head(17).setZero();
  Eigen::VectorXf weights = Eigen::VectorXf::Ones(50);
  weights[20] = std::numeric_limits<float>::infinity();
  CHECK(MultiLabelMargin<Sum>{}.weighted(weights)(x, y) == weights[20]);
}

// Golden numbers: torch.nn.MultiLabelMarginLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("MultiLabelMargin: PyTorch's values and gradients in both layouts") {
  in_both_layouts([](auto layout) {
    const auto x = matrix<double, layout>(kX);
    const auto y = matrix<std::int64_t, layout>(kY);
    check_list(MultiLabelMargin<Unreduced>{}(x, y), {0.8500000000000001, 0.75});
    check_number(MultiLabelMargin<Sum>{}(x, y), 1.6);
    const auto [value, gradient] = MultiLabelMargin<>{}.value_and_gradient(x, y);
    check_number(value, 0.8);
    check_list(gradient, {-0.25, 0.25, 0.25, -0.25, 0.125, -0.375, 0.125, 0.125});
  });
}

TEST_CASE("MultiLabelMargin: a target listed twice counts twice, labels behind -1 do not count") {
  const auto x = vector<double>(kX[0]);
  const auto twice = vector<int>({3, 3, -1, 0});
  check_number(MultiLabelMargin<>{}(x, twice), 0.6499999999999999);
  check_list(MultiLabelMargin<>{}.gradient(x, twice), {0.5, 0.5, 0.5, -1.5});
  check_number(MultiLabelMargin<>{}(x, vector<int>({3, -1, -1, 0})), 0.32499999999999996);
}

TEST_CASE("MultiLabelMargin: no targets or every class give 0, of NaN too") {
  for (double number : {1., kNan}) {
    const auto x = vector<double>({number, 2, 3});
    for (const auto& y : {vector<int>({-1, 0, 1}), vector<int>({2, 0, 1})}) {
      const auto [value, gradient] = MultiLabelMargin<>{}.value_and_gradient(x, y);
      CHECK(value == 0);
      check_list(gradient, {0, 0, 0});
    }
  }
}

TEST_CASE("MultiLabelMargin: the slope of a pair at 0 is 0") {
  check_list(MultiLabelMargin<>{}.gradient(vector<double>({1, 0, 1}), vector<int>({0, 2, -1})),
             {0, 0, 0});
  Eigen::VectorXd many = Eigen::VectorXd::Zero(400);  // 200 targets at 1, 200 other classes at 0
  Eigen::VectorXi targets = Eigen::VectorXi::Constant(400, -1);
  for (int k = 0; k < 200; ++k) many[k] = 1, targets[k] = k;
  const auto [value, gradient] = MultiLabelMargin<>{}.value_and_gradient(many, targets);
  CHECK(value == 0);
  CHECK(gradient.isZero(0));
}

TEST_CASE("MultiLabelMargin: sums over many targets are those over all pairs") {
  for (int classes : {1, 2, 7, 8, 9, 130, 513, 1025}) {
    for (int listed : {0, 1, 5, 127, 128, 129, 600, classes / 2, classes}) {
      if (listed > classes) continue;
      for (bool twice : {false, true}) {
        compare_with_pairs<double>(classes, listed, twice);
        compare_with_pairs<float>(classes, listed, twice);
      }
    }
  }
}

TEST_CASE("MultiLabelMargin: 20000 classes, half of them targets, over several blocks") {
  compare_with_pairs<double>(20000, 10000, true);
}

namespace {

// Scores that take few values, so that sums over pairs are sums over pairs of values.
template <class T>
void compare_with_levels(Eigen::Index classes, int levels, bool twice) {
  INFO(classes << " classes on " << levels << " levels" << (twice ? ", some listed twice" : ""));
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  Vector x(classes), gradient(classes);
  Eigen::VectorXi y = Eigen::VectorXi::Constant(classes, -1);
  const auto level = [&](Eigen::Index c) { return int(std::int64_t(c) * 7919 % levels); };
  const auto is_target = [](Eigen::Index c) { return c % 3 == 1; };
  std::vector<double> targets(static_cast<std::size_t>(levels)), others = targets;
  Eigen::Index listed = 0;
  for (Eigen::Index c = 0; c < classes; ++c) {
    x[c] = T(level(c) * 0.25);
    const int times = is_target(c) ? (twice && c % 2 == 0 ? 2 : 1) : 0;
    for (int k = 0; k < times; ++k) y[listed++] = int(c);
    (times > 0 ? targets : others)[std::size_t(level(c))] += (std::max)(times, 1);
  }
  double value = 0;
  std::vector<double> at_target(targets.size()), at_other(targets.size());
  for (std::size_t j = 0; j < targets.size(); ++j) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const double z = 1 - double(j) * 0.25 + double(i) * 0.25;
      if (!(z > 0)) continue;
      value += targets[j] * others[i] * z / double(classes);
      at_target[j] -= others[i] / double(classes);
      at_other[i] += targets[j] / double(classes);
    }
  }
  const double tolerance = std::is_same<T, double>::value ? kGolden : 1e-6;
  const T got = MultiLabelMargin<>{}.value_and_gradient(x, y, gradient);
  check_number(double(got), value, tolerance);
  check_number(double(MultiLabelMargin<>{}(x, y)), value, tolerance);
  Eigen::Index wrong = 0;
  for (Eigen::Index c = 0; c < classes; ++c) {
    const double times = is_target(c) ? (twice && c % 2 == 0 ? 2 : 1) : 0;
    const auto at = std::size_t(level(c));
    wrong += !is_close(gradient[c], times > 0 ? times * at_target[at] : at_other[at], tolerance);
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("MultiLabelMargin: many equal scores, and more classes than bits on the stack") {
  for (int levels : {1, 2, 40, 3000}) {
    for (Eigen::Index classes : {8191, 8192, 8193, 12289, 30000}) {
      for (bool twice : {false, true}) {
        compare_with_levels<double>(classes, levels, twice);
        compare_with_levels<float>(classes, levels, twice);
      }
    }
  }
  compare_with_levels<float>((1 << 20) + 777, 9, false);
}

TEST_CASE("MultiLabelMargin: infinite scores") {
  const auto y = vector<int>({0, -1, -1});
  check_number(MultiLabelMargin<>{}(vector<double>({kInfinity, 0, kInfinity}), y),
               0);  // inf - inf counts 0
  check_number(MultiLabelMargin<>{}(vector<double>({0, kInfinity, 0}), y), kInfinity);
  check_number(MultiLabelMargin<>{}(vector<double>({-kInfinity, -kInfinity, -kInfinity}), y), 0);
  Eigen::VectorXd many = Eigen::VectorXd::Zero(400);
  Eigen::VectorXi targets = Eigen::VectorXi::Constant(400, -1);
  for (int k = 0; k < 200; ++k) targets[k] = k;
  many[3] = kInfinity;
  many[300] = -kInfinity;
  check_number(MultiLabelMargin<>{}(many, targets), 199 * 199 / 400.);
  many[301] = kInfinity;
  check_number(MultiLabelMargin<>{}(many, targets), kInfinity);
}

TEST_CASE("MultiLabelMargin: NaN is never swallowed") {
  for (int listed : {1, 200}) {
    for (int at : {0, 250}) {  // at a target, at another class
      Eigen::VectorXd x = Eigen::VectorXd::LinSpaced(400, -1, 1);
      Eigen::VectorXi y = Eigen::VectorXi::Constant(400, -1);
      for (int k = 0; k < listed; ++k) y[k] = k;
      x[at] = kNan;
      const auto [value, gradient] = MultiLabelMargin<>{}.value_and_gradient(x, y);
      CHECK(std::isnan(value));
      CHECK(std::isnan(gradient[at]));
    }
  }
}

TEST_CASE("MultiLabelMargin: ranks 0 to 3, axis, transposes, half and masks") {
  check_number(MultiLabelMargin<>{}(scalar<double>(2), scalar<int>(0)), 0);
  Eigen::Tensor<double, 3, Eigen::RowMajor> x(1, 2, 4);
  Eigen::Tensor<int, 3, Eigen::RowMajor> y(1, 2, 4);
  Eigen::MatrixXd samples(4, 2), g(4, 2);
  Eigen::MatrixXi labels(4, 2);
  for (int i = 0; i < 2; ++i) {
    for (int c = 0; c < 4; ++c) {
      x(0, i, c) = samples(c, i) = kX[std::size_t(i)][std::size_t(c)];
      y(0, i, c) = labels(c, i) = int(kY[std::size_t(i)][std::size_t(c)]);
    }
  }
  MultiLabelMargin<> last;
  last.axis = -1;
  check_number(last(x, y), 0.8);
  auto gt = g.transpose();
  check_number(MultiLabelMargin<>{}.value_and_gradient(samples.transpose(), labels.transpose(), gt),
               0.8);
  check_list(g.transpose().eval(), {-0.25, 0.25, 0.25, -0.25, 0.125, -0.375, 0.125, 0.125});
  const Eigen::Tensor<Eigen::half, 2> half = matrix<float>(kX).cast<Eigen::half>();
  const float value = MultiLabelMargin<>{}(half, matrix<int>(kY));
  check_number(value, 0.8, 1e-3);
  auto broken = matrix<double>(kX);
  broken(1, 2) = kNan;
  const auto masked = MultiLabelMargin<>{}
                          .weighted(vector<double>({2, 0}))
                          .value_and_gradient(broken, matrix<int>(kY));
  check_number(masked.first, 0.85);
  check_list(masked.second, {-0.5, 0.5, 0.5, -0.5, 0, 0, 0, 0});
}

TEST_CASE("MultiLabelMargin: many targets of a long row whose entries lie apart") {
  constexpr Eigen::Index classes = 1300, targets = 400;
  Eigen::Tensor<double, 2, Eigen::RowMajor> x(2, classes), expected(2, classes);
  Eigen::Tensor<int, 2, Eigen::RowMajor> y(2, classes);
  y.setConstant(-1);
  for (Eigen::Index i = 0; i < 2; ++i) {
    for (Eigen::Index c = 0; c < classes; ++c) x(i, c) = std::sin(double(i * classes + c));
    for (Eigen::Index k = 0; k < targets; ++k) y(i, k) = int(3 * k + i);
  }
  const double value = MultiLabelMargin<>{}.value_and_gradient(x, y, expected);
  // Columns: each row is written through a buffer.
  const Eigen::Tensor<double, 2> columns = x.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  const Eigen::Tensor<int, 2> labels = y.swap_layout().shuffle(Eigen::array<int, 2>{1, 0});
  Eigen::Tensor<double, 2> gradient(2, classes);
  check_number(MultiLabelMargin<>{}.value_and_gradient(columns, labels, gradient), value);
  Eigen::Index different = 0;
  for (Eigen::Index c = 0; c < classes; ++c)
    different += gradient(0, c) != expected(0, c) || gradient(1, c) != expected(1, c);
  CHECK(different == 0);
}

TEST_CASE("MultiLabelMargin: errors say what is wrong") {
  const auto x = matrix<double>(kX);
  const MultiLabelMargin<> loss;
  CHECK(error_of([&] {
          loss(x, matrix<int>({{3, 0, -1, 1}, {1, -1, 4, 0}}));
        }) ==
        "eigenloss::MultiLabelMargin: target(1, 2) = 4 is not a class of input with shape (2, 4)");
  CHECK(error_of([&] {
          loss(x, matrix<int>({{-2, 0, -1, 1}, {1, -1, 0, 0}}));
        }) ==
        "eigenloss::MultiLabelMargin: target(0, 0) = -2 is not a class of input with shape (2, 4)");
  CHECK(error_of([&] {
          loss(x, matrix<int>({{3, 0, -1}, {1, -1, 0}}));
        }) ==
        "eigenloss::MultiLabelMargin: target has shape (2, 3), expected that of the input, (2, 4)");
  CHECK(error_of([&] { loss(Eigen::Tensor<double, 2>(2, 0), Eigen::Tensor<int, 2>(2, 0)); }) ==
        "eigenloss::MultiLabelMargin: input has no classes");
}

TEST_CASE("MultiLabelMargin: where many targets are all classes, no pair reads a NaN") {
  Eigen::MatrixXd x = Eigen::MatrixXd::Ones(1, 200);
  x(0, 70) = std::numeric_limits<double>::quiet_NaN();
  const Eigen::MatrixXi every = Eigen::RowVectorXi::LinSpaced(200, 0, 199);
  const auto [value, gradient] = MultiLabelMargin<Sum>{}.value_and_gradient(x, every);
  CHECK(value == 0);
  CHECK(gradient.isZero(0));
}
