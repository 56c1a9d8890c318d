// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <eigenloss/engine/formula.hpp>
#include <eigenloss/losses/bce_with_logits.hpp>
#include <eigenloss/losses/huber.hpp>
#include <eigenloss/losses/margin_ranking.hpp>
#include <eigenloss/losses/smooth_l1.hpp>
#include <eigenloss/losses/soft_margin.hpp>
#include <limits>
#include <type_traits>
#include <utility>

#include "../examples/own_kernel.hpp"
#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {

// The distance of two numbers, in units of the last place of the second.
template <class T>
double ulps(T a, T b) {
  if (a == b || (a != a && b != b)) return 0;
  const T least = (std::numeric_limits<T>::min)();
  return double(std::abs(a - b)) /
         (double((std::max)(std::abs(b), least)) * double(std::numeric_limits<T>::epsilon()));
}

// f and its derivative, of packs (of whole registers, and of what is left over), of duals and of
// plain numbers.
template <class T, class F, class Slope>
void check_function_in(const F& f, const Slope& slope, double from, double to) {
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  const Array x = Array::LinSpaced(67, T(from), T(to));
  const auto [value, gradient] = pointwise<Unreduced>(f).value_and_gradient(x);
  const Array alone = pointwise<Unreduced>(f)(x);
  constexpr double bound = 8;  // of a function made of two or three that are within 2 ulp
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    CAPTURE(x(i), value(i), f(x(i)), gradient(i), slope(x(i)));
    static_assert(std::is_same<decltype(f(x(i))), T>::value, "a plain number gives a plain number");
    CHECK(ulps<T>(value(i), f(x(i))) <= bound);
    CHECK(ulps<T>(alone(i), value(i)) <= 4);
    CHECK(ulps<T>(gradient(i), T(slope(x(i)))) <= bound);
  }
}
template <class F, class Slope>
void check_function(const char* name, const F& f, const Slope& slope, double from, double to) {
  INFO(name);
  check_function_in<double>(f, slope, from, to);
  check_function_in<float>(f, slope, from, to);
}

}  // namespace

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

TEST_CASE("A formula's functions take packs, duals and plain numbers") {
  check_function(
      "abs", [](auto x) { return abs(x); }, [](auto x) { return x < 0 ? -1 : x > 0; }, -2, 2);
  check_function(
      "exp", [](auto x) { return exp(x); }, [](auto x) { return std::exp(x); }, -8, 8);
  check_function(
      "log", [](auto x) { return log(x); }, [](auto x) { return 1 / x; }, 0.1, 9);
  check_function(
      "log1p", [](auto x) { return log1p(x); }, [](auto x) { return 1 / (1 + x); }, -0.9, 9);
  check_function(
      "expm1", [](auto x) { return expm1(x); }, [](auto x) { return std::exp(x); }, -30, 30);
  check_function(
      "sqrt", [](auto x) { return sqrt(x); }, [](auto x) { return 1 / (2 * std::sqrt(x)); }, 0.1,
      9);
  check_function(
      "sin", [](auto x) { return sin(x); }, [](auto x) { return std::cos(x); }, -7, 7);
  check_function(
      "cos", [](auto x) { return cos(x); }, [](auto x) { return -std::sin(x); }, -7, 7);
  check_function(
      "sinh", [](auto x) { return sinh(x); }, [](auto x) { return std::cosh(x); }, -50, 50);
  check_function(
      "cosh", [](auto x) { return cosh(x); }, [](auto x) { return std::sinh(x); }, -50, 50);
  check_function(
      "tanh", [](auto x) { return tanh(x); },
      [](auto x) { return 1 / (std::cosh(x) * std::cosh(x)); }, -30, 30);
  check_function(
      "softplus", [](auto x) { return softplus(x); }, [](auto x) { return 1 / (1 + std::exp(-x)); },
      -40, 40);
  check_function(
      "sigmoid", [](auto x) { return sigmoid(x); },
      [](auto x) { return 1 / (2 + std::exp(x) + std::exp(-x)); }, -40, 40);
  check_function(
      "pow", [](auto x) { return pow(x, decltype(x)(2.5)); },
      [](auto x) { return decltype(x)(2.5) * std::pow(x, decltype(x)(1.5)); }, 0.1, 9);
  check_function(
      "min", [](auto x) { return min(x, decltype(x)(0.5)); },
      [](auto x) { return x < decltype(x)(0.5) ? 1 : 0; }, -1, 1.9);
  check_function(
      "max", [](auto x) { return max(x, decltype(x)(0.5)); },
      [](auto x) { return x > decltype(x)(0.5) ? 1 : 0; }, -1, 1.9);
  check_function(
      "where, comparisons, & and |",
      [](auto x) {
        using T = decltype(x);
        const auto small = (x >= T(-1)) & (x <= T(1)) & (x == x);
        return where(small | (x > T(2)), x * x, where(x < T(-2), -x, T(0)));
      },
      [](auto x) { return (x >= -1 && x <= 1) || x > 2 ? 2 * x
                          : x < -2                     ? decltype(x)(-1)
                                                       : 0; },
      -3.3, 3.2);
}

