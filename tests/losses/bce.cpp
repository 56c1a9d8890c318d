// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.binary_cross_entropy, in double.
#include <eigenloss/losses/bce.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Table P() { return table(2, {.3, .9, .001, .5}); }
Table labels() { return table(2, {.6, 0, 1, .25}); }
}  // namespace

TEST_CASE("BCE has PyTorch's values") {
  check_near(BCE<Unreduced>{}(P(), labels()),
             {0.8650536601710546, 2.302585092994046, 6.907755278982137, 0.6931471805599453});
  check_near(BCE<>{}(P(), labels()), 2.6921353031767956);
  check_near(BCE<>{}.gradient(P(), labels()),
             {-0.35714285714285715, 2.5000000000000004, -249.99999999999997, 0.25});
}

TEST_CASE("BCE's weight is weighted(w)") {
  check_near(BCE<Unreduced>{}.weighted(W())(P(), labels()),
             {0.8650536601710546, 4.605170185988092, 20.72326583694641, 2.772588722239781});
  check_near(BCE<>{}.weighted(W())(P(), labels()), 7.241519601336335);
  check_near(BCE<>{}.weighted(W()).gradient(P(), labels()),
             {-0.35714285714285715, 5.000000000000001, -749.9999999999999, 1});
}

TEST_CASE("BCE is clamped at the probabilities 0 and 1") {
  const Eigen::ArrayXd p = list({0, 1, 0, 1}), y = list({0, 1, 1, 0});
  check_near(BCE<Unreduced>{}(p, y), {0, 0, 100, 100}, 0);
  check_near(BCE<>{}(p, y), 50);
  check_near(BCE<>{}.gradient(p, y), {0, 0, -250000000998.9507, 250000000998.9507});
  check_near(BCE<Unreduced>{}(list({0, 1}), list({.25, .5})), {25, 50}, 0);
}

TEST_CASE("BCE of float has PyTorch's slope at 0") {
  const Eigen::ArrayXf p = Eigen::ArrayXf::Zero(1), y = Eigen::ArrayXf::Ones(1);
  CHECK(BCE<Sum>{}.gradient(p, y)(0) == -1.0F / 1e-12F);
}

TEST_CASE("BCE refuses what is not a probability, naming the first one") {
  const Table y = labels();
  Table p = P();
  p(1, 0) = 1.5;
  p(1, 1) = -1;
  CHECK(error_of([&] { BCE<>{}(p, y); }) ==
        "eigenloss::BCE: input(1, 0) = 1.5 is not between 0 and 1");
  CHECK(error_of([&] { BCE<>{}.gradient(p, y); }) ==
        "eigenloss::BCE: input(1, 0) = 1.5 is not between 0 and 1");
  CHECK(error_of([&] { BCE<>{}(y, p); }) ==
        "eigenloss::BCE: target(1, 0) = 1.5 is not between 0 and 1");
  p(1, 0) = 0.5;
  CHECK(error_of([&] { BCE<>{}(p, y); }) ==
        "eigenloss::BCE: input(1, 1) = -1 is not between 0 and 1");
  CHECK(error_of([&] { BCE<>{}(y, p); }) ==
        "eigenloss::BCE: target(1, 1) = -1 is not between 0 and 1");
  p = P();
  p(0, 1) = NaN;
  CHECK(error_of([&] { BCE<>{}(p, y); }) ==
        "eigenloss::BCE: input(0, 1) = nan is not between 0 and 1");
  CHECK(error_of([&] { BCE<>{}(y, p); }) ==
        "eigenloss::BCE: target(0, 1) = nan is not between 0 and 1");
}

TEST_CASE("BCE finds what is not a probability anywhere in a large input") {
  Eigen::ArrayXf p = Eigen::ArrayXf::Constant(100000, 0.5F);
  const Eigen::ArrayXf y = Eigen::ArrayXf::Ones(100000);
  for (Eigen::Index i : {0, 17, 16383, 16384, 99999}) {
    p(i) = 2;
    CHECK(error_of([&] { BCE<>{}(p, y); }) ==
          "eigenloss::BCE: input(" + std::to_string(i) + ") = 2 is not between 0 and 1");
    p(i) = 0.5F;
  }
}

TEST_CASE("BCE does not refuse a masked element, and gives it exactly 0") {
  const Eigen::ArrayXd p = list({7, 0.5, NaN}), y = list({0, 1, NaN}), mask = list({0, 1, 0});
  check_near(BCE<Unreduced>{}.weighted(mask)(p, y), {0, 0.6931471805599453, 0});
  check_near(BCE<Unreduced>{}.weighted(mask).gradient(p, y), {0, -2, 0});
  const Eigen::ArrayXd third = list({0, 1, 1});  // a masked one is not named either
  CHECK(error_of([&] { BCE<>{}.weighted(third)(p, y); }) ==
        "eigenloss::BCE: input(2) = nan is not between 0 and 1");
}
