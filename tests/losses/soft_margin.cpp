// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.soft_margin_loss, in double.
#include <eigenloss/losses/soft_margin.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

TEST_CASE("SoftMargin has PyTorch's values for any real target") {
  const Eigen::ArrayXd x = list({.5, .5, 2, -3}), y = list({1, -1, .5, 1});
  check_near(SoftMargin<Unreduced>{}(x, y),
             {0.4740769841801067, 0.9740769841801067, 0.31326168751822286, 3.048587351573742});
  check_near(SoftMargin<>{}(x, y), 1.2025007518630446);
  check_near(SoftMargin<>{}.gradient(x, y), {-0.09438516719953637, 0.15561483280046365,
                                             -0.03361767767124939, -0.2381435317056083});
  const Table labels = table(2, {1, -1, -1, 1});
  check_near(SoftMargin<>{}(X(), labels), 1.1075858657913626);
  check_near(SoftMargin<>{}.gradient(X(), labels),
             {-0.09438516719953637, 0.057868804125245595, 0.2381435317056083, -0.118755203130265});
}

TEST_CASE("SoftMargin is exactly small where the score agrees") {
  check_elements(SoftMargin<Unreduced>{}, {-100, 100, 40}, {1, 1, 1},
                 {100, 3.720075976020836e-44, 4.248354255291589e-18},
                 {-1, -3.720075976020836e-44, -4.248354255291589e-18}, 8);
}

TEST_CASE("SoftMargin is stable at any magnitude") {
  check_elements(SoftMargin<Unreduced>{}, {-1000, 1e300, -1e300, inf, -inf}, {1, -1, -2, 1, 1},
                 {1000, 1e300, 0, 0, inf}, {-1, 1, 0, 0, -1});
}

TEST_CASE("SoftMargin never swallows NaN") {
  check_elements(SoftMargin<Unreduced>{}, {NaN, 1}, {1, NaN}, {NaN, NaN}, {NaN, NaN});
}

TEST_CASE("SoftMargin takes integer labels") {
  Eigen::ArrayXi y(4);
  y << 1, -1, 1, 1;
  check_near(SoftMargin<Sum>{}(list({0, 0, 0, 0}), y), 4 * 0.6931471805599453);
}
