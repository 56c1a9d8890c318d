// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../detail/dual.hpp"
#include "distances.hpp"
#include "kernel.hpp"

// A distance policy (distances.hpp) at work: its sums, the distance from them, and the slopes.
namespace eigenloss {
namespace detail {

template <class V>
std::array<V, 1> in_array(const V& number) {
  return {{number}};
}
template <class V, std::size_t N>
const std::array<V, N>& in_array(const std::array<V, N>& numbers) {
  return numbers;
}
// What a distance takes: a number where there is one sum, else the array.
template <class V>
const V& as_sum(const std::array<V, 1>& sums) {
  return sums[0];
}
template <class V, std::size_t N, std::enable_if_t<(N > 1), int> = 0>
const std::array<V, N>& as_sum(const std::array<V, N>& sums) {
  return sums;
}

// Whether it has a member `term`; a final class is taken at its word.
struct TermName {
  int term;
};
template <class D>
using TermMember = decltype(&D::term);
template <class Distance, bool = std::is_class<Distance>::value && !std::is_final<Distance>::value>
struct IsDistance : std::is_final<Distance> {};
template <class Distance>
struct IsDistance<Distance, true> : HasMember<Distance, TermName, TermMember> {};
// The distance or, after a sentence of the compiler, one that compiles.
template <class Distance>
struct CheckedDistance {
  static constexpr bool right = IsDistance<Distance>::value;
  static constexpr bool said = (check::distance<right>(), right);
  using type = std::conditional_t<said, Distance, Euclidean>;
};
template <class Distance>
using RightDistance = typename CheckedDistance<Distance>::type;

template <class Void, class Distance, class V>
struct HasTermSlope : std::false_type {};
template <class Distance, class V>
struct HasTermSlope<std::void_t<decltype(std::declval<const Distance&>().term_slope(
                        std::declval<const V&>(), std::declval<const V&>()))>,
                    Distance, V> : std::true_type {};
template <class Void, class Distance, class S>
struct HasFinish : std::false_type {};
template <class Distance, class S>
struct HasFinish<
    std::void_t<decltype(std::declval<const Distance&>().finish(std::declval<const S&>()))>,
    Distance, S> : std::true_type {};
template <class Void, class Distance, class S>
struct HasFinishSlope : std::false_type {};
template <class Distance, class S>
struct HasFinishSlope<
    std::void_t<decltype(std::declval<const Distance&>().finish_slope(std::declval<const S&>()))>,
    Distance, S> : std::true_type {};

// A distance that is finished from sums over the entries, at one pair of rows.
template <class Distance, class Walk>
struct DistanceOfSums {
  using V = typename Walk::V;
  using P = typename Walk::P;
  static constexpr std::size_t sums = std::tuple_size<std::decay_t<decltype(in_array(
      std::declval<const Distance&>().term(std::declval<P>(), std::declval<P>())))>>::value;
  using Sums = std::array<V, sums>;
  using S = std::decay_t<decltype(as_sum(std::declval<const Sums&>()))>;

  static V finish(const Distance& distance, const Sums& all) {
    if constexpr (HasFinish<void, Distance, S>::value) {
      return distance.finish(as_sum(all));
    } else {
      return (void)distance, all[0];
    }
  }
  // The derivatives of the distance by its sums, times `factor`.
  static std::array<P, sums> finish_slope(const Distance& distance, const Sums& all,
                                          const V& factor) {
    Sums slopes;
    if constexpr (HasFinishSlope<void, Distance, S>::value) {
      slopes = in_array(distance.finish_slope(as_sum(all)));
    } else if constexpr (HasFinish<void, Distance, S>::value) {
      for (std::size_t n = 0; n < sums; ++n) {
        std::array<Dual<V>, sums> duals;
        for (std::size_t m = 0; m < sums; ++m) duals[m] = Dual<V>(all[m], V(m == n ? 1 : 0));
        slopes[n] = distance.finish(as_sum(duals)).slope;
      }
    } else {
      slopes[0] = V(1);
    }
    std::array<P, sums> result;
    for (std::size_t n = 0; n < sums; ++n) result[n] = Walk::spread(factor * slopes[n]);
    return (void)distance, (void)all, result;
  }
  // The slopes of the distance by one entry of each row.
  static EIGEN_STRONG_INLINE std::array<P, 2> slope(const Distance& distance, const P& u,
                                                    const P& v,
                                                    const std::array<P, sums>& factors) {
    if constexpr (HasTermSlope<void, Distance, P>::value && sums == 1) {
      const std::array<P, 2> slopes = distance.term_slope(u, v);
      return {{factors[0] * slopes[0], factors[0] * slopes[1]}};
    } else if constexpr (HasTermSlope<void, Distance, P>::value) {
      const auto slopes = distance.term_slope(u, v);
      std::array<P, 2> result{{P(0), P(0)}};
      for (std::size_t n = 0; n < sums; ++n) {
        for (int side = 0; side < 2; ++side) result[side] += factors[n] * slopes[n][side];
      }
      return result;
    } else {
      const auto by_u = in_array(distance.term(Dual<P>(u, P(1)), Dual<P>(v)));
      const auto by_v = in_array(distance.term(Dual<P>(u), Dual<P>(v, P(1))));
      std::array<P, 2> result{{P(0), P(0)}};
      for (std::size_t n = 0; n < sums; ++n) {
        result[0] += factors[n] * by_u[n].slope;
        result[1] += factors[n] * by_v[n].slope;
      }
      return result;
    }
  }
};

}  // namespace detail
}  // namespace eigenloss
