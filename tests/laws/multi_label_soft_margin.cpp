// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/multi_label_soft_margin.hpp>

#include "support/laws.hpp"

struct MultiLabelSoftMargin : laws::Rows<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "MultiLabelSoftMargin";
  template <class R>
  static auto loss() {
    return eigenloss::MultiLabelSoftMargin<R>{};
  }
  template <class Loss>
  static void fit(Loss& loss, laws::Index classes) {
    loss.weight = Eigen::ArrayXd::LinSpaced(classes, 0.5, 2);
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::integers(random, {batch, features}, 0, 2)};
  }
};

TEST_CASE("MultiLabelSoftMargin obeys the laws") { laws::hold<MultiLabelSoftMargin>(); }
