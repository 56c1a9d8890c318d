// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>

#include "computed_rows.hpp"
#include "row.hpp"
#include "row_sums.hpp"
#include "slope.hpp"

// The algorithms that row kernels are written over. Each reads its rows once, from end to end.
//
//   sum(f, rows...)              the sum of f(entries...) over the entries: one number per row (V)
//   sums<n>(f, rows...)          n sums at once, of f's std::array<P, n>
//   maximum(row)                 the largest entry (NaN: unspecified)
//   transform(slope, f, rows...) slope = f(entries...); nothing where no gradient is wanted
//   transform(std::tie(slopes...), f, rows...)   several slopes, from f's std::array
//   at(row, label)               the entry at each row's label
//   fill(slope, row, number)     every slope = number, without reading the row
//   replace(slope, label, was, now)   changes the slope at each row's label
//   one_hot(row, label)          a row that is 1 at the label and 0 elsewhere
//   class_weights(row, weights)  a row of the class weights, 1 where there are none
//   class_weight(row, weights, label)   that of each row's label
//   spread(row, v)               a pack of entries (P) of a number per row (V)
//   Softmax                      exp(x - maximum) and its sum, for one exponential an entry
// f takes packs of entries of the rows, and where(condition, a, b) takes the place of if; transform
// copies it, so that what it captures by value stays in registers. Each walk is a function of its own
// with all it calls: two in one take registers from each other.
// From another namespace, sums needs its full name in C++17: eigenloss::sums<2>(f, a, b).
namespace eigenloss {
namespace detail {

// Slopes that nobody asked for take part in a walk without doing anything.
template <class Slope>
auto open(const Slope& slope, Index begin, Index count) {
  if constexpr (Slope::wanted) {
    return slope.open(begin, count);
  } else {
    (void)begin, (void)count;
    return slope;
  }
}
template <class Opened, class Lanes, class P>
EIGEN_STRONG_INLINE void store(const Opened& slope, Index i, Lanes lanes, const P& pack) {
  if constexpr (!std::is_same<Opened, NoSlope>::value) slope.store(i, lanes, pack);
  (void)slope, (void)i, (void)lanes, (void)pack;
}
template <class Slope>
void close(const Slope& slope, Index begin, Index count) {
  if constexpr (Slope::wanted) slope.close(begin, count);
  (void)slope, (void)begin, (void)count;
}

// Walks chunk by chunk: `open` begins a chunk and returns its step, as in Walk::steps, which needs no
// strands where nothing is summed; `close` ends it.
template <class Walk, bool Slots = true, class Open, class Close, class... Rows>
EIGEN_STRONG_INLINE void walk(Index begin, Index end, const Open& open, const Close& close,
                              const Rows&... rows) {
  constexpr Index chunk =
      Walk::across ? tile_steps<typename Walk::Number> : row_chunk<typename Walk::Number>;
  for (Index first = begin; first < end; first += chunk) {
    const Index count = (std::min)(chunk, end - first);
    Walk::template steps<Slots>(count, open(first, count), rows.open(first, count)...);
    close(first, count);
  }
}

template <std::size_t N, class F, class First, class... Rows>
[[gnu::flatten, gnu::noinline]] auto sums_between(Index begin, Index end, const F& f,
                                                  const First& first, const Rows&... rows) {
  using Walk = typename First::Walk;
  ChunkedSums<Walk, N> sums;
  walk<Walk>(
      begin, end,
      [&](Index, Index) {
        return [&](int strand, Index, auto lanes, const auto&... entries) {
          sums.add(strand, f(entries...), lanes);
        };
      },
      [&](Index, Index) { sums.end_chunk(); }, first, rows...);
  return sums.totals();
}

template <class First>
[[gnu::flatten, gnu::noinline]] auto maximum_between(Index begin, Index end, const First& row) {
  using Walk = typename First::Walk;
  using P = typename Walk::P;
  P largest[Walk::strands];
  for (auto& strand : largest) strand = P(-infinity<typename Walk::Number>());
  walk<Walk>(
      begin, end,
      [&](Index, Index) {
        return [&](int strand, Index, auto, const P& entries) {
          largest[strand] = larger(largest[strand], entries);
        };
      },
      [](Index, Index) {}, row);
  return Walk::maximum(largest);
}

}  // namespace detail

/// N sums at once over the entries of rows, of f's std::array of N terms.
template <std::size_t N, class F, class First, class... Rows>
auto sums(const F& f, const First& first, const Rows&... rows) {
  return detail::sums_between<N>(0, first.size(), f, first, rows...);
}

/// The sum of f(entries...) over the entries of rows: one number per row.
template <class F, class First, class... Rows>
auto sum(const F& f, const First& first, const Rows&... rows) {
  using P = typename First::Walk::P;
  return sums<1>([&](const auto&... entries) { return std::array<P, 1>{{f(entries...)}}; }, first,
                 rows...)[0];
}

/// The largest entry of a row (NaN: unspecified).
template <class Row>
auto maximum(const Row& row) {
  return detail::maximum_between(0, row.size(), row);
}

/// A pack of entries, from a number per row.
template <class Row>
EIGEN_STRONG_INLINE typename Row::P spread(const Row&, const typename Row::V& number) {
  return Row::Walk::spread(number);
}

/// Fills slopes with f(entries...); does nothing where no gradient is wanted.
template <class... Slopes, class F, class First, class... Rows>
[[gnu::flatten, gnu::noinline]] void transform(const std::tuple<Slopes&...>& slopes, const F& f,
                                               const First& first, const Rows&... rows) {
  if constexpr ((Slopes::wanted || ...)) {
    const F formula = f;  // a copy, as what rows open to
    detail::walk<typename First::Walk, false>(
        0, first.size(),
        [&](detail::Index begin, detail::Index count) {
          const auto open = [&](auto&... slope) {
            return std::make_tuple(detail::open(slope, begin, count)...);
          };
          return [&formula, to = std::apply(open, slopes)](int, detail::Index i, auto lanes,
                                                           const auto&... entries) {
            const auto results = formula(entries...);
            std::size_t k = 0;
            std::apply([&](auto&... slope) { (detail::store(slope, i, lanes, results[k++]), ...); },
                       to);
          };
        },
        [&](detail::Index begin, detail::Index count) {
          std::apply([&](auto&... slope) { (detail::close(slope, begin, count), ...); }, slopes);
        },
        first, rows...);
  }
}
/// Fills slopes with f(entries...); does nothing where no gradient is wanted.
template <class Slope, class F, class First, class... Rows>
void transform(const Slope& slope, const F& f, const First& first, const Rows&... rows) {
  using P = typename First::Walk::P;
  transform(
      std::tie(slope), [f](const auto&... entries) { return std::array<P, 1>{{f(entries...)}}; },
      first, rows...);
}

/// The entry at each row's label.
template <class Row, class Walk>
typename Walk::V at(const Row& row, const detail::Label<Walk>& label) {
  return row.at(label);
}

/// Every slope = number, without reading a row.
template <class Slope, class Row>
void fill(const Slope& slope, const Row& row, const typename Row::P& number) {
  transform(
      slope, [](const typename Row::P& same) { return same; },
      detail::Constant<typename Row::Walk>(number, row.size()));
}

/// After `transform`: the slope at each row's label becomes `now` where it was `was`.
template <class Slope, class Walk, class V>
void replace(const Slope& slope, const detail::Label<Walk>& label, const V& was, const V& now) {
  if constexpr (Slope::wanted) slope.replace(label, was, now);
  (void)slope, (void)label, (void)was, (void)now;
}

/// A row that is 1 at the label and 0 elsewhere.
template <class Row, class Walk = typename Row::Walk>
detail::OneHot<Walk> one_hot(const Row& row, const detail::Label<Walk>& label) {
  return detail::OneHot<Walk>(label, row.size());
}

/// A row of the class weights, 1 where there are none.
template <class Row, class Walk = typename Row::Walk>
detail::ClassWeights<Walk> class_weights(const Row& row, const Eigen::ArrayXd& weights) {
  return detail::ClassWeights<Walk>(weights, row.size());
}

/// The class weight of each row's label, 1 where there are none.
template <class Row, class Walk = typename Row::Walk>
typename Walk::V class_weight(const Row&, const Eigen::ArrayXd& weights,
                              const detail::Label<Walk>& label) {
  using T = typename Walk::Number;
  if (weights.size() == 0) return typename Walk::V(1);
  T numbers[Walk::V::lanes];
  for (int k = 0; k < Walk::V::lanes; ++k) {
    numbers[k] = T(weights[static_cast<Eigen::Index>(label.classes[k])]);
  }
  return Walk::V::load(numbers);
}

// Rows, slopes and labels live in detail: there their kernels, in whatever namespace, find the
// algorithms.
namespace detail {
using eigenloss::at, eigenloss::class_weight, eigenloss::class_weights, eigenloss::fill,
    eigenloss::maximum, eigenloss::one_hot, eigenloss::replace, eigenloss::spread, eigenloss::sum,
    eigenloss::transform;
}  // namespace detail

}  // namespace eigenloss
