// SPDX-License-Identifier: BSL-1.0
// Golden values: PyTorch 2.13.0, torch.nn.functional.kl_div, in double.
#include <eigenloss/losses/kl_div.hpp>

#include "support/samples.hpp"

using namespace eigenloss;
using namespace samples;

namespace {
Table logs() { return table(3, {-1, -2, -.5, -.3, -3, 0}); }
Table probabilities() { return table(3, {.2, 0, .8, .1, .5, .4}); }
Table log_probabilities() { return table(3, {-.2, -1, -3, 0, -.5, -2}); }
}  // namespace

TEST_CASE("KLDiv has PyTorch's values") {
  check_near(KLDiv<Unreduced>{}(logs(), probabilities()),
             {-0.12188758248682008, 0, 0.22148515894863224, -0.20025850929940456,
              1.1534264097200273, -0.366516292749662});
  check_near(KLDiv<>{}(logs(), probabilities()), 0.1143748640221288);
  check_near(KLDiv<BatchMean>{}(logs(), probabilities()), 0.3431245920663864);
  check_near(KLDiv<BatchMean>{}.gradient(logs(), probabilities()),
             {-0.1, 0, -0.4, -0.05, -0.25, -0.2});
}

TEST_CASE("KLDiv with log_target has PyTorch's values") {
  KLDiv<Unreduced> loss;
  loss.log_target = true;
  check_near(loss(logs(), log_probabilities()),
             {0.6549846024623855, 0.36787944117144233, -0.12446767091965986, 0.3,
              1.5163266492815834, -0.2706705664732254});
  check_near(KLDiv<>{{true}}(logs(), log_probabilities()), 0.407342075920421);
  check_near(KLDiv<BatchMean>{{true}}(logs(), log_probabilities()), 1.222026227761263);
  check_near(KLDiv<BatchMean>{{true}}.gradient(logs(), log_probabilities()),
             {-0.4093653765389909, -0.18393972058572117, -0.024893534183931972, -0.5,
              -0.3032653298563167, -0.06766764161830635});
  check_near(KLDiv<Sum>{{true}}.value_and_gradient(logs(), log_probabilities()).second,
             {-0.8187307530779818, -0.36787944117144233, -0.049787068367863944, -1,
              -0.6065306597126334, -0.1353352832366127});
}

TEST_CASE("KLDiv of rank 0 has a batch of one") {
  Eigen::Tensor<double, 0> x, t;
  x() = -1;
  t() = .5;
  check_near(KLDiv<BatchMean>{}(x, t), 0.15342640972002736);
}

TEST_CASE("KLDiv is 0 where the target is 0, for every input but NaN") {
  check_elements(KLDiv<Unreduced>{}, {-inf, inf, -3, NaN}, {0, 0, -0.0, 0}, {0, 0, 0, NaN},
                 {0, 0, 0, 0});
  check_elements(KLDiv<Unreduced>{{true}}, {-inf, inf, -3, NaN}, {-inf, -inf, -inf, -inf},
                 {0, 0, 0, NaN}, {0, 0, 0, 0});
}

TEST_CASE("KLDiv is infinite where the input is impossible and the target is not") {
  check_elements(KLDiv<Unreduced>{}, {-inf}, {.5}, {inf}, {-.5});
}

TEST_CASE("KLDiv of a negative target or NaN is NaN") {
  check_elements(KLDiv<Unreduced>{}, {-1, NaN, -1}, {-.5, .5, NaN}, {NaN, NaN, NaN},
                 {.5, -.5, NaN});
}
