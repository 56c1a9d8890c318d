// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.huber_loss, in double.
#include <eigenloss/losses/huber.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

TEST_CASE("Huber has PyTorch's values with the default delta") {
  check_near(Huber<>{}(X(), Y()), 1.03125);
  check_near(Huber<>{}.gradient(X(), Y()), {-0.125, -0.25, 0.25, 0});
}

TEST_CASE("Huber's delta is set in braces or as a member") {
  Huber<Unreduced> loss;
  loss.delta = 0.7;
  check_near(loss(X(), Y()), {0.125, 0.8049999999999999, 2.2049999999999996, 0});
  check_near(Huber<>{{0.7}}(X(), Y()), 0.78375);
  check_near(Huber<>{{0.7}}.gradient(X(), Y()), {-0.125, -0.175, 0.175, 0});
}

TEST_CASE("Huber's weight of the functional form is weighted(w)") {
  const Huber<Unreduced> loss{{2.0}};
  check_near(loss.weighted(W())(X(), Y()), {0.125, 2.25, 15, 0});
  check_near(Huber<Sum>{{2.0}}.weighted(W())(X(), Y()), 17.375);
  check_near(Huber<>{{2.0}}.weighted(W())(X(), Y()), 4.34375);
}

TEST_CASE("Huber's slope is clipped to delta, where the branches meet too") {
  check_elements(Huber<Unreduced>{{0.5}}, {0.5, -0.5, 3, 0}, {0, 0, 0, 0}, {0.125, 0.125, 1.375, 0},
                 {0.5, -0.5, 0.5, 0}, 0);
  check_elements(Huber<Unreduced>{{0.5}}, {0.375, -0.375}, {0, 0}, {0.0703125, 0.0703125},
                 {0.375, -0.375}, 0);
}

TEST_CASE("Huber with an infinite delta is half the squared error") {
  check_elements(Huber<Unreduced>{{inf}}, {3, -1e100}, {1, 0}, {2, 0.5e200}, {2, -1e100}, 1);
  CHECK(std::isnan(Huber<>{{inf}}(list({inf}), list({0}))));
}

TEST_CASE("Huber never swallows NaN, and takes infinity as it is") {
  check_elements(Huber<Unreduced>{{0.5}}, {NaN, 1, inf, -inf, inf}, {1, NaN, 1, 1, inf},
                 {NaN, NaN, inf, inf, NaN}, {NaN, NaN, 0.5, -0.5, NaN});
}

TEST_CASE("Huber refuses a delta that is not positive") {
  CHECK(error_of([] { Huber<>{{0.0}}(X(), Y()); }) ==
        "eigenloss::Huber: delta = 0 is not greater than 0");
  CHECK(error_of([] { Huber<>{{NaN}}(X(), Y()); }) ==
        "eigenloss::Huber: delta = nan is not greater than 0");
}
