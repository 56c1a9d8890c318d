// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "label_sweep.hpp"
#include "row_algorithms.hpp"

// The pairs of a target j and another class i of one row: the sum of max(0, 1 - x_j + x_i), how
// many i are active for each j, and how many j for each i. A few targets are compared with all
// classes, in packs; many are met in rising order.
namespace eigenloss {
namespace detail {

// The sum of the pairs of `group` targets, given 1 - their scores, and the classes whose scores are
// the `count` numbers at x, whole packs. With slopes, adds how many pairs are active for each target
// to `active`, and for each class to `hits`.
template <bool Slopes, Index group, class P, class T>
EIGEN_STRONG_INLINE P compare_group(const P* shift, const T* x, Index count, P* active, T* hits) {
  P sum[group];
  for (Index g = 0; g < group; ++g) sum[g] = P(0);
  for (Index i = 0; i < count; i += P::lanes) {
    const P x_i = P::load(x + i);
    P here(0);
    for (Index g = 0; g < group; ++g) {
      const P z = shift[g] + x_i;
      sum[g] += where(z > P(0), z, P(0));
      if constexpr (Slopes) {
        const P one = where(z > P(0), P(1), P(0));
        active[g] += one;
        here += one;
      }
    }
    if constexpr (Slopes) (P::load(hits + i) + here).store(hits + i);
  }
  for (Index g = 1; g < group; ++g) sum[0] += sum[g];
  (void)active, (void)hits;
  return sum[0];
}

template <class Row, class Labels, class Slope>
class LabelMargin {
 public:
  using Walk = typename Row::Walk;
  using T = typename Walk::Number;
  using V = typename Walk::V;
  using P = typename Walk::P;

  LabelMargin(const Row& x, const Labels& labels, const Slope& slope)
      : x_(x), labels_(labels), slope_(slope), share_(T(1.0 / double(x.size()))) {}

  // The sum over all pairs. Writes the slopes, divided by the number of classes.
  V sum() {
    Index target[few];
    for (; listed_ < labels_.size(); ++listed_) {
      const std::int64_t label = labels_.at(listed_);
      if (label == -1) break;
      if (listed_ < few) target[listed_] = Index(label);
    }
    if (listed_ == 0) {
      fill(slope_, x_, P(0));
      return V(0);
    }
    if (listed_ > few) return sweep();
    const V total = compare(target);
    return has_nan_ ? nan_row() : total;
  }

 private:
  static constexpr Index few = 128;  // targets that are compared one by one
  static constexpr Index group = 4;  // of them at a time

  static Index whole_packs(Index count) { return (count + P::lanes - 1) / P::lanes * P::lanes; }
  EIGEN_DONT_INLINE V sweep() const {  // apart, for its stack is large
    return LabelSweep<Row, Labels, Slope>(x_, labels_, listed_, slope_).sum();
  }
  // How often each class of [begin, begin + count) is listed.
  void count_targets(Index begin, Index count, std::int32_t* times) const {
    std::fill_n(times, count, 0);
    for (Index k = 0; k < listed_; ++k) {
      const Index c = Index(labels_.at(k)) - begin;
      if (c >= 0 && c < count) ++times[c];
    }
  }
  // NaN everywhere, if there is a pair that reads it.
  EIGEN_DONT_INLINE V nan_row() const {
    std::int32_t times[row_chunk<T>];
    for (Index begin = 0; begin < x_.size(); begin += row_chunk<T>) {
      const Index count = (std::min)(row_chunk<T>, x_.size() - begin);
      count_targets(begin, count, times);
      if (std::find(times, times + count, 0) == times + count) continue;
      const T nan = not_a_number<T>();
      fill(slope_, x_, P(nan));
      return V(nan);
    }
    fill(slope_, x_, P(0));
    return V(0);
  }
  // At most row_chunk slopes.
  void write(Index begin, Index count, const T* numbers) const {
    if constexpr (Slope::wanted) {
      const auto slope = slope_.open(begin, count);
      Index i = 0;
      for (; i + P::lanes <= count; i += P::lanes) {
        slope.store(i, AllLanes{}, P::load(numbers + i) * P(share_));
      }
      if (i < count) slope.store(i, count - i, detail::load<P>(numbers + i, count - i) * P(share_));
      slope_.close(begin, count);
    }
    (void)begin, (void)count, (void)numbers;
  }

  // ---- A few targets. ----

  V compare(const Index* target) {
    T shift[few + group];   // 1 - x_j
    T active[few + group];  // classes i for each target
    for (Index k = 0; k < listed_; ++k) shift[k] = T(1) - x_.at(target[k]).parts[0];
    for (Index k = listed_; k % group != 0; ++k) shift[k] = -infinity<T>();
    std::fill_n(active, listed_ + group, T(0));
    P total(0);
    T x[row_chunk<T>], hits[row_chunk<T>];
    for (Index begin = 0; begin < x_.size(); begin += row_chunk<T>) {
      const Index count = (std::min)(row_chunk<T>, x_.size() - begin);
      read_others(begin, count, target, x);
      if constexpr (Slope::wanted) std::fill_n(hits, whole_packs(count), T(0));
      P sum(0);
      for (Index k = 0; k < listed_; k += group) {
        P shifts[group], seen[group];
        for (Index g = 0; g < group; ++g) shifts[g] = P(shift[k + g]), seen[g] = P(0);
        sum += compare_group<Slope::wanted, group>(shifts, x, count, seen, hits);
        for (Index g = 0; Slope::wanted && g < group; ++g) {
          active[k + g] = T(active[k + g] + sum_of_lanes(seen[g]));
        }
      }
      total += sum;
      write(begin, count, hits);
    }
    for (Index k = 0; k < listed_; ++k) replace_target(target, active, k);
    return V(sum_of_lanes(total));
  }
  // A chunk of the row, where targets and the lanes behind the end are -inf, which no target can be
  // compared with.
  void read_others(Index begin, Index count, const Index* target, T* to) {
    P nan(0);
    const auto copy = [&](Index i, const P& x) {
      x.store(to + i);
      nan += where(x == x, P(0), x);
    };
    const auto x = x_.open(begin, count);
    Index i = 0;
    for (; i + P::lanes <= count; i += P::lanes) copy(i, x.load(i, AllLanes{}));
    if (i < count) copy(i, x.load(i, count - i));
    const T nothing = -infinity<T>();
    std::fill(to + count, to + whole_packs(count), nothing);
    for (Index k = 0; k < listed_; ++k) {
      const Index c = target[k] - begin;
      if (c >= 0 && c < count) to[c] = nothing;
    }
    has_nan_ = has_nan_ || any(nan != nan);
  }
  // The slope of a target, where it is listed first: as often as it is listed.
  void replace_target(const Index* target, const T* active, Index k) const {
    if constexpr (Slope::wanted) {
      if (std::find(target, target + k, target[k]) != target + k) return;
      const auto times = std::count(target + k, target + listed_, target[k]);
      replace(slope_, Label<Walk>{{target[k]}}, V(0), V(T(-active[k] * share_ * T(double(times)))));
    }
    (void)target, (void)active, (void)k;
  }

  const Row& x_;
  const Labels& labels_;
  const Slope& slope_;
  const T share_;
  Index listed_ = 0;
  bool has_nan_ = false;
};

}  // namespace detail
}  // namespace eigenloss
