// SPDX-License-Identifier: BSL-1.0
#ifndef EIGEN_USE_THREADS
#define EIGEN_USE_THREADS
#endif
#include <cmath>
#include <cstdint>
#include <eigenloss/engine/formula.hpp>
#include <eigenloss/losses/hinge_embedding.hpp>
#include <eigenloss/losses/l1.hpp>
#include <eigenloss/losses/nll.hpp>
#include <limits>

#include "support/catch.hpp"

// Sums of 10^8 terms are within 2 ulp of the exact sum of the terms, whatever their signs; and block sums are added
// in order.
using namespace eigenloss;
using Eigen::Index;

namespace {

constexpr Index many = 100000000;

template <class T>
double ulps(T found, long double exact) {
  const long double ulp =
      std::ldexp(1.0L, std::ilogb(exact) - (std::numeric_limits<T>::digits - 1));
  return double(std::abs(static_cast<long double>(found) - exact) / ulp);
}

// Terms that are made up as they are read.
template <class T, class Term>
auto terms(Index n, const Term& term) {
  return Eigen::Array<T, Eigen::Dynamic, 1>::NullaryExpr(n, term);
}
template <class T>
auto all(Index n, int number) {
  return Eigen::Array<T, Eigen::Dynamic, 1>::Constant(n, T(number));
}
const auto as_it_is = [](auto x) { return x; };

}  // namespace

TEMPLATE_TEST_CASE("the sum of 10^8 equal terms is within 2 ulp", "", float, double) {
  using T = TestType;
  const Index n = sizeof(T) == 4 ? many : many / 5;
  const auto x = Eigen::Array<T, Eigen::Dynamic, 1>::Constant(n, T(0.1));
  const long double exact = static_cast<long double>(n) * static_cast<long double>(T(0.1));
  CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
  CHECK(ulps(pointwise<Mean>(as_it_is)(x), static_cast<long double>(T(0.1))) <= 2);
}

TEMPLATE_TEST_CASE("the sum of terms of alternating signs is within 2 ulp", "", float, double) {
  using T = TestType;
  const Index n = sizeof(T) == 4 ? many / 2 : many / 10;
  for (const Index run : {1, 3, 8, 4096}) {  // terms of one sign that follow one another
    INFO(run << " terms of one sign");
    const T plus(T(0.1)), minus(T(0.0999));
    const auto x = terms<T>(n, [=](Index i) { return i / run % 2 == 0 ? plus : T(-minus); });
    Index positive = n / (2 * run) * run;
    const Index rest = n % (2 * run);
    positive += rest < run ? rest : run;
    const long double exact =
        static_cast<long double>(positive) * static_cast<long double>(plus) -
        static_cast<long double>(n - positive) * static_cast<long double>(minus);
    CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
  }
}

TEMPLATE_TEST_CASE("the sum of terms that plain additions lose is within 2 ulp", "", float,
                   double) {
  // Half an ulp, or nearly, beside 1, at any distance at which registers of a step can meet.
  using T = TestType;
  const T less = std::ldexp(T(0.99), -std::numeric_limits<T>::digits);
  const Index n = 100003;
  for (const Index distance : {1, 2, 4, 8, 16}) {
    for (int ones = 1; ones < 16; ++ones) {
      INFO("which of four are 1: " << ones << ", " << distance << " apart");
      const auto is_one = [=](Index i) { return (ones >> (i / distance % 4)) % 2 == 1; };
      const auto x = terms<T>(n, [=](Index i) { return is_one(i) ? T(1) : less; });
      long double exact = 0;
      for (Index i = 0; i < n; ++i) exact += static_cast<long double>(is_one(i) ? T(1) : less);
      CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
      CHECK(ulps(L1<Sum>{}(x, all<T>(n, 0)), exact) <= 2);  // a kernel without negative values
    }
  }
}

TEMPLATE_TEST_CASE("the sum of terms of many sizes, in memory, is within 2 ulp", "", float,
                   double) {
  using T = TestType;
  const Index n = 5000011;
  Eigen::Array<T, Eigen::Dynamic, 1> x(n), w(n);
  long double exact = 0, weighted = 0;
  std::uint64_t state = 1;
  for (Index i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x(i) = T(std::ldexp(1 + double(state >> 40) * 0x1p-24, int(state >> 8) % 8));
    w(i) = T(i % 3);
    exact += static_cast<long double>(x(i));
    weighted += static_cast<long double>(T(x(i) * w(i)));
  }
  CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
  CHECK(ulps(L1<Sum>{}(x, all<T>(n, 0)), exact) <= 2);
  CHECK(ulps(pointwise<Sum>(as_it_is).weighted(w)(x), weighted) <= 2);
}

