// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/losses/triplet_margin.hpp>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {

const std::vector<double> kA = {0, 1, 2}, kP = {1, 3, 2.5}, kN = {.5, 0, 2.2}, kN2 = {.5, 2.5, 2.2};

TripletMargin<> with(double p, double eps = 1e-6) {
  TripletMargin<> loss;
  loss.p = p;
  loss.eps = eps;
  return loss;
}

// The central difference of the loss by entry `entry` of argument `which`.
double difference(const TripletMargin<>& loss, std::vector<double> (&x)[3], int which,
                  std::size_t entry) {
  constexpr double step = 1e-6;
  double value[2];
  for (int side = 0; side < 2; ++side) {
    const double before = x[which][entry];
    x[which][entry] += side == 0 ? -step : step;
    value[side] = loss(vector<double>(x[0]), vector<double>(x[1]), vector<double>(x[2]));
    x[which][entry] = before;
  }
  return (value[1] - value[0]) / (2 * step);
}

}  // namespace

// Golden numbers: torch.nn.TripletMarginLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("TripletMargin: PyTorch's values and gradients") {
  const auto a = vector<double>(kA), p = vector<double>(kP), n = vector<double>(kN);
  const auto [value, gradients] = TripletMargin<>{}.value_and_gradient(a, p, n);
  check_number(value, 2.1555043866562174);
  check_list(std::get<0>(gradients),
             {0.00378883534035529, -1.753323288441953, -0.04212833941556965});
  check_list(std::get<1>(gradients),
             {0.43643563499326654, 0.8728717064226046, 0.21821759927859757});
  check_list(std::get<2>(gradients),
             {-0.44022447033362178, 0.8804515820193483, -0.17608925986302792});
  check_number(with(1)(a, p, n), 2.7999980000000004);
  check_number(with(3)(a, p, n), 2.047166367228651);
  check_number(with(.5)(a, p, n), 6.101540368632937);
  check_number(with(kInfinity)(a, p, n), 1.999998);
  check_number(with(2, .001)(a, p, n), 2.153713373727653);
  check_number(with(2)(vector<double>({0, 0}), vector<double>({1, 0}), vector<double>({0, 2})),
               2.498001805406602e-13);
}

TEST_CASE("TripletMargin: swap compares the negative with the positive where that is nearer") {
  const auto a = vector<double>(kA), p = vector<double>(kP), n = vector<double>(kN2);
  TripletMargin<> loss;
  loss.margin = .5;
  check_number(loss(a, p, n), 1.1975499553043392);
  loss.swap = true;
  const auto [value, gradients] = loss.value_and_gradient(a, p, n);
  check_number(value, 2.023170052710042);
  check_list(std::get<0>(gradients),
             {-0.43643563499326654, -0.8728717064226046, -0.21821759927859757});
  check_list(std::get<1>(gradients),
             {-0.21450878751556712, 0.22192728391377092, -0.17234957498119885});
  check_list(std::get<2>(gradients), {0.6509444225088337, 0.6509444225088337, 0.3905671742597964});
}

TEST_CASE("TripletMargin: at equal distances swap takes half of each slope") {
  TripletMargin<> loss;
  loss.swap = true;
  loss.eps = 0;
  const auto g =
      loss.gradient(vector<double>({1, 0}), vector<double>({-1, 0}), vector<double>({0, 1}));
  const double h = .5 / std::sqrt(2);
  check_list(std::get<0>(g), {1 - h, h});
  check_list(std::get<1>(g), {-1 + h, h});
  check_list(std::get<2>(g), {0, -2 * h});
}

TEST_CASE("TripletMargin: the full slope flows where the loss is exactly 0, none below") {
  const auto a = vector<double>({0, 0}), p = vector<double>({1, 0});
  const auto [value, at] = with(2, 0).value_and_gradient(a, p, vector<double>({0, 2}));
  CHECK(value == 0);
  check_list(std::get<0>(at), {-1, 1});
  const auto below = with(2, 0).gradient(a, p, vector<double>({0, 3}));
  check_list(std::get<0>(below), {0, 0});
  check_list(std::get<2>(below), {0, 0});
}

TEST_CASE("TripletMargin: the slope of a norm at its kinks") {
  const auto zero = vector<double>({0, 0, 0});
  for (double p : {.5, 1., 1.5, 2., 3.}) {  // d(a, p) = 0
    check_list(std::get<1>(with(p, 0).gradient(zero, zero, zero)), {0, 0, 0});
  }
  // One entry is 0: no slope there.
  for (double p : {.5, 1., 1.5}) {
    const auto g = std::get<1>(with(p, 0).gradient(zero, vector<double>({0, 1, 1}), zero));
    CHECK(g(0) == 0);
    CHECK(g(1) > 0);
  }
  // k entries share the largest: 1/k each.
  check_list(std::get<1>(with(kInfinity, 0).gradient(zero, vector<double>({2, -2, 1}), zero)),
             {.5, -.5, 0});
  // The smallest.
  check_list(std::get<1>(with(-kInfinity, 0).gradient(zero, vector<double>({2, -2, 1}), zero)),
             {0, 0, 1});
  // p = 0 counts, and has no slope.
  const auto [count, slopes] = with(0, 0).value_and_gradient(zero, vector<double>({2, 0, 1}), zero);
  check_number(count, 3);
  check_list(std::get<1>(slopes), {0, 0, 0});
}

