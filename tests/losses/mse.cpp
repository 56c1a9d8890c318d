// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.mse_loss, in double.
#include <eigenloss/losses/mse.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

TEST_CASE("MSE has PyTorch's values under every reduction") {
  check_near(MSE<Unreduced>{}(X(), Y()), {0.25, 2.25, 12.25, 0});
  check_near(MSE<Sum>{}(X(), Y()), 14.75);
  check_near(MSE<>{}(X(), Y()), 3.6875);
  check_near(MSE<>{}.gradient(X(), Y()), {-0.25, -0.75, 1.75, 0});
  check_near(MSE<>{}(X().row(0), Y().row(0)), 1.25);
}

TEST_CASE("MSE's weight of the functional form is weighted(w) with WeightedMean") {
  check_near(MSE<Sum>{}.weighted(W())(X(), Y()), 41.5);
  check_near(MSE<WeightedMean>{}.weighted(W())(X(), Y()), 4.15);
  check_near(MSE<WeightedMean>{}.weighted(W()).gradient(X(), Y()),
             {-0.1, -0.6000000000000001, 2.1000000000000005, 0});
}

TEST_CASE("MSE under RootMean is RMSE, with the gradient 0 at 0") {
  check_near(MSE<RootMean>{}(X(), Y()), std::sqrt(3.6875));
  check_near(MSE<RootMean>{}(X(), X()), 0);
  check_near(MSE<RootMean>{}.gradient(X(), X()), {0, 0, 0, 0}, 0);
}

TEST_CASE("MSE never swallows NaN, and takes infinity as it is") {
  check_elements(MSE<Unreduced>{}, {NaN, 1, inf, -inf, inf}, {1, NaN, 1, 1, inf},
                 {NaN, NaN, inf, inf, NaN}, {NaN, NaN, inf, -inf, NaN});
}
