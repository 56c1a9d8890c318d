// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.poisson_nll_loss, in double.
#include <eigenloss/losses/poisson_nll.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Eigen::ArrayXd logarithms() { return list({.5, -1, 0, 1.2}); }
Eigen::ArrayXd rates() { return list({.5, 1e-9, 2, 1.2}); }
Eigen::ArrayXd counts() { return list({0, 1, 1.5, 3}); }
}  // namespace

TEST_CASE("PoissonNLL has PyTorch's values of logarithms") {
  check_near(PoissonNLL<Unreduced>{}(logarithms(), counts()),
             {1.6487212707001282, 1.3678794411714423, 1, -0.2798830772634524});
  check_near(PoissonNLL<>{}(logarithms(), counts()), 0.9341794086520294);
  check_near(PoissonNLL<>{}.gradient(logarithms(), counts()),
             {0.41218031767503205, -0.15803013970713942, -0.125, 0.08002923068413681});
}

TEST_CASE("PoissonNLL with full adds Stirling's formula above 1") {
  PoissonNLL<Unreduced> loss;
  loss.full = true;
  check_near(loss(logarithms(), counts()),
             {1.6487212707001282, 1.3678794411714423, 1.2298687494210014, 1.4841984662796044}, 8);
  check_near(PoissonNLL<>{{true, true}}(logarithms(), counts()), 1.432666981893044);
  check_near(PoissonNLL<>{{true, true}}.gradient(logarithms(), counts()),
             {0.41218031767503205, -0.15803013970713942, -0.125, 0.08002923068413681});
  check_near(loss.value_and_gradient(logarithms(), counts()).first,
             {1.6487212707001282, 1.3678794411714423, 1.2298687494210014, 1.4841984662796044}, 8);
  check_near(loss(list({0, 0}), list({1, -3})), {1, 1}, 0);
}

TEST_CASE("PoissonNLL has PyTorch's values of rates") {
  check_near(PoissonNLL<Unreduced>{{false, true}}(rates(), counts()),
             {0.5, 18.32537056514804, 1.1901479710810836, 2.4171168481611933}, 8);
  check_near(PoissonNLL<>{{false, true}}(rates(), counts()), 5.608158846097579);
  check_near(PoissonNLL<>{{false, true}}.gradient(rates(), counts()),
             {0.25, -22727272.477272727, 0.0625000009375, -0.3749999947916668});
  check_near(PoissonNLL<>{{false, true, 0.1}}(rates(), counts()), 1.524134141615391);
}

TEST_CASE("PoissonNLL has PyTorch's values at the ends of its domain") {
  check_elements(PoissonNLL<Unreduced>{}, {-inf, -inf, inf, inf, NaN, 1}, {1, 0, 1, -1, 1, NaN},
                 {inf, NaN, NaN, inf, NaN, NaN}, {-1, 0, inf, inf, NaN, NaN});
  check_elements(PoissonNLL<Unreduced>{{false, false, 0.0}}, {-1, 0, NaN}, {1, 1, 1},
                 {NaN, inf, NaN}, {2, -inf, NaN});
}
