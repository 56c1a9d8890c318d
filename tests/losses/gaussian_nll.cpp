// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.gaussian_nll_loss, in double.
#include <eigenloss/losses/gaussian_nll.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Table V() { return table(2, {.5, 2, 1e-9, .25}); }
}  // namespace

TEST_CASE("GaussianNLL has PyTorch's values") {
  check_near(GaussianNLL<Unreduced>{}(X(), Y(), V()),
             {-0.09657359027997264, 0.9090735902799727, 6124993.092244721, -0.6931471805599453});
  const auto [value, gradients] = GaussianNLL<>{}.value_and_gradient(X(), Y(), V());
  check_near(value, 1531248.302899385);
  check_near(std::get<0>(gradients), {-0.25, -0.1875, 875000, 0});
  check_near(std::get<1>(gradients), {0.125, -0.0078125, -1531249875000, 0.5});
}

TEST_CASE("GaussianNLL has PyTorch's values with full and eps") {
  GaussianNLL<Unreduced> loss;
  loss.full = true;
  loss.eps = 0.1;
  check_near(loss(X(), Y(), V()),
             {0.8223649429247, 1.8280121234846454, 61.01764598670765, 0.22579135264472738});
  const GaussianNLL<> mean{{true, 0.1}};
  check_near(mean(X(), Y(), V()), 15.973453601440431);
  check_near(std::get<1>(mean.gradient(X(), Y(), V())), {0.125, -0.0078125, -151.875, 0.5});
}

TEST_CASE("GaussianNLL takes one variance a row") {
  const Eigen::VectorXd variance = list({2, .5});
  check_near(GaussianNLL<Unreduced>{}(X(), Y(), variance),
             {0.40907359027997264, 0.9090735902799727, 11.903426409720028, -0.34657359027997264});
  const auto [value, gradients] = GaussianNLL<>{}.value_and_gradient(X(), Y(), variance);
  check_near(value, 3.2187500000000004);
  check_near(std::get<0>(gradients), {-0.0625, -0.1875, 1.75, 0});
  check_near(std::get<1>(gradients), {0.046875, -5.625});
}

TEST_CASE("GaussianNLL takes one variance a column") {
  const Table variance = table(2, {2, .5});
  const auto [value, gradients] = GaussianNLL<>{}.value_and_gradient(X(), Y(), variance);
  check_near(value, 1.34375);
  check_near(std::get<1>(gradients), {-0.265625, -0.625});
}

TEST_CASE("GaussianNLL takes a plain number for the variance, which has no gradient") {
  const auto x = list({1}), t = list({0});
  check_near(GaussianNLL<>{}(x, t, 2.0), 0.5965735902799727);
  check_near(GaussianNLL<>{}(x, t, 2), 0.5965735902799727);
  check_near(GaussianNLL<>{{true}}(x, t, 2.0), 1.5155121234846454);
  const auto [value, gradient] = GaussianNLL<>{}.value_and_gradient(x, t, 2.0);
  check_near(value, 0.5965735902799727);
  check_near(gradient, {0.5});
  Eigen::ArrayXd storage(1);
  check_near(GaussianNLL<>{}.value_and_gradient(x, t, 2.0, storage), 0.5965735902799727);
  check_near(storage, {0.5});
  check_near(GaussianNLL<>{}(x, t, Eigen::half(2.0F)), 0.5965735902799727);
  check_near(GaussianNLL<>{}(x, t, Eigen::bfloat16(2.0F)), 0.5965735902799727);
}

