// SPDX-License-Identifier: BSL-1.0
// CTC, CTCWithLogits against PyTorch and an enumeration in 50 digits: data/reference.txt.
#include <eigenloss/losses/ctc.hpp>
#include <eigenloss/losses/ctc_with_logits.hpp>

#include "support/reference.hpp"

using namespace reference;

namespace {

// (T, N, C) with targets padded or concatenated, or (T, C) with plain integers for the lengths.
template <template <class> class Loss>
struct Sequences {
  template <class T, int Layout>
  static void run(const Case& c) {
    using Label = std::conditional_t<std::is_same<T, float>::value, int, std::int64_t>;
    const std::index_sequence<0> wrt;
    if (c.input().rank() == 2) {
      const auto length = [&](std::size_t k) {
        return static_cast<Label>(c.arguments[k].values[0]);
      };
      return check_reductions<Loss, T, Layout, 0, false>(
          c, wrt, tensor<T, 2, Layout>(c.arguments[0]), tensor<Label, 1, Layout>(c.arguments[1]),
          length(2), length(3));
    }
    const auto run = [&](const auto& targets) {
      check_reductions<Loss, T, Layout, 1, true>(c, wrt, tensor<T, 3, Layout>(c.arguments[0]),
                                                 targets, tensor<Label, 1, Layout>(c.arguments[2]),
                                                 tensor<Label, 1, Layout>(c.arguments[3]));
    };
    if (c.arguments[1].rank() == 2) return run(tensor<Label, 2, Layout>(c.arguments[1]));
    run(tensor<Label, 1, Layout>(c.arguments[1]));
  }
};

}  // namespace

TEST_CASE("CTC gives PyTorch's numbers") { check_loss<Sequences<eigenloss::CTC>>("CTC"); }
TEST_CASE("CTCWithLogits gives PyTorch's numbers") {
  check_loss<Sequences<eigenloss::CTCWithLogits>>("CTCWithLogits");
}
