// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/losses/ctc_with_logits.hpp>

#include "support/laws.hpp"

struct CTCWithLogits
    : laws::Sequences<laws::Prediction<3>, laws::Label<2>, laws::Label<1>, laws::Label<1>> {
  static constexpr const char* name = "CTCWithLogits";
  static constexpr bool nan_has_gradient = false;
  template <class R>
  static auto loss() {
    return eigenloss::CTCWithLogits<R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    const laws::Index classes = features + 2;
    return {laws::predictions(random, {8, batch, classes}),
            laws::integers(random, {batch, 3}, 1, classes), laws::integers(random, {batch}, 6, 9),
            laws::integers(random, {batch}, 0, 4)};
  }
  // An average divides each sequence's loss by its target's length.
  static laws::Plain averaging(const laws::Inputs& in) {
    laws::Plain shares = in[3];
    for (double& length : shares.numbers) length = 1 / std::max(length, 1.0);
    return shares;
  }
};

TEST_CASE("CTCWithLogits obeys the laws") { laws::hold<CTCWithLogits>(); }
