// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <limits>

#include "label_lists.hpp"
#include "row_algorithms.hpp"

// The pairs of a target j and another class i, as LabelMargin has them, of the rows of a tile: every
// class is compared with label k of each row, and what a row does not have is a target at infinity.
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
    if (lists_.longest() == 0) {
      fill(slope_, x_, P(0));
      return P(0);
    }
    read_targets();
    P total(0);
    for (Index begin = 0; begin < x_.size(); begin += tile_chunk) {
      total += compare(begin, (std::min)(tile_chunk, x_.size() - begin));
    }
    if constexpr (Slope::wanted) {
      for (Index k = 0; k < lists_.longest(); ++k) replace_target(k);
    }
    // NaN everywhere, where there is a pair that reads it.
    const T nan = std::numeric_limits<T>::quiet_NaN();
    const P lost = where((nan_ != nan_) & (others_ > P(0)) & (class_[0] >= P(0)), P(1), P(0));
    if (!any(lost > P(0))) return total;
    if constexpr (Slope::wanted) slope_.flood(lost, nan);
    return where(lost > P(0), P(nan), total);
  }

 private:
  static constexpr Index most = Lists::most;

  // A number of each label k, for every row.
  template <class Number>
  P of_label(Index k, const Number& number) const {
    T numbers[P::lanes];
    for (Index lane = 0; lane < P::lanes; ++lane) {
      numbers[lane] = T(double(number(lists_.at(k).classes[lane])));
    }
    return P::load(numbers);
  }
  // Label k; where there is none, the first one or, without any, class 0.
  Label<Walk> listed(Index k) const {
    Label<Walk> label = lists_.at(k);
    for (Index lane = 0; lane < P::lanes; ++lane) {
      std::int64_t& c = label.classes[lane];
      if (c < 0) c = (std::max)(lists_.at(0).classes[lane], std::int64_t(0));
    }
    return label;
  }
  void read_targets() {
    for (Index k = 0; k < lists_.longest(); ++k) {
      class_[k] = of_label(k, [](std::int64_t c) { return c; });
      shift_[k] =
          where(class_[k] < P(0), P(-std::numeric_limits<T>::infinity()), P(1) - x_.at(listed(k)));
      active_[k] = P(0);
      if constexpr (Slope::wanted) {
        high_[k] = of_label(k, [](std::int64_t c) { return c >> 12; });
        low_[k] = of_label(k, [](std::int64_t c) { return c & 0xfff; });
      }
    }
  }

  // The classes [begin, begin + count), at most tile_chunk.
  [[gnu::flatten, gnu::noinline]] P compare(Index begin, Index count) {
    P other[tile_chunk], hits[tile_chunk], at[most];
    for (Index k = 0; k < lists_.longest(); ++k) {
      at[k] = begin == 0 ? class_[k] : of_label(k, [begin](std::int64_t c) { return c - begin; });
    }
    x_.open(begin, count);
    for (Index i = 0; i < count; ++i) {
      const P x = x_.load(i, AllLanes{}), c = P(T(int(i)));
      auto target = at[0] == c;
      for (Index k = 1; k < lists_.longest(); ++k) target = target | (at[k] == c);
      nan_ += where(x == x, P(0), x);
      others_ += where(target, P(0), P(1));
      other[i] = where(target, P(-std::numeric_limits<T>::infinity()), x);
      hits[i] = P(0);
    }
    P sum(0);
    for (Index k = 0; k < lists_.longest(); ++k) {
      const P shift = shift_[k];
      P active(0);
      for (Index i = 0; i < count; ++i) {
        const P z = shift + other[i];
        sum += where(z > P(0), z, P(0));
        if constexpr (Slope::wanted) {
          const P one = where(z > P(0), P(1), P(0));
          active += one;
          hits[i] += one;
        }
      }
      active_[k] += active;
    }
    if constexpr (Slope::wanted) {
      slope_.open(begin, count);
      for (Index i = 0; i < count; ++i) slope_.store(i, AllLanes{}, hits[i] * P(share_));
      slope_.close(begin, count);
    }
    return sum;
  }

  // The slope of label k, as often as it is listed; what stood there is 0 or, behind its first
  // listing, that slope.
  void replace_target(Index k) const {
    const P high = where(class_[k] < P(0), high_[0], high_[k]);
    const P low = where(class_[k] < P(0), low_[0], low_[k]);
    P active(0), before(0);
    for (Index j = 0; j < lists_.longest(); ++j) {
      const auto same = (high_[j] == high) & (low_[j] == low);
      active += where(same, active_[j], P(0));
      if (j < k) before += where(same, P(1), P(0));
    }
    const P slope = P(0) - active * P(share_);
    replace(slope_, listed(k), where(before > P(0), slope, P(0)), slope);
  }

  const Row& x_;
  const Lists& lists_;
  const Slope& slope_;
  const T share_;
  P class_[most];             // rounded where a number cannot hold it
  P high_[most], low_[most];  // the same in two parts, each exact
  P shift_[most];             // 1 - its score
  P active_[most];            // classes i for each target
  P nan_ = P(0), others_ = P(0);
};

}  // namespace detail
}  // namespace eigenloss
