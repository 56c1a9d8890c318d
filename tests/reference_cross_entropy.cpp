// SPDX-License-Identifier: BSL-1.0
// CrossEntropy against PyTorch: data/reference.txt.
#include <eigenloss/losses/cross_entropy.hpp>

#include "support/reference.hpp"

using namespace reference;

namespace {

// Classes have the rank of the input less one, and for a rank-1 input may be a plain integer; probabilities have its shape.
template <template <class> class Loss, int FirstRank>
struct Classes {
  template <class T, int Layout>
  static void run(const Case& c) {
    using Label = std::conditional_t<std::is_same<T, float>::value, int, std::int64_t>;
    with_rank<FirstRank, 4>(c.input().rank(), [&](auto rank) {
      constexpr int R = decltype(rank)::value, Rows = R > 0 ? R - 1 : 0;
      const auto input = tensor<T, R, Layout>(c.arguments[0]);
      const std::index_sequence<0> wrt;
      if (c.arguments[1].kind == Kind::numbers) {
        return check_reductions<Loss, T, Layout, Rows, R == 2>(
            c, wrt, input, tensor<T, R, Layout>(c.arguments[1]));
      }
      const auto labels = tensor<Label, Rows, Layout>(c.arguments[1]);
      check_reductions<Loss, T, Layout, Rows, R == 2>(c, wrt, input, labels);
      if constexpr (R == 1) check_reductions<Loss, T, Layout, 0, false>(c, wrt, input, labels());
    });
  }
};

}  // namespace

TEST_CASE("CrossEntropy gives PyTorch's numbers") {
  check_loss<Classes<eigenloss::CrossEntropy, 1>>("CrossEntropy");
}
