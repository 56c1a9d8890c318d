// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/multi_label_margin.hpp>

#include "support/laws.hpp"

struct MultiLabelMargin : laws::Rows<laws::Prediction<2>, laws::Label<2>> {
  static constexpr const char* name = "MultiLabelMargin";
  static constexpr bool all_containers = true;
  template <class R>
  static auto loss() {
    return eigenloss::MultiLabelMargin<R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    laws::Plain labels = laws::filled({batch, features}, -1);
    for (laws::Index row = 0; row < batch && features > 1; ++row) {
      const laws::Index first = random.below(features), count = 1 + random.below(features - 1);
      for (laws::Index k = 0; k < count; ++k) {
        labels.numbers[static_cast<std::size_t>(row * features + k)] =
            static_cast<double>((first + k) % features);
      }
    }
    return {laws::never_one_apart(random, {batch, features}), labels};
  }
};

TEST_CASE("MultiLabelMargin obeys the laws") { laws::hold<MultiLabelMargin>(); }
