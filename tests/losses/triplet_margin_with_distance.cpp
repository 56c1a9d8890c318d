// SPDX-License-Identifier: BSL-1.0
#include <eigenloss/losses/triplet_margin_with_distance.hpp>

#include "support/rows.hpp"

using namespace eigenloss;
using namespace rows;

namespace {

const std::vector<double> kA = {0, 1, 2}, kP = {1, 3, 2.5}, kN = {.5, 0, 2.2}, kN2 = {.5, 2.5, 2.2};

// Distances as a user writes them. The value alone:
struct Chord {
  double stretch = 2;
  template <class V>
  V term(const V& u, const V& v) const {
    return detail::square(V(stretch) * (u - v));
  }
  template <class V>
  V finish(const V& sum) const {
    return sqrt(V(1) + sum) - V(1);
  }
};
// with slopes of its own,
struct ChordWithSlopes : Chord {
  template <class V>
  std::array<V, 2> term_slope(const V& u, const V& v) const {
    const V slope = V(2 * stretch * stretch) * (u - v);
    return {{slope, -slope}};
  }
  template <class V>
  V finish_slope(const V& sum) const {
    return V(.5) / sqrt(V(1) + sum);
  }
};
// and of two sums: the share of what differs.
struct Canberra {
  template <class V>
  std::array<V, 2> term(const V& u, const V& v) const {
    return {{abs(u - v), abs(u) + abs(v)}};
  }
  template <class V>
  V finish(const std::array<V, 2>& sum) const {
    return sum[0] / sum[1];
  }
};

template <class Distance>
void check_differences(const TripletMarginWithDistance<Mean, Distance>& loss) {
  std::vector<double> x[3] = {kA, kP, {.6, 2.2, 2.25}};
  const auto value = [&] {
    return loss(vector<double>(x[0]), vector<double>(x[1]), vector<double>(x[2]));
  };
  const auto g = loss.gradient(vector<double>(x[0]), vector<double>(x[1]), vector<double>(x[2]));
  constexpr double step = 1e-6;
  for (std::size_t which = 0; which < 3; ++which) {
    const auto& gradient = which == 0   ? std::get<0>(g)
                           : which == 1 ? std::get<1>(g)
                                        : std::get<2>(g);
    for (std::size_t i = 0; i < 3; ++i) {
      const double at = x[which][i] += .01;  // away from the kink of |u| at 0
      const auto here =
          loss.gradient(vector<double>(x[0]), vector<double>(x[1]), vector<double>(x[2]));
      const auto& slope = which == 0   ? std::get<0>(here)
                          : which == 1 ? std::get<1>(here)
                                       : std::get<2>(here);
      x[which][i] = at + step;
      const double above = value();
      x[which][i] = at - step;
      const double below = value();
      x[which][i] = at - .01;
      check_number(slope(Eigen::Index(i)), (above - below) / (2 * step), 1e-7);
    }
    CHECK(gradient.size() == 3);
  }
}

}  // namespace

// Golden numbers: torch.nn.TripletMarginWithDistanceLoss, PyTorch 2.13.0, double; SEMANTICS 2.23.
TEST_CASE("TripletMarginWithDistance: PyTorch's values and gradients") {
  const auto a = vector<double>(kA), p = vector<double>(kP), n = vector<double>(kN);
  check_number(TripletMarginWithDistance<>{}(a, p, n), 2.1555043866562174);
  const TripletMarginWithDistance<Mean, Manhattan> manhattan;
  const auto [value, g] = manhattan.value_and_gradient(a, p, n);
  check_number(value, 2.8);
  check_list(std::get<0>(g), {0, -2, 0});
  check_list(std::get<1>(g), {1, 1, 1});
  check_list(std::get<2>(g), {-1, 1, -1});
}

