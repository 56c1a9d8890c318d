// SPDX-License-Identifier: BSL-1.0
// Compiled with -ffast-math: rounding in exponentials and logarithms is not taken apart.
#include <cmath>
#include <eigenloss/eigenloss.hpp>

#include "support/catch.hpp"

using namespace eigenloss;

#if !defined(EIGENLOSS_TEST_FAST_MATH)
#error "this file is compiled with -ffast-math"
#endif

TEMPLATE_TEST_CASE("-ffast-math: losses with exp and log lose no more than a few digits", "", float,
                   double) {
  using T = TestType;
  using Numbers = Eigen::Array<T, Eigen::Dynamic, 1>;
  const double few = sizeof(T) == 4 ? 1e-5 : 1e-13;
  for (const double x : {-20.0, -3.0, -0.7, 0.25, 0.9, 4.0}) {
    const int n = 37;
    const Numbers xs = Numbers::Constant(n, T(x)), t = Numbers::Constant(n, T(0.5)),
                  one = Numbers::Constant(n, T(1)), p = (xs / 50 + T(0.5)).eval();
    const double y = double(T(x)), q = double(p[0]);
    const auto near = [&](double expected) {
      return Approx(expected).epsilon(few).margin(few / 10);
    };
    CHECK(BCEWithLogits<>{}(xs, t) == near(std::log1p(std::exp(-std::abs(y))) + std::abs(y) / 2));
    CHECK(SoftMargin<>{}(xs, one) == near(std::log1p(std::exp(-y))));
    CHECK(PoissonNLL<>{}(xs, t) == near(std::exp(y) - y / 2));
    CHECK(BCE<>{}(p, t) == near(-0.5 * (std::log(q) + std::log1p(-q))));
    CHECK(KLDiv<>{}(xs, t) == near(0.5 * (std::log(0.5) - y)));
    CHECK(GaussianNLL<>{}(xs, xs, p) == near(0.5 * std::log(q)));
    CHECK(pointwise<Mean>([](auto a) { return expm1(a); })(xs) == near(std::expm1(y)));
    CHECK(pointwise<Mean>([](auto a) { return log1p(a); })(p) == near(std::log1p(q)));
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> logits(5, 3);
    logits.setZero();
    logits.col(1).setConstant(T(x));
    CHECK(CrossEntropy<>{}(logits, Eigen::VectorXi::Zero(5)) == near(std::log(2 + std::exp(y))));
  }
}
