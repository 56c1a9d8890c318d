// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <eigenloss/losses/nll.hpp>
#include <limits>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {
const std::vector<std::vector<double>> kX = {{-.5, -1.5, -2}, {-.7, -1.1, -1.2}};
}

// Golden numbers: torch.nn.NLLLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("NLL: PyTorch's values and gradients in both layouts") {
  in_both_layouts([](auto layout) {
    const auto x = matrix<double, layout>(kX);
    const auto y = vector<int, layout>({0, 2});
    check_list(NLL<Unreduced>{}(x, y), {.5, 1.2});
    const auto [value, gradient] = NLL<>{}.value_and_gradient(x, y);
    check_number(value, .85);
    check_list(gradient, {-.5, 0, 0, 0, 0, -.5});
    NLL<> weighted;
    weighted.weight = Eigen::Array3d(1, 2, 4);
    const auto [w_value, w_gradient] = weighted.value_and_gradient(x, y);
    check_number(w_value, 1.06);
    check_list(w_gradient, {-.2, 0, 0, 0, 0, -.8});
    check_number(weighted.divisor(x, y), 5);
    weighted.ignore_index = 2;
    check_number(weighted(x, y), .5);
  });
}

TEST_CASE("NLL: NaN counts where it is read, and its slope is -w") {
  const auto x = vector<double>({kNan, 1});
  check_number(NLL<>{}(x, 0), kNan);
  check_list(NLL<>{}.gradient(x, 0), {-1, 0});
  check_number(NLL<>{}(x, 1), -1);
}

TEST_CASE("NLL: ignored rows and weights of 0 count exactly 0") {
  NLL<> loss;
  const auto x = matrix<double>({{kNan, kInfinity}, {-1, -2}});
  const auto [value, gradient] = loss.value_and_gradient(x, vector<int>({-100, 1}));
  check_number(value, 2);
  check_list(gradient, {0, 0, 0, -1});
  loss.weight = Eigen::Array2d(0, 1);
  check_number(loss(vector<double>({-kInfinity, 0}), 0), kNan);  // nothing to average
  check_list(loss.gradient(vector<double>({-kInfinity, 0}), 0), {0, 0});
  NLL<Sum> sum;
  sum.weight = loss.weight;
  check_number(sum(vector<double>({-kInfinity, 0}), 0), 0);
  check_number(sum(matrix<double>({{-kInfinity, 0}, {0, -3}}), vector<int>({0, 1})), 3);
}

TEST_CASE("NLL: the gradient is written everywhere, in blocks that end inside a slice too") {
  in_both_layouts([](auto layout) {
    for (const int classes : {3, 130}) {  // of 512 rows, and of 4096
      const Eigen::Index places = 6000;
      Eigen::Tensor<float, 3, layout> x(2, classes, places), gradient(2, classes, places);
      Eigen::Tensor<int, 2, layout> y(2, places);
      x.setZero();
      gradient.setConstant(7.0F);
      for (Eigen::Index i = 0; i < y.size(); ++i) y.data()[i] = int(i % classes);
      NLL<Sum>{}.value_and_gradient(x, y, gradient);
      Eigen::Index wrong = 0;
      for (Eigen::Index n = 0; n < 2; ++n) {
        for (Eigen::Index c = 0; c < classes; ++c) {
          for (Eigen::Index k = 0; k < places; ++k)
            wrong += gradient(n, c, k) == (y(n, k) == c ? -1.0F : 0.0F) ? 0 : 1;
        }
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE(
    "NLL: large arrays, whose entries are asked for ahead, and an ignored label of any size") {
  in_both_layouts([](auto layout) {
    Eigen::Tensor<float, 3, layout> x(7, 400, 201);
    Eigen::Tensor<std::int64_t, 2, layout> y(7, 201);
    NLL<Sum> nll;
    nll.ignore_index = (std::numeric_limits<std::int64_t>::min)();
    double expected = 0;
    for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = float(i % 1013) / 64;
    for (Eigen::Index i = 0; i < 7 * 201; ++i) {
      const bool ignored = i % 9 == 0;
      const Eigen::Index label = i * 31 % 400;
      y(i / 201, i % 201) = ignored ? nll.ignore_index : label;
      if (!ignored) expected -= double(x(i / 201, label, i % 201));
    }
    CHECK(double(nll(x, y)) == Approx(expected).epsilon(1e-7));
  });
}

TEST_CASE("NLL: every row ignored gives NaN, 0 where weights are averaged, gradient 0") {
  const auto x = matrix<double>(kX);
  const auto y = vector<int>({-100, -100});
  check_number(NLL<>{}(x, y), kNan);
  check_list(NLL<>{}.gradient(x, y), {0, 0, 0, 0, 0, 0});
  check_number(NLL<WeightedMean>{}(x, y), 0);
  check_number(NLL<Sum>{}(x, y), 0);
}

TEST_CASE("NLL: errors say what is wrong") {
  const auto x = matrix<double>(kX);
  CHECK(error_of([&] {
          NLL<>{}(x, vector<int>({0, 3}));
        }) == "eigenloss::NLL: target(1) = 3 is not a class of input with shape (2, 3)");
  CHECK(error_of([&] {
          NLL<>{}(vector<double>({1, 2}), 5);
        }) == "eigenloss::NLL: target = 5 is not a class of input with shape (2)");
  NLL<> ignores_a_class;
  ignores_a_class.ignore_index = 2;
  CHECK(error_of([&] {
          ignores_a_class(x, vector<int>({2, 3}));
        }) == "eigenloss::NLL: target(1) = 3 is not a class of input with shape (2, 3)");
  Eigen::VectorXi many = Eigen::VectorXi::Zero(700);
  many(650) = -1;
  CHECK(error_of([&] { NLL<>{}(Eigen::MatrixXd::Zero(700, 3), many); }) ==
        "eigenloss::NLL: target(650) = -1 is not a class of input with shape (700, 3)");
  CHECK(error_of([&] { NLL<>{}(Eigen::MatrixXd::Zero(700, 3), 2 * many); }) ==
        "eigenloss::NLL: target(650) = -2 is not a class of input with shape (700, 3)");
  CHECK(error_of([&] {
          NLL<>{}(x, vector<int>({-100, -1}));
        }) == "eigenloss::NLL: target(1) = -1 is not a class of input with shape (2, 3)");
  CHECK(error_of([&] { NLL<>{}(x, vector<int>({0})); }) ==
        "eigenloss::NLL: target has shape (1), expected one number for each row: (2)");
  CHECK(error_of([&] { NLL<>{}(Eigen::Tensor<double, 2>(1, 0), vector<int>({0})); }) ==
        "eigenloss::NLL: input has no classes");
}
