// SPDX-License-Identifier: BSL-1.0
// CosineEmbedding, TripletMargin, TripletMarginWithDistance against PyTorch: data/reference.txt.
#include <eigenloss/losses/cosine_embedding.hpp>
#include <eigenloss/losses/triplet_margin.hpp>
#include <eigenloss/losses/triplet_margin_with_distance.hpp>

#include "support/reference.hpp"

using namespace reference;

namespace {

struct Cosine {
  template <class T, int Layout>
  static void run(const Case& c) {
    with_rank<1, 4>(c.input().rank(), [&](auto rank) {
      constexpr int R = decltype(rank)::value;
      check_reductions<eigenloss::CosineEmbedding, T, Layout, R - 1, R == 2>(
          c, std::index_sequence<0, 1>{}, tensor<T, R, Layout>(c.arguments[0]),
          tensor<T, R, Layout>(c.arguments[1]), tensor<T, R - 1, Layout>(c.arguments[2]));
    });
  }
};

template <template <class> class Loss, int FirstRank>
struct Triplet {
  template <class T, int Layout>
  static void run(const Case& c) {
    with_rank<FirstRank, 4>(c.input().rank(), [&](auto rank) {
      constexpr int R = decltype(rank)::value;
      check_reductions<Loss, T, Layout, (R > 0 ? R - 1 : 0), R == 2>(
          c, std::index_sequence<0, 1, 2>{}, tensor<T, R, Layout>(c.arguments[0]),
          tensor<T, R, Layout>(c.arguments[1]), tensor<T, R, Layout>(c.arguments[2]));
    });
  }
};

template <class R>
using WithEuclidean = eigenloss::TripletMarginWithDistance<R>;
template <class R>
using WithManhattan = eigenloss::TripletMarginWithDistance<R, eigenloss::Manhattan>;
template <class R>
using WithSquaredEuclidean = eigenloss::TripletMarginWithDistance<R, eigenloss::SquaredEuclidean>;

struct TripletWithDistance {
  template <class T, int Layout>
  static void run(const Case& c) {
    const auto distance = c.options.find("distance");
    if (distance == c.options.end()) {
      Triplet<WithEuclidean, 1>::run<T, Layout>(c);
    } else if (distance->second == "Manhattan") {
      Triplet<WithManhattan, 1>::run<T, Layout>(c);
    } else if (distance->second == "SquaredEuclidean") {
      Triplet<WithSquaredEuclidean, 1>::run<T, Layout>(c);
    } else {
      throw std::runtime_error("reference: unknown distance " + distance->second);
    }
  }
};

}  // namespace

TEST_CASE("CosineEmbedding gives PyTorch's numbers") { check_loss<Cosine>("CosineEmbedding"); }
TEST_CASE("TripletMargin gives PyTorch's numbers") {
  check_loss<Triplet<eigenloss::TripletMargin, 0>>("TripletMargin");
}
TEST_CASE("TripletMarginWithDistance gives PyTorch's numbers") {
  check_loss<TripletWithDistance>("TripletMarginWithDistance");
}
