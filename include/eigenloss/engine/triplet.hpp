// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <tuple>
#include <type_traits>

#include "distance_of_sums.hpp"
#include "row_passes.hpp"

// The triplet margin loss of rows, for any distance: a reading for the distances, a reading for the
// slopes.
namespace eigenloss {
namespace detail {

// l = max(0, margin + d(a, p) - d(a, n)) of the three distances of a row, and the factors of their
// slopes.
template <bool Swap, class V>
struct TripletHinge {
  V loss, factor[3];

  TripletHinge(double margin, const V* distance) {
    V nearer = distance[1], share(1);
    if constexpr (Swap) {
      nearer = where((distance[2] < distance[1]) | (distance[2] != distance[2]), distance[2],
                     distance[1]);
      share =
          where(distance[1] < distance[2], V(1), where(distance[2] < distance[1], V(0), V(0.5)));
    }
    const V z = V(margin) + distance[0] - nearer;
    loss = positive_part(z);
    const V active =
        where(z >= V(0), V(1), V(0));  // 1 at the kink; NaN comes from the distance that has it
    factor[0] = active;
    factor[1] = -active * share;
    factor[2] = active * (share - V(1));
  }
};

// A formula pair(u, v, k) at the pairs of three entries: (a, p), (a, n) and, where it counts, (p,
// n).
template <bool Swap, class Pair>
struct AtEachPair {
  static constexpr std::size_t pairs = Swap ? 3 : 2;
  Pair pair;

  template <class P>
  EIGEN_STRONG_INLINE auto operator()(const P& a, const P& p, const P& n) const {
    using One = std::decay_t<decltype(pair(a, p, 0))>;
    if constexpr (Swap) {
      return std::array<One, 3>{{pair(a, p, 0), pair(a, n, 1), pair(p, n, 2)}};
    } else {
      return std::array<One, 2>{{pair(a, p, 0), pair(a, n, 1)}};
    }
  }
};
// The terms of a formula with N of them, one pair after the other.
template <std::size_t N, bool Swap, class Pair>
struct TermsOfPairs {
  AtEachPair<Swap, Pair> at;

  template <class P>
  EIGEN_STRONG_INLINE auto operator()(const P& a, const P& p, const P& n) const {
    const auto terms = at(a, p, n);
    std::array<P, N * AtEachPair<Swap, Pair>::pairs> flat;
    for (std::size_t k = 0; k < flat.size(); ++k) flat[k] = terms[k / N][k % N];
    return flat;
  }
};
// The slopes of an entry of a, p and n, from those of the pairs.
template <bool Swap, class Pair>
struct SlopesOfPairs {
  AtEachPair<Swap, Pair> at;

  template <class P>
  EIGEN_STRONG_INLINE std::array<P, 3> operator()(const P& a, const P& p, const P& n) const {
    const auto pair = at(a, p, n);
    std::array<P, 3> result{{pair[0][0] + pair[1][0], pair[0][1], pair[1][1]}};
    if constexpr (Swap) {
      result[1] += pair[2][0];
      result[2] += pair[2][1];
    }
    return result;
  }
};

template <bool Swap, class Distance, class A, class B, class C, class... Slopes,
          std::enable_if_t<!std::is_same<Distance, ExtremeNorm>::value, int> = 0>
typename A::V triplet_row(const Distance& distance, double margin, const A& a, const B& p,
                          const C& n, const std::tuple<Slopes&...>& slopes) {
  using V = typename A::V;
  using P = typename A::P;
  using D = DistanceOfSums<Distance, typename A::Walk>;
  constexpr std::size_t sums_of_one = D::sums, pairs = Swap ? 3 : 2;
  const auto term = [&](const P& u, const P& v, int) { return in_array(distance.term(u, v)); };
  const TermsOfPairs<sums_of_one, Swap, decltype(term)> terms{{term}};
  const auto all = sums<pairs * sums_of_one>(terms, a, p, n);
  typename D::Sums sum[pairs];
  V distances[pairs];
  for (std::size_t k = 0; k < pairs; ++k) {
    for (std::size_t m = 0; m < sums_of_one; ++m) sum[k][m] = all[k * sums_of_one + m];
    distances[k] = D::finish(distance, sum[k]);
  }
  const TripletHinge<Swap, V> hinge(margin, distances);
  if constexpr ((Slopes::wanted || ...)) {
    std::array<P, sums_of_one> factors[pairs];
    for (std::size_t k = 0; k < pairs; ++k) {
      factors[k] = D::finish_slope(distance, sum[k], hinge.factor[k]);
    }
    const auto slope = [&](const P& u, const P& v, int k) {
      return D::slope(distance, u, v, factors[k]);
    };
    transform(slopes, SlopesOfPairs<Swap, decltype(slope)>{{slope}}, a, p, n);
  }
  (void)slopes;
  return hinge.loss;
}

// The same for the largest or smallest difference, which is no sum.
template <bool Swap, class A, class B, class C, class... Slopes>
typename A::V triplet_row(const ExtremeNorm& norm, double margin, const A& a, const B& p,
                          const C& n, const std::tuple<Slopes&...>& slopes) {
  using V = typename A::V;
  using P = typename A::P;
  constexpr std::size_t pairs = Swap ? 3 : 2;
  const P eps(norm.eps), toward(norm.largest ? 1 : -1);
  const auto size = [&](const P& u, const P& v, int) { return toward * abs(u - v + eps); };
  const auto extreme = maxima<pairs>(AtEachPair<Swap, decltype(size)>{size}, a, p, n);
  V distances[pairs];
  P extremes[pairs], factors[pairs];
  for (std::size_t k = 0; k < pairs; ++k) {
    distances[k] = norm.largest ? extreme[k] : -extreme[k];
    extremes[k] = spread(a, extreme[k]);
  }
  const TripletHinge<Swap, V> hinge(margin, distances);
  if constexpr ((Slopes::wanted || ...)) {
    const auto reached = [&](const P& u, const P& v, int k) {
      return where(size(u, v, k) == extremes[k], P(1), P(0));
    };
    const auto count = sums<pairs>(AtEachPair<Swap, decltype(reached)>{reached}, a, p, n);
    for (std::size_t k = 0; k < pairs; ++k) factors[k] = spread(a, hinge.factor[k] / count[k]);
    const auto slope = [&](const P& u, const P& v, int k) {
      const P by_u = factors[k] * where(size(u, v, k) == extremes[k], sign(u - v + eps), P(0));
      return std::array<P, 2>{{by_u, -by_u}};
    };
    transform(slopes, SlopesOfPairs<Swap, decltype(slope)>{{slope}}, a, p, n);
  }
  (void)slopes, (void)factors, (void)extremes;
  return hinge.loss;
}

}  // namespace detail
}  // namespace eigenloss
