// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "label_lists.hpp"
#include "label_margin.hpp"
#include "row_algorithms.hpp"

// The pairs of a target j and another class i, as LabelMargin has them, of the rows of a tile: every
// class is compared with label k of each row, and one that a row does not have is at infinity.
namespace eigenloss {
namespace detail {

template <class Row, class Lists, class Slope>
class LabelMarginTile {
 public:
  using Walk = typename Row::Walk;
  using T = typename Walk::Number;
  using P = typename Walk::P;

  LabelMarginTile(const Row& x, const Lists& lists, const Slope& slope)
      : x_(x), lists_(lists), slope_(slope), share_(T(1.0 / double(x.size()))) {}

  // The sum over all pairs of each row. Writes the slopes, divided by the number of classes.
  P sum() {
    read_targets();
    P total(0);
    for (Index begin = 0; begin < x_.size(); begin += tile_chunk) {
      total += chunk(begin, (std::min)(tile_chunk, x_.size() - begin));
    }
    if constexpr (Slope::wanted) {
      for (Index k = 0; k < lists_.longest(); ++k) replace_target(k);
    }
    // NaN everywhere, where there is a pair that reads it.
    const T nan = not_a_number<T>();
    const P lost = where((nan_ != nan_) & (others_ > P(0)) & (lists_.lengths() > P(0)), P(1), P(0));
    if (!any(lost > P(0))) return total;
    if constexpr (Slope::wanted) slope_.flood(lost, nan);
    return where(lost > P(0), P(nan), total);
  }

 private:
  static constexpr Index most = Lists::most;
  static constexpr Index group = Slope::wanted ? 2 : 4;  // targets that are compared at once

  // A number of each label k, for every row.
  template <class Number>
  P of_label(Index k, const Number& number) const {
    T numbers[P::lanes];
    for (Index lane = 0; lane < P::lanes; ++lane) {
      numbers[lane] = T(double(number(lists_.at(k).classes[lane])));
    }
    return P::load(numbers);
  }
  void read_targets() {
    const P lengths = lists_.lengths();
    for (Index k = 0; k < lists_.longest(); ++k) {
      shift_[k] = where(P(T(int(k))) < lengths, P(1) - x_.at(lists_.at(k)), P(-infinity<T>()));
      active_[k] = P(0);
      if constexpr (Slope::wanted) {
        high_[k] = of_label(k, [](std::int64_t c) { return c >> 12; });
        low_[k] = of_label(k, [](std::int64_t c) { return c & 0xfff; });
      }
    }
  }

  // The classes [begin, begin + count), at most tile_chunk.
  [[gnu::flatten, gnu::noinline]] P chunk(Index begin, Index count) {
    T others[tile_chunk * P::lanes], hits[tile_chunk * P::lanes];
    P at[most];
    for (Index k = 0; k < lists_.longest(); ++k) {
      at[k] = of_label(k, [begin](std::int64_t c) { return c - begin; });
    }
    const auto row = x_.open(begin, count);
    for (Index i = 0; i < count; ++i) {
      const P x = row.load(i, AllLanes{}), c = P(T(int(i)));
      auto target = c != c;
      for (Index k = 0; k < lists_.longest(); ++k) target = target | (at[k] == c);
      nan_ += where(x == x, P(0), x);
      others_ += where(target, P(0), P(1));
      where(target, P(-infinity<T>()), x).store(others + i * P::lanes);
      if constexpr (Slope::wanted) P(0).store(hits + i * P::lanes);
    }
    P sum(0);
    Index k = 0;
    for (; k + group <= lists_.longest(); k += group) sum += compare<group>(k, others, count, hits);
    for (; k < lists_.longest(); ++k) sum += compare<1>(k, others, count, hits);
    if constexpr (Slope::wanted) {
      const auto slope = slope_.open(begin, count);
      for (Index i = 0; i < count; ++i) {
        slope.store(i, AllLanes{}, P::load(hits + i * P::lanes) * P(share_));
      }
      slope_.close(begin, count);
    }
    return sum;
  }
  template <Index size>
  EIGEN_STRONG_INLINE P compare(Index k, const T* others, Index count, T* hits) {
    P active[size];
    for (P& number : active) number = P(0);
    const P sum =
        compare_group<Slope::wanted, size>(shift_ + k, others, count * P::lanes, active, hits);
    for (Index g = 0; g < size; ++g) active_[k + g] += active[g];
    return sum;
  }

  // The slope of label k, as often as it is listed; what stood there is 0 or, behind its first
  // listing, that slope.
  void replace_target(Index k) const {
    P active(0), before(0);
    for (Index j = 0; j < lists_.longest(); ++j) {
      const auto same = (high_[j] == high_[k]) & (low_[j] == low_[k]);
      active += where(same, active_[j], P(0));
      if (j < k) before += where(same, P(1), P(0));
    }
    const P slope = P(0) - active * P(share_);
    replace(slope_, lists_.at(k), where(before > P(0), slope, P(0)), slope);
  }

  const Row& x_;
  const Lists& lists_;
  const Slope& slope_;
  const T share_;
  P high_[most], low_[most];  // the class of each target, in two parts that are exact
  P shift_[most];             // 1 - its score
  P active_[most];            // classes i for each target
  P nan_ = P(0), others_ = P(0);
};

}  // namespace detail
}  // namespace eigenloss