TEST_CASE("TripletMarginWithDistance: swap and margin") {
  TripletMarginWithDistance<Mean, Manhattan> loss;
  loss.margin = .5;
  loss.swap = true;
  const auto [value, g] =
      loss.value_and_gradient(vector<double>(kA), vector<double>(kP), vector<double>(kN2));
  check_number(value, 2.7);
  check_list(std::get<0>(g), {-1, -1, -1});
  check_list(std::get<1>(g), {0, 0, 0});
  check_list(std::get<2>(g), {1, 1, 1});
}

TEST_CASE("TripletMarginWithDistance: half of each slope at a tie, the full slope at a loss of 0") {
  TripletMarginWithDistance<Mean, SquaredEuclidean> loss;
  loss.swap = true;
  const auto tie =
      loss.gradient(vector<double>({1, 0}), vector<double>({-1, 0}), vector<double>({0, 1}));
  check_list(std::get<0>(tie), {3, 1});
  check_list(std::get<1>(tie), {-3, 1});
  check_list(std::get<2>(tie), {0, -2});
  TripletMarginWithDistance<Mean, Manhattan> manhattan;
  const auto kink =
      manhattan.value_and_gradient(vector<double>({0}), vector<double>({1}), vector<double>({2}));
  CHECK(kink.first == 0);
  check_list(std::get<1>(kink.second), {1});
}

TEST_CASE("TripletMarginWithDistance: slopes of every distance are the differences of the value") {
  check_differences(TripletMarginWithDistance<>{});
  check_differences(TripletMarginWithDistance<Mean, SquaredEuclidean>{});
  check_differences(TripletMarginWithDistance<Mean, Manhattan>{});
  check_differences(TripletMarginWithDistance<Mean, Cosine>{});
  check_differences(TripletMarginWithDistance<Mean, Chord>{});
  check_differences(TripletMarginWithDistance<Mean, ChordWithSlopes>{});
  check_differences(TripletMarginWithDistance<Mean, Canberra>{});
  TripletMarginWithDistance<Mean, Cosine> swapped;
  swapped.swap = true;
  check_differences(swapped);
}

TEST_CASE("TripletMarginWithDistance: the cosine distance is 1 - cos, also of the zero vector") {
  const TripletMarginWithDistance<Mean, Cosine> loss;
  const auto a = vector<double>({1, 0}), zero = vector<double>({0, 0});
  check_number(loss(a, vector<double>({0, 2}), vector<double>({3, 0})), 2);
  const auto [value, g] = loss.value_and_gradient(a, zero, vector<double>({3, 0}));
  check_number(value, 2);
  check_list(std::get<1>(g), {-1e8, 0});
}

TEST_CASE("TripletMarginWithDistance: both layouts, batches, options of the distance, skip, half") {
  in_both_layouts([](auto layout) {
    const auto a = matrix<float, layout>({kA, kA}), p = matrix<float, layout>({kP, kP});
    const auto n = matrix<float, layout>({kN, kN2});
    TripletMarginWithDistance<Unreduced, Manhattan> loss;
    loss.distance.eps = .001;
    Eigen::Tensor<float, 2, layout> g(2, 3);
    const Eigen::Tensor<float, 1, layout> value = loss.value_and_gradient(a, p, n, skip, skip, g);
    check_list(value, {2.798, 2.3}, 1e-6);
    check_list(g, {-1, 1, -1, -1, -1, -1}, 1e-6);
    const Eigen::Tensor<Eigen::half, 2, layout> h = a.template cast<Eigen::half>();
    check_list(loss(h, h, h), {1, 1}, 1e-6);
  });
}

TEST_CASE("TripletMarginWithDistance: errors name the loss, not its template arguments") {
  const auto a = vector<double>(kA);
  TripletMarginWithDistance<> loss;
  CHECK(
      error_of([&] {
        loss(a, a, vector<double>({1, 2}));
      }) ==
      "eigenloss::TripletMarginWithDistance: negative has shape (2), expected that of the anchor, "
      "(3)");
  loss.margin = -1;
  CHECK(error_of([&] { loss(a, a, a); }) ==
        "eigenloss::TripletMarginWithDistance: margin = -1 is not greater than 0");
}
