// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/losses/multi_margin.hpp>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {
const std::vector<std::vector<double>> kX = {{.1, .2, .4, .8}, {1, 0, 2, .5}};
}

// Golden numbers: torch.nn.MultiMarginLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("MultiMargin: PyTorch's values and gradients in both layouts") {
  in_both_layouts([](auto layout) {
    const auto x = matrix<double, layout>(kX);
    const auto y = vector<int, layout>({3, 0});
    check_list(MultiMargin<Unreduced>{}(x, y), {0.32499999999999996, 0.625});
    const auto [value, gradient] = MultiMargin<>{}.value_and_gradient(x, y);
    check_number(value, 0.475);
    check_list(gradient, {0.125, 0.125, 0.125, -0.375, -0.25, 0, 0.125, 0.125});
  });
}

TEST_CASE("MultiMargin: p, margin and class weights in torch's order") {
  const auto x = matrix<double>(kX);
  const auto y = vector<std::int64_t>({3, 0});
  MultiMargin<> loss;
  loss.p = 2;
  check_number(loss(x, y), 0.6074999999999999);
  loss.margin = 0.5;
  loss.weight = Eigen::Array4d(1, 2, 3, 4);
  MultiMargin<Unreduced> unreduced;
  unreduced.p = 2, unreduced.margin = 0.5, unreduced.weight = loss.weight;
  check_list(unreduced(x, y), {0.009999999999999995, 0.5625});
  check_number(loss(x, y), 0.28625);
  check_number(loss.divisor(x, y), 2);  // class weights are not part of the mean
  check_list(loss.gradient(x, y),
             {0, 0, 0.09999999999999998, -0.09999999999999998, -0.375, 0, 0.375, 0});
}

TEST_CASE("MultiMargin: the slope at z = 0 is 0") {
  const auto x = vector<double>({2, 1, 0});  // z = 0 at class 1
  const auto [value, gradient] = MultiMargin<>{}.value_and_gradient(x, 0);
  CHECK(value == 0);
  check_list(gradient, {0, 0, 0});
}

TEST_CASE("MultiMargin: the right class takes no part, whatever the margin") {
  MultiMargin<> loss;
  loss.margin = 1e30;  // margin - x_y + x_y would drown the rest
  loss.p = 2;
  check_list(loss.gradient(vector<double>({1, 5}), 1), {1e30, -1e30});
  loss.margin = -2;
  check_number(loss(vector<double>({1, 0}), 1), 0);
}

TEST_CASE("MultiMargin: one row, ranks 0 to 4 and any axis") {
  const auto x = vector<double>(kX[1]);
  check_number(MultiMargin<>{}(x, 0), 0.625);
  check_number(MultiMargin<>{}(x, scalar<int>(0)), 0.625);
  check_number(MultiMargin<>{}(x, vector<int>({0})), 0.625);
  check_number(MultiMargin<>{}(scalar<double>(3), 0), 0);  // one class has no other
  in_both_layouts([](auto layout) {
    Eigen::Tensor<double, 4, layout> images(2, 4, 1, 1), last(1, 1, 2, 4);
    for (int i = 0; i < 2; ++i) {
      for (int c = 0; c < 4; ++c) {
        images(i, c, 0, 0) = last(0, 0, i, c) = kX[std::size_t(i)][std::size_t(c)];
      }
    }
    Eigen::Tensor<int, 3, layout> y(2, 1, 1), y_last(1, 1, 2);
    y(0, 0, 0) = y_last(0, 0, 0) = 3;
    y(1, 0, 0) = y_last(0, 0, 1) = 0;
    check_number(MultiMargin<>{}(images, y), 0.475);
    MultiMargin<> channels_last;
    channels_last.axis = -1;
    check_number(channels_last(last, y_last), 0.475);
  });
}

TEST_CASE("MultiMargin: NaN is never swallowed, inf - inf counts 0") {
  const auto nan = vector<double>({kNan, 0, 1});
  for (std::int64_t p : {1, 2}) {
    MultiMargin<> loss;
    loss.p = p;
    for (int y : {0, 1}) {  // NaN at the right class, NaN at another
      CHECK(std::isnan(loss(nan, y)));
      const auto gradient = loss.gradient(nan, y);
      CHECK(std::isnan(gradient(0)));
      CHECK(std::isnan(gradient(y)));
    }
  }
  const auto infinite = vector<double>({kInfinity, kInfinity, 0});
  check_number(MultiMargin<>{}(infinite, 0), 0);
  check_number(MultiMargin<>{}(infinite, 2), kInfinity);
}

TEST_CASE("MultiMargin: a class weight of 0 makes its rows exactly 0") {
  MultiMargin<> loss;
  loss.weight = Eigen::Array3d(0, 1, 1);
  const auto [value, gradient] = loss.value_and_gradient(vector<double>({0, kInfinity, 2}), 0);
  CHECK(value == 0);
  check_list(gradient, {0, 0, 0});
}

TEST_CASE("MultiMargin: float and half") {
  check_number(MultiMargin<>{}(matrix<float>(kX), vector<int>({3, 0})), 0.475, 1e-6);
  Eigen::Tensor<Eigen::half, 2> x = matrix<float>(kX).cast<Eigen::half>();
  const float value = MultiMargin<>{}(x, vector<int>({3, 0}));
  check_number(value, 0.475, 1e-3);
}

TEST_CASE("MultiMargin: errors say what is wrong") {
  const auto x = matrix<double>(kX);
  const auto y = vector<int>({3, 0});
  MultiMargin<> loss;
  CHECK(error_of([&] {
          loss(x, vector<int>({3, 4}));
        }) == "eigenloss::MultiMargin: target(1) = 4 is not a class of input with shape (2, 4)");
  CHECK(error_of([&] {
          loss(x, vector<int>({3, -1}));
        }) == "eigenloss::MultiMargin: target(1) = -1 is not a class of input with shape (2, 4)");
  CHECK(error_of([&] {
          loss(x, vector<int>({3, 0, 1}));
        }) ==
        "eigenloss::MultiMargin: target has shape (3), expected one number for each row: (2)");
  CHECK(error_of([&] { loss(Eigen::Tensor<double, 2>(2, 0), y); }) ==
        "eigenloss::MultiMargin: input has no classes");
  loss.weight = Eigen::Array3d(1, 2, 3);
  CHECK(error_of([&] { loss(x, y); }) ==
        "eigenloss::MultiMargin: weight has 3 entries, expected none or one for each of the 4 "
        "classes");
  loss.weight.resize(0);
  loss.p = 3;
  CHECK(error_of([&] { loss(x, y); }) == "eigenloss::MultiMargin: p = 3 is not 1 or 2");
  loss.p = 1;
  loss.axis = 2;
  CHECK(error_of([&] { loss(x, y); }) ==
        "eigenloss::MultiMargin: axis = 2 is not a dimension of input with shape (2, 4)");
}
