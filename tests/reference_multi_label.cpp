// SPDX-License-Identifier: BSL-1.0
// MultiLabelMargin, MultiLabelSoftMargin against PyTorch: data/reference.txt.
#include <eigenloss/losses/multi_label_margin.hpp>
#include <eigenloss/losses/multi_label_soft_margin.hpp>

#include "support/reference.hpp"

using namespace reference;

TEST_CASE("MultiLabelMargin gives PyTorch's numbers") {
  check_loss<Pair<eigenloss::MultiLabelMargin, 0, true, int>>("MultiLabelMargin");
}
TEST_CASE("MultiLabelSoftMargin gives PyTorch's numbers") {
  check_loss<Pair<eigenloss::MultiLabelSoftMargin, 1, true>>("MultiLabelSoftMargin");
}
