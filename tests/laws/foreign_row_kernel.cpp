// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <cstdint>
#include <eigenloss/engine/rowwise.hpp>
#include <eigenloss/engine/softmax.hpp>

#include "support/laws.hpp"

namespace foreign {

// The focal loss, as examples/own_row_kernel.cpp has it.
struct Focal {
  double gamma = 2.0;
  std::int64_t axis = 1;

  template <class Row, class Label, class Slope>
  typename Row::V row(const Row& x, const Label& y, const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const eigenloss::Softmax<Row, Slope> softmax(x, slope);
    const V log_p = (at(x, y) - softmax.maximum) - softmax.log_total;
    const V p = exp(log_p), miss = V(1) - p;
    const V focus = pow(miss, V(gamma));
    const V steeper = V(gamma) * pow(miss, V(gamma - 1)) * p * log_p;
    const P factor = spread(x, focus - steeper);
    softmax.transform_slope(
        slope, [&](const P& s, const P& is_y) { return factor * (s - is_y); }, one_hot(x, y));
    return -focus * log_p;
  }
};

}  // namespace foreign

struct Focal : laws::Rows<laws::Prediction<2>, laws::Label<1>> {
  static constexpr const char* name = "Focal";
  template <class R>
  static auto loss() {
    return eigenloss::Rowwise<foreign::Focal, R>{};
  }
  static laws::Inputs inputs(laws::Random& random, laws::Index batch, laws::Index features) {
    return {laws::predictions(random, {batch, features}),
            laws::integers(random, {batch}, 0, features)};
  }
};

TEST_CASE("a user's focal loss obeys the laws") { laws::hold<Focal>(); }