TEST_CASE("A formula's operators and powers take slopes from both sides") {
  check_function(
      "sum", [](auto x) { return x * x + x; }, [](auto x) { return 2 * x + 1; }, 0.1, 9);
  check_function(
      "difference", [](auto x) { return decltype(x)(3) - x * x; }, [](auto x) { return -2 * x; },
      0.1, 9);
  check_function(
      "quotient", [](auto x) { return decltype(x)(1) / x; }, [](auto x) { return -1 / (x * x); },
      0.1, 9);
  check_function(
      "power by its exponent", [](auto x) { return pow(decltype(x)(2), x); },
      [](auto x) { return std::pow(decltype(x)(2), x) * std::log(decltype(x)(2)); }, -3, 3);
}

TEST_CASE("What does not depend on the variable has no part in a slope, infinite or NaN") {
  const auto slope_of = [](auto f, double at, double other) {
    return pointwise<Sum>(f).gradient(list({at}), list({other}))(0);
  };
  CHECK(slope_of([](auto x, auto t) { return pow(x, t); }, -2, 3) == 12);
  CHECK(slope_of([](auto x, auto t) { return pow(t, x); }, -0.5, 1e-300) ==
        Approx(1e150 * std::log(1e-300)).epsilon(1e-12));
  CHECK(slope_of([](auto x, auto t) { return x + sqrt(t); }, 3, 0) == 1);
  CHECK(slope_of([](auto x, auto t) { return x / (1 + exp(t)); }, 2, 800) == 0);
  CHECK(slope_of([](auto x, auto t) { return x * exp(-1 / (t * t)); }, 3, 0) == 0);
  CHECK(slope_of([](auto x, auto t) { return x / (1 / t); }, 2, 0) == 0);
  CHECK(slope_of([](auto x, auto t) { return x / t; }, 1, 0) == inf);
  CHECK(slope_of([](auto x, auto t) { return x - log(t); }, 1, 0) == 1);
  CHECK(slope_of([](auto x, auto t) { return x + log1p(t); }, 1, -1) == 1);
  CHECK(slope_of([](auto x, auto t) { return x + sinh(t) + cosh(t) + expm1(t); }, 1, 800) == 1);
  CHECK(slope_of([](auto x, auto t) { return x + 0 * sin(t) + 0 * cos(t); }, 1, inf) == 1);
  CHECK(slope_of([](auto x, auto) { return 0.5 * x; }, inf, 0) == 0.5);
  CHECK(slope_of([](auto x, auto) { return x * 0.5; }, inf, 0) == 0.5);
  CHECK(slope_of([](auto x, auto) { return x * x / 2; }, inf, 0) == inf);
  CHECK(slope_of([](auto x, auto t) { return abs(x - t) / 2; }, inf, 0) == 0.5);
  CHECK(slope_of([](auto x, auto t) { return max(0, 1 - x * t); }, -inf, 1) == -1);
  CHECK(std::isnan(slope_of([](auto x, auto t) { return x * t; }, 1, inf - inf)));
}

TEST_CASE("A power has PyTorch's slopes at a base and at an exponent of 0") {
  const auto slope_of = [](auto f, double at) { return pointwise<Sum>(f).gradient(list({at}))(0); };
  CHECK(slope_of([](auto x) { return pow(x, 0); }, 0) == 0);
  CHECK(slope_of([](auto x) { return pow(0, x); }, 2) == 0);
  CHECK(slope_of([](auto x) { return pow(0, x); }, 0) == 0);
  CHECK(slope_of([](auto x) { return pow(x, x); }, 0) == 0);
  CHECK(slope_of([](auto x) { return pow(x, 1); }, 0) == 1);
}

