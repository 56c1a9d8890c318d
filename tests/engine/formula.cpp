// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/engine/formula.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

TEST_CASE("A formula is a loss with an exact gradient") {
  const auto loss = pointwise<Unreduced>([](auto x, auto t) { return log(cosh(x - t)); });
  const Numbers x{0.5, -3, 40}, t{1, 0, 0};
  check_elements(loss, x, t,
                 {std::log(std::cosh(0.5)), std::log(std::cosh(3)), std::log(std::cosh(40.0))},
                 {std::tanh(-0.5), std::tanh(-3), 1}, 32);
}

TEST_CASE("A formula is reduced by Mean unless told otherwise, and takes every adverb") {
  const auto square = [](auto x, auto t) { return (x - t) * (x - t); };
  check_near(pointwise(square)(X(), Y()), 3.6875);
  check_near(pointwise<Sum>(square).weighted(W())(X(), Y()), 41.5);
  check_near(pointwise<WeightedMean>(square).weighted(W()).gradient(X(), Y()),
             {-0.1, -0.6000000000000001, 2.1000000000000005, 0});
}

TEST_CASE("A formula may have one input or three") {
  const auto energy = pointwise<Sum>([](auto x) { return 0.5 * x * x; });
  check_near(energy(list({3, 4})), 12.5);
  check_near(energy.gradient(list({3, 4})), {3, 4});
  const auto scaled = pointwise<Sum>([](auto x, auto t, auto scale) { return abs(x - t) / scale; });
  check_near(scaled(list({3, 4}), list({1, 1}), list({2, 3})), 2);
  check_near(scaled.gradient(list({3, 4}), list({1, 1}), list({2, 3})), {0.5, 1.0 / 3});
}

TEST_CASE("A formula chooses by where, and holds options as captures") {
  const double bound = 0.5;
  const auto clipped = pointwise<Unreduced>([bound](auto x, auto t) {
    const auto d = abs(x - t);
    return where(d < bound, d, bound);
  });
  check_elements(clipped, {0.25, -3, 1}, {0, 0, 1}, {0.25, 0.5, 0}, {1, 0, 0}, 0);
}

TEST_CASE("A formula runs in float, and is named in errors") {
  const auto loss = pointwise<Sum>([](auto x, auto t) { return softplus(x) - x * t; });
  const Eigen::ArrayXf x = Eigen::ArrayXf::Zero(37), t = Eigen::ArrayXf::Ones(37);
  CHECK(loss(x, t) == Approx(37 * 0.6931471805599453));
  CHECK(error_of([&] { loss(x, Eigen::ArrayXf(t.head(3))); }) ==
        "eigenloss::pointwise: target has shape (3), expected that of the input, (37)");
}
