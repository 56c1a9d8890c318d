// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.smooth_l1_loss, in double.
#include <eigenloss/losses/smooth_l1.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

TEST_CASE("SmoothL1 has PyTorch's values with the default beta") {
  check_near(SmoothL1<Unreduced>{}(X(), Y()), {0.125, 1, 3, 0});
  check_near(SmoothL1<>{}(X(), Y()), 1.03125);
  check_near(SmoothL1<>{}.gradient(X(), Y()), {-0.125, -0.25, 0.25, 0});
}

TEST_CASE("SmoothL1's beta is set in braces or as a member") {
  SmoothL1<Unreduced> loss;
  loss.beta = 0.7;
  check_near(loss(X(), Y()), {0.17857142857142858, 1.15, 3.15, 0});
  check_near(SmoothL1<>{{0.7}}(X(), Y()), 1.1196428571428572);
  check_near(SmoothL1<>{{0.7}}.gradient(X(), Y()), {-0.17857142857142858, -0.25, 0.25, 0});
#if __cplusplus >= 202002L
  check_near(SmoothL1<>{{.beta = 0.7}}(X(), Y()), 1.1196428571428572);
#endif
}

TEST_CASE("SmoothL1 has the slope of both branches where they meet") {
  check_elements(SmoothL1<Unreduced>{{0.5}}, {0.5, -0.5, 0}, {0, 0, 0}, {0.25, 0.25, 0}, {1, -1, 0},
                 0);
  check_elements(SmoothL1<Unreduced>{{0.5}}, {0.375, -0.375}, {0, 0}, {0.140625, 0.140625},
                 {0.75, -0.75}, 0);
}

TEST_CASE("SmoothL1 with beta 0 is exactly L1, with the slope 0 at its kink") {
  check_near(SmoothL1<>{{0.0}}(X(), Y()), 1.375);
  check_elements(SmoothL1<Unreduced>{{0.0}}, {0.5, -3, 2, 1e-320}, {1, 1, 2, 0},
                 {0.5, 4, 0, 1e-320}, {-1, -1, 0, 1}, 0);
}

TEST_CASE("SmoothL1 is finite however small beta is") {
  check_elements(SmoothL1<Unreduced>{{1e-310}}, {0, 1}, {0, 0}, {0, 1}, {0, 1}, 1);
  const Eigen::ArrayXf x = Eigen::ArrayXf::Zero(3);
  CHECK(SmoothL1<>{{1e-40}}(x, x) == 0.0F);
  CHECK(SmoothL1<>{{1e-40}}.gradient(x, x)(1) == 0.0F);
  CHECK(SmoothL1<>{{1e-50}}.gradient(x, x)(1) == 0.0F);
}

TEST_CASE("SmoothL1 with an infinite beta is 0 for finite errors") {
  check_elements(SmoothL1<Unreduced>{{inf}}, {3, -1e300}, {1, 0}, {0, 0}, {0, 0}, 0);
}

TEST_CASE("SmoothL1 never swallows NaN, and takes infinity as it is") {
  check_elements(SmoothL1<Unreduced>{}, {NaN, 1, inf, -inf, inf}, {1, NaN, 1, 1, inf},
                 {NaN, NaN, inf, inf, NaN}, {NaN, NaN, 1, -1, NaN});
  check_elements(SmoothL1<Unreduced>{{0.0}}, {NaN, 1, inf, -inf, inf}, {1, NaN, 1, 1, inf},
                 {NaN, NaN, inf, inf, NaN}, {NaN, NaN, 1, -1, 0});
}

TEST_CASE("SmoothL1 refuses a negative beta and NaN") {
  CHECK(error_of([] { SmoothL1<>{{-1.0}}(X(), Y()); }) ==
        "eigenloss::SmoothL1: beta = -1 is not at least 0");
  CHECK(error_of([] { SmoothL1<>{{NaN}}.gradient(X(), Y()); }) ==
        "eigenloss::SmoothL1: beta = nan is not at least 0");
}