TEST_CASE("A formula tells -0 from 0") {
  const Eigen::ArrayXd zero = Eigen::ArrayXd::Zero(19), minus = Eigen::ArrayXd::Constant(19, -0.0);
  const auto of = [&](auto f, const Eigen::ArrayXd& x) { return pointwise<Unreduced>(f)(x); };
  for (Eigen::Index i = 0; i < zero.size(); ++i) {
    CHECK(of([](auto x) { return 1 / -x; }, zero)(i) == -inf);
    CHECK(of([](auto x) { return 1 / -abs(x); }, zero)(i) == -inf);
    CHECK(of([](auto x) { return 1 / sinh(x); }, minus)(i) == -inf);
    CHECK(of([](auto x) { return 1 / tanh(x); }, minus)(i) == -inf);
  }
  CHECK(pointwise<Sum>([](auto x) { return sqrt(-x); }).gradient(zero)(0) == inf);
}

TEST_CASE("The functions that are not the standard library's have the values of their formulas") {
  for (const double x : {-30.0, -2.0, -0.5, 0.0, 0.5, 2.0, 30.0}) {
    CHECK(ulps(sigmoid(x), 1 / (1 + std::exp(-x))) <= 4);
    CHECK(ulps(softplus(x), std::log1p(std::exp(x))) <= 4);
  }
}

TEST_CASE("A formula's min and max share a tie half and half, and pass NaN on") {
  const auto smaller = pointwise<Unreduced>([](auto x, auto t) { return min(x, t); });
  const auto larger = pointwise<Unreduced>([](auto x, auto t) { return max(x, t); });
  check_elements(smaller, {1, 2, 3}, {2, 2, 2}, {1, 2, 2}, {1, 0.5, 0}, 0);
  check_elements(larger, {1, 2, 3}, {2, 2, 2}, {2, 2, 3}, {0, 0.5, 1}, 0);
  const double nan = std::nan("");
  for (const auto& [x, t] : {std::make_pair(nan, 1.0), std::make_pair(1.0, nan)}) {
    CHECK(std::isnan(smaller(list({x}), list({t})).value()));
    CHECK(std::isnan(larger(list({x}), list({t})).value()));
    CHECK(std::isnan((eigenloss::min)(x, t)));
    CHECK(std::isnan((eigenloss::max)(x, t)));
  }
}

TEST_CASE("A kernel's value can be asked of plain numbers") {
  CHECK(kernel::Huber{}.value(3.0, 1.0) == 1.5);
  CHECK(kernel::Huber{}.value(3.0F, 1.0F) == 1.5F);
  CHECK(Pinball{0.9}.value(1.0, 2.0) == 0.9);
  CHECK(where(~int(1 < 2), 3, 4.0) == 4.0);  // ~ of a bool is an int
  CHECK(kernel::SmoothL1{}.value(1.0, 3.0) == 1.5);
  CHECK(kernel::SmoothL1{0.5}.slope(1.125F, 1.0F) == 0.25F);
  const double e = std::exp(-2.0), sigma = 1 / (1 + e);
  CHECK(kernel::BCEWithLogits{}.value(2.0, 0.0) == Approx(2 + std::log1p(e)).epsilon(1e-15));
  CHECK(kernel::BCEWithLogits{}.value_and_slope(2.0, 0.0).second == Approx(sigma).epsilon(1e-15));
  CHECK(kernel::SoftMargin{}.value_and_slope(2.0, -1.0).second == Approx(sigma).epsilon(1e-15));
  CHECK(softplus(-800.0) == 0);
  CHECK(sigmoid(-800.0F) == 0);
  CHECK(kernel::SoftMargin{}.value(2.0, -1.0) == Approx(std::log1p(std::exp(2.0))).epsilon(1e-15));
}

TEST_CASE("A kernel's bounds hold for plain numbers, and have slopes in a formula") {
  CHECK(kernel::MarginRanking{0.5}.value(2.0, 1.0, 1.0) == 0);
  CHECK(kernel::MarginRanking{0.5}.value(1.0, 2.0, 1.0) == 1.5);
  const auto huber = [](auto x, auto t) { return kernel::Huber{0.5}.value(x, t); };
  check_elements(pointwise<Unreduced>(huber), {0, 0.25, 2, -2}, {0, 0, 0, 0},
                 {0, 0.03125, 0.875, 0.875}, {0, 0.25, 0.5, -0.5}, 0);
  const auto ranking = [](auto a, auto b) {
    return kernel::MarginRanking{1}.value(a, b, decltype(a)(1));
  };
  check_elements(pointwise<Unreduced>(ranking), {0, 2}, {0, 0}, {1, 0}, {-1, 0}, 0);
}
