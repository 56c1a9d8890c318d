// SPDX-License-Identifier: BSL-1.0
// BCE, BCEWithLogits, PoissonNLL, KLDiv against PyTorch: data/reference.txt.
#include <eigenloss/losses/bce.hpp>
#include <eigenloss/losses/bce_with_logits.hpp>
#include <eigenloss/losses/kl_div.hpp>
#include <eigenloss/losses/poisson_nll.hpp>

#include "support/reference.hpp"

using namespace reference;

TEST_CASE("BCE gives PyTorch's numbers") { check_loss<Pair<eigenloss::BCE>>("BCE"); }
TEST_CASE("BCEWithLogits gives PyTorch's numbers") {
  check_loss<Pair<eigenloss::BCEWithLogits>>("BCEWithLogits");
}
TEST_CASE("PoissonNLL gives PyTorch's numbers") {
  check_loss<Pair<eigenloss::PoissonNLL>>("PoissonNLL");
}
TEST_CASE("KLDiv gives PyTorch's numbers") { check_loss<Pair<eigenloss::KLDiv>>("KLDiv"); }