namespace {
// A tensor of some shape filled with a pattern, for broadcasting against the repeated variance.
template <int Layout, std::size_t Rank>
Eigen::Tensor<double, int(Rank), Layout> pattern(const std::array<Eigen::Index, Rank>& shape,
                                                 double offset) {
  Eigen::array<Eigen::Index, Rank> sizes;
  for (std::size_t k = 0; k < Rank; ++k) sizes[k] = shape[k];
  Eigen::Tensor<double, int(Rank), Layout> tensor(sizes);
  for (Eigen::Index i = 0; i < tensor.size(); ++i)
    tensor.data()[i] = offset + double(i * 37 % 101) / 50;
  return tensor;
}

template <int Layout>
void check_repeated(const std::array<Eigen::Index, 3>& shape, std::size_t axis) {
  const auto x = pattern<Layout>(shape, -1), t = pattern<Layout>(shape, 0.25),
             w = pattern<Layout>(shape, 0);
  std::array<Eigen::Index, 3> own = shape;
  own[axis] = 1;
  const auto variance = pattern<Layout>(own, 0.5);
  Eigen::array<Eigen::Index, 3> repeats{1, 1, 1};
  repeats[axis] = shape[axis];
  const Eigen::Tensor<double, 3, Layout> full = variance.broadcast(repeats);

  const auto weighted = GaussianNLL<Mean>{};
  const auto [value, gradients] = weighted.weighted(w).value_and_gradient(x, t, variance);
  const auto [expected, expected_gradients] = weighted.weighted(w).value_and_gradient(x, t, full);
  CHECK(value == expected);
  check_near(std::get<0>(gradients), Numbers(std::get<0>(expected_gradients).data(),
                                             std::get<0>(expected_gradients).data() + x.size()));
  const Eigen::array<int, 1> along{int(axis)};
  const Eigen::Tensor<double, 2, Layout> sums = std::get<1>(expected_gradients).sum(along);
  REQUIRE(std::get<1>(gradients).size() == sums.size());
  for (Eigen::Index i = 0; i < sums.size(); ++i) {
    CHECK(std::get<1>(gradients).data()[i] == Approx(sums.data()[i]).epsilon(1e-12).margin(1e-15));
  }
  if (axis == 2) {
    const Eigen::Tensor<double, 2, Layout> shorter =
        variance.reshape(Eigen::array<Eigen::Index, 2>{shape[0], shape[1]});
    CHECK(weighted.weighted(w)(x, t, shorter) == Approx(value).epsilon(1e-15));
    const auto of_shorter = weighted.weighted(w).gradient(x, t, shorter);
    check_near(std::get<1>(of_shorter),
               Numbers(std::get<1>(gradients).data(), std::get<1>(gradients).data() + sums.size()),
               0);
  }
}
}  // namespace

TEST_CASE(
    "GaussianNLL adds up the gradient of a variance along the axis that it is repeated along") {
  for (const std::array<Eigen::Index, 3>& shape :
       {std::array<Eigen::Index, 3>{3, 4, 5}, {2, 700, 3}, {600, 3, 2}, {3, 2, 1100}, {1, 5, 2}}) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      INFO("shape (" << shape[0] << ", " << shape[1] << ", " << shape[2] << "), axis " << axis);
      check_repeated<Eigen::ColMajor>(shape, axis);
      check_repeated<Eigen::RowMajor>(shape, axis);
    }
  }
}

TEST_CASE("GaussianNLL flows where the variance is at most eps, as if it were eps") {
  const GaussianNLL<Sum> loss{{false, 0.5}};
  const auto [value, gradients] =
      loss.value_and_gradient(list({1, 1}), list({0, 0}), list({0.5, 0}));
  check_near(value, 2 * (0.5 * std::log(0.5) + 1));
  check_near(std::get<0>(gradients), {2, 2});
  check_near(std::get<1>(gradients), {-1, -1});
}

TEST_CASE("GaussianNLL refuses an eps that is no number") {
  GaussianNLL<> loss;
  loss.eps = NaN;
  CHECK(error_of([&] { loss(list({1}), list({1}), list({1})); }) ==
        "eigenloss::GaussianNLL: eps = nan is not a number");
}

TEST_CASE("GaussianNLL never swallows NaN, and has PyTorch's values at infinity") {
  const auto x = list({NaN, 1, 1, inf, 1}), t = list({1, NaN, 1, 0, 0}),
             v = list({1, 1, NaN, 1, inf});
  const auto [values, gradients] = GaussianNLL<Unreduced>{}.value_and_gradient(x, t, v);
  check_near(values, {NaN, NaN, NaN, inf, inf});
  check_near(std::get<0>(gradients), {NaN, NaN, NaN, inf, 0});
  check_near(std::get<1>(gradients), {NaN, NaN, NaN, -inf, 0});
}

