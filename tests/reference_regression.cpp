// SPDX-License-Identifier: BSL-1.0
// L1, MSE, SmoothL1, Huber against PyTorch: data/reference.txt.
#include <eigenloss/losses/huber.hpp>
#include <eigenloss/losses/l1.hpp>
#include <eigenloss/losses/mse.hpp>
#include <eigenloss/losses/smooth_l1.hpp>

#include "support/reference.hpp"

using namespace reference;

TEST_CASE("L1 gives PyTorch's numbers") { check_loss<Pair<eigenloss::L1>>("L1"); }
TEST_CASE("MSE gives PyTorch's numbers") { check_loss<Pair<eigenloss::MSE>>("MSE"); }
TEST_CASE("SmoothL1 gives PyTorch's numbers") { check_loss<Pair<eigenloss::SmoothL1>>("SmoothL1"); }
TEST_CASE("Huber gives PyTorch's numbers") { check_loss<Pair<eigenloss::Huber>>("Huber"); }

TEST_CASE("No case of the reference is for an unknown loss") {
  const std::string known =
      " L1 MSE SmoothL1 Huber BCE BCEWithLogits PoissonNLL GaussianNLL KLDiv HingeEmbedding "
      "SoftMargin"
      " MarginRanking CrossEntropy NLL MultiMargin MultiLabelMargin MultiLabelSoftMargin "
      "CosineEmbedding"
      " TripletMargin TripletMarginWithDistance CTC CTCWithLogits ";
  for (const Case& c : file().cases) {
    if (known.find(" " + c.loss + " ") == std::string::npos) FAIL_CHECK("unknown loss " << c.loss);
  }
  CHECK(static_cast<int>(file().cases.size()) == file().counts.at("total"));
}
