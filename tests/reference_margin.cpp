// SPDX-License-Identifier: BSL-1.0
// HingeEmbedding, SoftMargin, MarginRanking against PyTorch: data/reference.txt.
#include <eigenloss/losses/hinge_embedding.hpp>
#include <eigenloss/losses/margin_ranking.hpp>
#include <eigenloss/losses/soft_margin.hpp>

#include "support/reference.hpp"

using namespace reference;

namespace {

struct Ranking {
  template <class T, int Layout>
  static void run(const Case& c) {
    with_rank<0, 4>(c.input().rank(), [&](auto rank) {
      constexpr int R = decltype(rank)::value;
      check_reductions<eigenloss::MarginRanking, T, Layout, R, R == 2>(
          c, std::index_sequence<0, 1>{}, tensor<T, R, Layout>(c.arguments[0]),
          tensor<T, R, Layout>(c.arguments[1]), tensor<T, R, Layout>(c.arguments[2]));
    });
  }
};

}  // namespace

TEST_CASE("HingeEmbedding gives PyTorch's numbers") {
  check_loss<Pair<eigenloss::HingeEmbedding>>("HingeEmbedding");
}
TEST_CASE("SoftMargin gives PyTorch's numbers") {
  check_loss<Pair<eigenloss::SoftMargin>>("SoftMargin");
}
TEST_CASE("MarginRanking gives PyTorch's numbers") { check_loss<Ranking>("MarginRanking"); }
