// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/losses/multi_label_soft_margin.hpp>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {
const std::vector<std::vector<double>> kX = {{.5, -1, 2}, {0, 3, -2}};
const std::vector<std::vector<double>> kY = {{1, 0, 1}, {0, 1, .5}};
}  // namespace

// Golden numbers: torch.nn.MultiLabelSoftMarginLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("MultiLabelSoftMargin: PyTorch's values and gradients in both layouts") {
  in_both_layouts([](auto layout) {
    const auto x = matrix<double, layout>(kX), y = matrix<double, layout>(kY);
    check_list(MultiLabelSoftMargin<Unreduced>{}(x, y), {0.3047555609137673, 0.62288751439222});
    const auto [value, gradient] = MultiLabelSoftMargin<>{}.value_and_gradient(x, y);
    check_number(value, 0.46382153765299367);
    check_list(gradient, {-0.0629234447996909, 0.04482357022833251, -0.019867153670352924,
                          0.08333333333333333, -0.00790431219626113, -0.0634661796629804});
    MultiLabelSoftMargin<> weighted;
    weighted.weight = Eigen::Array3d(1, 2, 3);
    const auto [w_value, w_gradient] = weighted.value_and_gradient(x, y);
    check_number(w_value, 0.9420817181969695);
    check_list(w_gradient, {-0.0629234447996909, 0.08964714045666503, -0.05960146101105877,
                            0.08333333333333333, -0.01580862439252226, -0.1903985389889412});
  });
}

TEST_CASE("MultiLabelSoftMargin: the unit is a row along the last dimension, or along `axis`") {
  check_number(MultiLabelSoftMargin<>{}(vector<double>(kX[0]), vector<int>(kY[0])),
               0.3047555609137673);
  Eigen::Tensor<double, 3> x(2, 1, 3), y(2, 1, 3), x_first(3, 2, 1), y_first(3, 2, 1);
  for (int i = 0; i < 2; ++i) {
    for (int c = 0; c < 3; ++c) {
      x(i, 0, c) = x_first(c, i, 0) = kX[std::size_t(i)][std::size_t(c)];
      y(i, 0, c) = y_first(c, i, 0) = kY[std::size_t(i)][std::size_t(c)];
    }
  }
  const Eigen::Tensor<double, 2> units = MultiLabelSoftMargin<Unreduced>{}(x, y);
  CHECK(units.dimension(0) == 2);
  check_list(units, {0.3047555609137673, 0.62288751439222});
  MultiLabelSoftMargin<> first;
  first.axis = 0;
  check_number(first(x_first, y_first), 0.46382153765299367);
}

TEST_CASE(
    "MultiLabelSoftMargin: small values are exact on both sides, large ones do not overflow") {
  const MultiLabelSoftMargin<> loss;
  const double tiny = 4.248354255291589e-18;
  CHECK(loss(vector<double>({40}), vector<double>({1})) == Approx(tiny).epsilon(kGolden));
  CHECK(loss(vector<double>({-40}), vector<double>({0})) == Approx(tiny).epsilon(kGolden));
  check_number(loss(vector<double>({1000}), vector<double>({0})), 1000);
  check_number(loss(vector<float>({-1000}), vector<float>({1})), 1000);
  const auto slope = [&](float x, float y) {
    return double(loss.gradient(vector<float>({x}), vector<float>({y}))(0));
  };
  for (const float x : {6.f, 10.f, 15.f, 20.f, 40.f, 80.f}) {
    const double small = 1 / (1 + std::exp(double(x)));
    CHECK(slope(x, 1) == Approx(-small).epsilon(5e-7));
    CHECK(slope(-x, 0) == Approx(small).epsilon(5e-7));
  }
}

TEST_CASE("MultiLabelSoftMargin: infinite logits and NaN, as in PyTorch") {
  const MultiLabelSoftMargin<> loss;
  const auto at = [&](double x, double y) {
    return loss.value_and_gradient(vector<double>({x}), vector<double>({y}));
  };
  check_number(at(-kInfinity, 1).first, kInfinity);
  check_number(at(-kInfinity, 1).second(0), -1);
  check_number(at(kInfinity, 0).first, kInfinity);
  check_number(at(kInfinity, 0).second(0), 1);
  check_number(at(kInfinity, 1).first, kNan);
  check_number(at(kInfinity, 1).second(0), 0);
  check_number(at(-kInfinity, 0).first, kNan);
  check_number(at(kNan, 0).first, kNan);
  check_number(at(kNan, 0).second(0), kNan);
}

TEST_CASE("MultiLabelSoftMargin: a class weight of 0 and a mask of 0 make terms exactly 0") {
  MultiLabelSoftMargin<> loss;
  loss.weight = Eigen::Array2d(0, 1);
  const auto x = matrix<double>({{kInfinity, 0}, {kNan, kNan}}),
             y = matrix<double>({{0, 1}, {0, 1}});
  const auto [value, gradient] = loss.weighted(vector<double>({1, 0})).value_and_gradient(x, y);
  check_number(value, std::log(2) / 4);
  check_list(gradient, {0, -0.125, 0, 0});
}

TEST_CASE("MultiLabelSoftMargin: targets of any number type, float and half inputs") {
  const auto x = matrix<float>(kX);
  const auto bits = matrix<double>({{1, 0, 1}, {0, 1, 1}});
  const double expected = MultiLabelSoftMargin<>{}(matrix<double>(kX), bits);
  check_number(MultiLabelSoftMargin<>{}(x, Eigen::Tensor<bool, 2>(bits.cast<bool>())), expected,
               1e-6);
  check_number(MultiLabelSoftMargin<>{}(x, Eigen::Tensor<int, 2>(bits.cast<int>())), expected,
               1e-6);
  const Eigen::Tensor<Eigen::half, 2> half = x.cast<Eigen::half>();
  const auto [value, gradient] = MultiLabelSoftMargin<>{}.value_and_gradient(half, bits);
  static_assert(std::is_same<std::decay_t<decltype(value)>, float>::value, "");
  static_assert(std::is_same<typename std::decay_t<decltype(gradient)>::Scalar, Eigen::half>::value,
                "");
  check_number(value, expected, 1e-3);
}

TEST_CASE("MultiLabelSoftMargin: errors say what is wrong") {
  const auto x = matrix<double>(kX), y = matrix<double>(kY);
  MultiLabelSoftMargin<> loss;
  CHECK(error_of([&] {
          loss(x, matrix<double>({{1, 0, 1}}));
        }) ==
        "eigenloss::MultiLabelSoftMargin: target has shape (1, 3), expected that of the input, (2, "
        "3)");
  CHECK(error_of([&] { loss(scalar<double>(1), scalar<double>(1)); }) ==
        "eigenloss::MultiLabelSoftMargin: input has shape (), expected at least one dimension");
  CHECK(error_of([&] { loss(Eigen::Tensor<double, 2>(2, 0), Eigen::Tensor<double, 2>(2, 0)); }) ==
        "eigenloss::MultiLabelSoftMargin: input has no classes");
  loss.weight = Eigen::Array2d(1, 2);
  CHECK(error_of([&] { loss(x, y); }) ==
        "eigenloss::MultiLabelSoftMargin: weight has 2 entries, expected none or one for each of "
        "the 3 classes");
}