TEMPLATE_TEST_CASE("the sum of terms that cancel but for a little is within 2 ulp", "", float,
                   double) {
  using T = TestType;
  const Index half = 200003, n = 2 * half + 1;  // the second half takes the first away
  Eigen::Array<T, Eigen::Dynamic, 1> x(n), sizes(n), signs(n);
  std::uint64_t state = 1;
  long double exact = 0;
  for (Index i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x(i) = i < half ? T(double(state >> 11) * 0x1p-52 - 1) : T(-x((i - half + 7) % half));
    if (i == n - 1) x(i) = T(0.001);
    exact += static_cast<long double>(x(i));
    sizes(i) = std::abs(x(i));
    signs(i) = x(i) < 0 ? T(-1) : T(1);
  }
  REQUIRE(std::abs(exact) < 0.0011L);
  CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
  CHECK(ulps(HingeEmbedding<Sum>{}(x, all<T>(n, 1)), exact) <= 2);
  CHECK(ulps(L1<Sum>{}.weighted(signs)(sizes, all<T>(n, 0)), exact) <= 2);
}

TEMPLATE_TEST_CASE("terms below 0 in one register of a step alone are seen", "", float, double) {
  using T = TestType;
  const Index n = 64000;  // the last of 64 terms takes the others away
  Eigen::Array<T, Eigen::Dynamic, 1> x(n);
  std::uint64_t state = 1;
  long double exact = 0, here = 0;
  for (Index i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x(i) = i % 64 < 63 ? T(double(state >> 40) * 0x1p-24) : T(-here);
    here = i % 64 < 63 ? here + static_cast<long double>(x(i)) : 0;
    if (i == 0) x(i) += T(1);
    exact += static_cast<long double>(x(i));
  }
  CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
}

TEST_CASE("what a block sum lost is left where another takes the rest away") {
  const Index block = 16384;
  Eigen::ArrayXd x = Eigen::ArrayXd::Zero(2 * block);
  std::uint64_t state = 1;
  long double exact = 0;  // terms of 46 digits: no sum is rounded
  for (Index i = 0; i < block; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x(i) = 1 + double(state >> 19) * 0x1p-45;
    exact += static_cast<long double>(x(i));
  }
  x(block) = -double(exact);
  exact += static_cast<long double>(x(block));
  REQUIRE(exact != 0);
  CHECK(ulps(pointwise<Sum>(as_it_is)(x), exact) <= 2);
}

TEMPLATE_TEST_CASE("the sum over many rows is within 2 ulp", "", float, double) {
  using T = TestType;
  const Index n = many / 10;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  const auto labels = Eigen::VectorXi::Zero(n);
  const auto x = Matrix::Constant(n, 1, T(-0.1));
  const long double exact = static_cast<long double>(n) * static_cast<long double>(T(0.1));
  CHECK(ulps(NLL<Sum>{}(x, labels), exact) <= 2);
  NLL<Sum> tall;  // lanes along the one class
  const Matrix few = Matrix::Constant(3, 700, T(-0.1));
  CHECK(ulps(tall(few, Eigen::Vector3i(1, 699, 3)), 3 * static_cast<long double>(T(0.1))) <= 2);
}

TEST_CASE("infinite sums are infinite, and not what compensation makes of them") {
  const float inf = std::numeric_limits<float>::infinity();
  Eigen::ArrayXf x = Eigen::ArrayXf::Constant(50000, 1.0f);
  x(3) = inf;
  CHECK(pointwise<Sum>(as_it_is)(x) == inf);
  x(40000) = -inf;
  CHECK(std::isnan(pointwise<Sum>(as_it_is)(x)));
  Eigen::ArrayXd large = Eigen::ArrayXd::Constant(50000, 1e308);
  CHECK(pointwise<Sum>(as_it_is)(large) == std::numeric_limits<double>::infinity());
}

TEST_CASE("block sums are added in order, on any number of threads, whoever ends first") {
  // Sums of long double round with each addition, and so show their order; 530 blocks are more than run at once.
  const Index n = 530 * 16384 + 5;
  Eigen::Array<long double, Eigen::Dynamic, 1> x(n);
  for (Index i = 0; i < n; ++i) {
    x(i) = 1.0L / static_cast<long double>(i * 37 % 1009 + 1) * (i < n / 2 ? 1 : 1e-7L);
  }
  const auto sum = pointwise<Sum>(as_it_is);
  const long double expected = sum(x);
  long double blocks = 0;
  for (Index first = 0; first < n; first += 16384) {
    blocks += sum(x.segment(first, n - first < 16384 ? n - first : 16384));
  }
  CHECK(std::abs(blocks - expected) <= 1e-18L * expected);
  for (const int threads : {1, 2, 3, 7}) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    CHECK(sum.device(device)(x) == expected);
    CHECK(sum.device(device)(x) == expected);
  }
}