TEST_CASE("TripletMargin: gradients of any order are the differences of the value") {
  for (bool swap : {false, true}) {
    for (double p : {.5, 1., 1.5, 2., 2.5, 3., 4., -1., -2.5, kInfinity, -kInfinity}) {
      INFO("p = " << p << (swap ? ", swap" : ""));
      TripletMargin<> loss = with(p);
      loss.swap = swap;
      loss.margin = 10;
      std::vector<double> x[3] = {kA, kP, {.6, 2.2, 2.25}};
      const auto g =
          loss.gradient(vector<double>(x[0]), vector<double>(x[1]), vector<double>(x[2]));
      for (std::size_t i = 0; i < 3; ++i) {
        const auto at = Eigen::Index(i);
        check_number(std::get<0>(g)(at), difference(loss, x, 0, i), 1e-7);
        check_number(std::get<1>(g)(at), difference(loss, x, 1, i), 1e-7);
        check_number(std::get<2>(g)(at), difference(loss, x, 2, i), 1e-7);
      }
    }
  }
}

TEST_CASE("TripletMargin: ranks 0 to 3, both layouts and axis") {
  check_number(with(2, 0)(scalar<double>(0), scalar<double>(3), scalar<double>(1)), 3);
  in_both_layouts([](auto layout) {
    Eigen::Tensor<double, 3, layout> a(2, 1, 3), p(2, 1, 3), n(2, 1, 3), a0(3, 2, 1), p0(3, 2, 1),
        n0(3, 2, 1);
    for (int i = 0; i < 2; ++i) {
      for (int f = 0; f < 3; ++f) {
        const auto at = std::size_t(f);
        a(i, 0, f) = a0(f, i, 0) = kA[at];
        p(i, 0, f) = p0(f, i, 0) = kP[at];
        n(i, 0, f) = n0(f, i, 0) = kN[at];
      }
    }
    const Eigen::Tensor<double, 2, layout> units = TripletMargin<Unreduced>{}(a, p, n);
    check_list(units, {2.1555043866562174, 2.1555043866562174});
    TripletMargin<> first;
    first.axis = 0;
    check_number(first(a0, p0, n0), 2.1555043866562174);
  });
}

TEST_CASE("TripletMargin: NaN and infinity, as in PyTorch") {
  const auto o = vector<double>({0, 0}), inf = vector<double>({kInfinity, 0}),
             nan = vector<double>({kNan, 0});
  const TripletMargin<> loss;
  for (double p : {0., .5, 1., 2., 3., kInfinity, -kInfinity}) {
    INFO("p = " << p);
    for (bool swap : {false, true}) {
      TripletMargin<> any = with(p);
      any.swap = swap;
      CHECK(std::isnan(any(nan, o, o)));
      CHECK(std::isnan(any(o, nan, o)));
      CHECK(std::isnan(any(o, o, nan)));
    }
  }
  CHECK(std::isnan(std::get<0>(loss.gradient(nan, o, o))(0)));
  check_number(loss(inf, o, o), kNan);
  const auto [value_p, g_p] = loss.value_and_gradient(o, inf, o);
  check_number(value_p, kInfinity);
  CHECK(std::isnan(std::get<1>(g_p)(0)));
  const auto [value_n, g_n] = loss.value_and_gradient(o, o, inf);
  check_number(value_n, 0);
  CHECK(std::isnan(std::get<2>(g_n)(0)));
}

TEST_CASE("TripletMargin: vectors without features give the margin") {
  const Eigen::Tensor<double, 2> none(2, 0);
  TripletMargin<> loss;
  loss.margin = .25;
  for (double p : {2., 1., 3., 0., -1., kInfinity, -kInfinity}) {
    loss.p = p;
    check_number(loss(none, none, none), .25);
  }
}

TEST_CASE("TripletMargin: skipped gradients are left out, float and half, long double") {
  const auto a = vector<float>(kA), p = vector<float>(kP), n = vector<float>(kN);
  const auto all = TripletMargin<>{}.gradient(a, p, n);
  Eigen::Tensor<float, 1> g(3);
  check_number(TripletMargin<>{}.value_and_gradient(a, p, n, skip, g, skip), 2.1555043866562174,
               1e-6);
  check_list(g, list(std::get<1>(all)));
  const Eigen::Tensor<Eigen::half, 1> h = a.cast<Eigen::half>();
  check_number(TripletMargin<>{}(h, Eigen::Tensor<Eigen::half, 1>(p.cast<Eigen::half>()),
                                 Eigen::Tensor<Eigen::half, 1>(n.cast<Eigen::half>())),
               2.1555, 1e-3);
  using Long = long double;
  const Long value = with(3)(vector<Long>(kA), vector<Long>(kP), vector<Long>(kN));
  check_number(double(value), 2.047166367228651);
}

TEST_CASE("TripletMargin: an infinite entry under an order below 0 gives NaN, as in PyTorch") {
  TripletMargin<> loss;
  loss.p = -1;
  const auto [value, gradients] = loss.value_and_gradient(vector<double>({kInfinity}),
                                                          vector<double>({1}), vector<double>({0}));
  CHECK(std::isnan(value));
  std::apply([](const auto&... gradient) { (check_list(gradient, {kNan}), ...); }, gradients);
}

TEST_CASE("TripletMargin: errors say what is wrong") {
  const auto a = vector<double>(kA);
  TripletMargin<> loss;
  CHECK(error_of([&] {
          loss(a, vector<double>({1, 2}), a);
        }) == "eigenloss::TripletMargin: positive has shape (2), expected that of the anchor, (3)");
  CHECK(error_of([&] {
          loss(a, a, vector<double>({1, 2}));
        }) == "eigenloss::TripletMargin: negative has shape (2), expected that of the anchor, (3)");
  loss.margin = 0;
  CHECK(error_of([&] { loss(a, a, a); }) ==
        "eigenloss::TripletMargin: margin = 0 is not greater than 0");
  loss.margin = kNan;
  check_number(loss(a, a, a), kNan);  // passes, as in PyTorch
}
