// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.margin_ranking_loss, in double.
#include <eigenloss/losses/margin_ranking.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Eigen::ArrayXd first() { return list({1, 2, 1.5, 3}); }
Eigen::ArrayXd second() { return list({2, 1, 1, 1}); }
Eigen::ArrayXd order() { return list({1, 1, 1, -1}); }
}  // namespace

TEST_CASE("MarginRanking has PyTorch's values with the default margin") {
  check_near(MarginRanking<Unreduced>{}(first(), second(), order()), {1, 0, 0, 2});
  check_near(MarginRanking<>{}(first(), second(), order()), 0.75);
  const auto [of_first, of_second] = MarginRanking<>{}.gradient(first(), second(), order());
  check_near(of_first, {-0.25, 0, 0, 0.25});
  check_near(of_second, {0.25, 0, 0, -0.25});
}

TEST_CASE("MarginRanking's slope flows at the kink") {
  const MarginRanking<> loss{{0.5}};
  check_near(MarginRanking<Unreduced>{{0.5}}(first(), second(), order()), {1.5, 0, 0, 2.5});
  const auto [value, gradients] = loss.value_and_gradient(first(), second(), order());
  check_near(value, 1);
  check_near(std::get<0>(gradients), {-0.25, 0, -0.25, 0.25});
  check_near(std::get<1>(gradients), {0.25, 0, 0.25, -0.25});
}

TEST_CASE("MarginRanking's margin is set as a member") {
  MarginRanking<Sum> loss;
  loss.margin = 2;
  check_near(loss(first(), second(), order()), 9.5);
}

TEST_CASE("MarginRanking writes only the gradient that is asked for") {
  Eigen::ArrayXd gradient(4);
  const double value =
      MarginRanking<>{}.value_and_gradient(first(), second(), order(), skip, gradient);
  check_near(value, 0.75);
  check_near(gradient, {0.25, 0, 0, -0.25});
}

TEST_CASE("MarginRanking with the target 0 is the margin") {
  const Eigen::ArrayXi none = Eigen::ArrayXi::Zero(4);
  check_near(MarginRanking<Unreduced>{{0.5}}(first(), second(), none), {0.5, 0.5, 0.5, 0.5});
}

TEST_CASE("MarginRanking never swallows NaN") {
  const Eigen::ArrayXd a = list({NaN, 1, 1, inf, inf}), b = list({1, NaN, 1, inf, 0}),
                       y = list({1, 1, NaN, 1, 1});
  check_near(MarginRanking<Unreduced>{}(a, b, y), {NaN, NaN, NaN, NaN, 0});
  const auto [of_a, of_b] = MarginRanking<Unreduced>{}.gradient(a, b, y);
  check_near(of_a, {NaN, NaN, NaN, 0, 0});
  check_near(of_b, {NaN, NaN, NaN, 0, 0});
}

TEST_CASE("MarginRanking names its arguments in errors") {
  CHECK(error_of([] { MarginRanking<>{}(first(), list({1}), order()); }) ==
        "eigenloss::MarginRanking: input2 has shape (1), expected that of the input1, (4)");
  CHECK(error_of([] { MarginRanking<>{}(first(), second(), list({1})); }) ==
        "eigenloss::MarginRanking: target has shape (1), expected that of the input1, (4)");
}