TEST_CASE("GaussianNLL: a variance too small for a finite inverse does not spoil the value") {
  const GaussianNLL<Unreduced> loss{{false, 0.0}};
  const auto x = list({0, 0.5, 1e-155}), t = list({0, 0.5, 0}), v = list({1e-310, 1e-310, 1e-310});
  const auto [values, gradients] = loss.value_and_gradient(x, t, v);
  const double alone = 0.5 * std::log(1e-310);
  check_near(values, {alone, alone, alone + 0.5});
  check_near(loss(x, t, v), {alone, alone, alone + 0.5});
  check_near(std::get<0>(gradients), {0, 0, 1e-155 / 1e-310});
  check_near(std::get<1>(gradients).head(2), {inf, inf});
}

TEST_CASE("GaussianNLL refuses a negative variance, but where it is masked") {
  const GaussianNLL<> loss;
  CHECK(error_of([&] { loss(X(), Y(), -1.0); }) ==
        "eigenloss::GaussianNLL: variance = -1 is not at least 0");
  CHECK(error_of([&] {
          loss(X(), Y(), Eigen::VectorXd(list({1, -2})));
        }) == "eigenloss::GaussianNLL: variance(1) = -2 is not at least 0");
  CHECK(error_of([&] {
          loss(X(), Y(), table(2, {1, -2}));
        }) == "eigenloss::GaussianNLL: variance(0, 1) = -2 is not at least 0");
  Table variance = V();
  variance(1, 1) = -3;
  CHECK(error_of([&] { loss.gradient(X(), Y(), variance); }) ==
        "eigenloss::GaussianNLL: variance(1, 1) = -3 is not at least 0");
  const Table mask = table(2, {1, 0, 0, 0});
  check_near(GaussianNLL<Sum>{}.weighted(mask)(X(), Y(), variance), -0.09657359027997264);
}

TEST_CASE("GaussianNLL: a variance that is repeated along nothing has the gradient 0") {
  const auto look = [](auto x, auto v) {
    x.setZero(), v.setConstant(1);
    decltype(v) slope = v;
    GaussianNLL<Sum>{}.gradient(x, x, v, skip, slope);
    bool zero = true;
    for (Eigen::Index i = 0; i < slope.size(); ++i) zero = zero && slope.data()[i] == 0;
    CHECK(zero);
  };
  look(Eigen::Tensor<double, 3, Eigen::RowMajor>(10, 0, 100),
       Eigen::Tensor<double, 3, Eigen::RowMajor>(10, 1, 100));
  look(Eigen::Tensor<double, 3>(500, 0, 600), Eigen::Tensor<double, 3>(500, 1, 600));
}

TEST_CASE("GaussianNLL refuses other shapes of the variance") {
  const Eigen::MatrixXd x(3, 4), one(1, 1), half(3, 2);
  const Eigen::VectorXd four(4);
  const std::string expected =
      ", expected that of the input, (3, 4), without its last dimension or with size 1 in one "
      "dimension";
  CHECK(error_of([&] { GaussianNLL<>{}(x, x, four); }) ==
        "eigenloss::GaussianNLL: variance has shape (4)" + expected);
  CHECK(error_of([&] { GaussianNLL<>{}(x, x, one); }) ==
        "eigenloss::GaussianNLL: variance has shape (1, 1)" + expected);
  CHECK(error_of([&] { GaussianNLL<>{}(x, x, half); }) ==
        "eigenloss::GaussianNLL: variance has shape (3, 2)" + expected);
  CHECK(error_of([&] { GaussianNLL<>{}(x, one, x); }) ==
        "eigenloss::GaussianNLL: target has shape (1, 1), expected that of the input, (3, 4)");
}
