// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>

#include "row_algorithms.hpp"

// More algorithms over rows, each one reading of them.
//
//   sum_and_transform(slope, f, rows...)   f gives a term and a slope at once: std::array<P, 2>; the
//           sum of the terms is returned, the slopes are written where they are wanted
//   maxima<n>(f, rows...)   the largest of each of f's std::array<P, n>; NaN if one is NaN, -inf if
//           there is none
namespace eigenloss {

template <class Slope, class F, class First, class... Rows>
[[gnu::flatten, gnu::noinline]] typename First::Walk::V sum_and_transform(const Slope& slope,
                                                                          const F& f,
                                                                          const First& first,
                                                                          const Rows&... rows) {
  if constexpr (!Slope::wanted) {
    (void)slope;
    return sum([&](const auto&... entries) { return f(entries...)[0]; }, first, rows...);
  } else {
    using Walk = typename First::Walk;
    using P = typename Walk::P;
    const F formula = f;  // a copy, as what rows open to
    detail::ChunkedSums<Walk, 1> sum;
    detail::walk<Walk>(
        0, first.size(),
        [&](detail::Index begin, detail::Index count) {
          return [&, to = slope.open(begin, count)](int strand, detail::Index i, auto lanes,
                                                    const auto&... entries) {
            const std::array<P, 2> both = formula(entries...);
            sum.add(strand, {{both[0]}}, lanes);
            to.store(i, lanes, both[1]);
          };
        },
        [&](detail::Index begin, detail::Index count) {
          slope.close(begin, count);
          sum.end_chunk();
        },
        first, rows...);
    return sum.totals()[0];
  }
}

template <std::size_t N, class F, class First, class... Rows>
[[gnu::flatten, gnu::noinline]] auto maxima(const F& f, const First& first, const Rows&... rows) {
  using Walk = typename First::Walk;
  using P = typename Walk::P;
  P largest[N][Walk::strands];
#pragma GCC unroll 8
  for (std::size_t n = 0; n < N; ++n) {
    for (auto& strand : largest[n]) strand = P(-detail::infinity<typename Walk::Number>());
  }
  detail::walk<Walk>(
      0, first.size(),
      [&](detail::Index, detail::Index) {
        return [&](int strand, detail::Index, auto,
                   const auto&... entries) {  // missing lanes repeat the last one
          const std::array<P, N> terms = f(entries...);
#pragma GCC unroll 8
          for (std::size_t n = 0; n < N; ++n) {
            const P& before = largest[n][strand];
            largest[n][strand] =
                where((before < terms[n]) | (terms[n] != terms[n]), terms[n], before);
          }
        };
      },
      [](detail::Index, detail::Index) {}, first, rows...);
  std::array<typename Walk::V, N> result;
#pragma GCC unroll 8
  for (std::size_t n = 0; n < N; ++n) {  // Walk::maximum leaves open what becomes of NaN
    P nan[Walk::strands];
#pragma GCC unroll 8
    for (int k = 0; k < Walk::strands; ++k) {
      nan[k] = where(largest[n][k] == largest[n][k], P(0), largest[n][k]);
    }
    result[n] = Walk::maximum(largest[n]) + Walk::sum(Walk::sum_of_strands(nan));
  }
  return result;
}

}  // namespace eigenloss
