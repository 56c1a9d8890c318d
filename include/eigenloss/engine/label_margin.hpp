// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "row_algorithms.hpp"

// The pairs of a target j and another class i of one row: the sum of max(0, 1 - x_j + x_i), how
// many i are active for each j, and how many j for each i. A few targets are compared with all
// classes, in packs; for many the classes are sorted, a block at a time, so that a row takes
// C·log(C) steps and no memory but the stack's.
namespace eigenloss {
namespace detail {

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
    const V total = listed_ <= few ? compare(target) : sort();
    return has_nan_ ? nan_row() : total;
  }

 private:
  static constexpr Index few = 128;     // targets that are compared one by one
  static constexpr Index group = 4;     // of them at a time
  static constexpr Index block = 4096;  // classes that are sorted at a time
  static constexpr Index chunk = 8192;  // classes that are looked up in them
  using Value = typename Total<T>::Value;

  static Index whole_packs(Index count) { return (count + P::lanes - 1) / P::lanes * P::lanes; }
  // How often each class of [begin, begin + count) is listed.
  void count_targets(Index begin, Index count, std::int32_t* times) const {
    std::fill_n(times, count, 0);
    for (Index k = 0; k < listed_; ++k) {
      const Index c = labels_.at(k) - begin;
      if (c >= 0 && c < count) ++times[c];
    }
  }
  // NaN everywhere, if there is a pair that reads it.
  EIGEN_DONT_INLINE V nan_row() const {
    std::int32_t times[row_chunk];
    for (Index begin = 0; begin < x_.size(); begin += row_chunk) {
      const Index count = (std::min)(row_chunk, x_.size() - begin);
      count_targets(begin, count, times);
      if (std::find(times, times + count, 0) == times + count) continue;
      const T nan = std::numeric_limits<T>::quiet_NaN();
      fill(slope_, x_, P(nan));
      return V(nan);
    }
    fill(slope_, x_, P(0));
    return V(0);
  }
  // At most row_chunk slopes.
  void write(Index begin, Index count, const T* numbers) const {
    if constexpr (Slope::wanted) {
      slope_.open(begin, count);
      Index i = 0;
      for (; i + P::lanes <= count; i += P::lanes) {
        slope_.store(i, AllLanes{}, P::load(numbers + i) * P(share_));
      }
      if (i < count)
        slope_.store(i, count - i, detail::load<P>(numbers + i, count - i) * P(share_));
      slope_.close(begin, count);
    }
    (void)begin, (void)count, (void)numbers;
  }

  // ---- A few targets. ----

  V compare(const Index* target) {
    T shift[few + group];   // 1 - x_j
    T active[few + group];  // classes i for each target
    for (Index k = 0; k < listed_; ++k) shift[k] = T(1) - x_.at(target[k]).parts[0];
    for (Index k = listed_; k % group != 0; ++k) shift[k] = -std::numeric_limits<T>::infinity();
    std::fill_n(active, listed_ + group, T(0));
    P total(0);
    T x[row_chunk], hits[row_chunk];
    for (Index begin = 0; begin < x_.size(); begin += row_chunk) {
      const Index count = (std::min)(row_chunk, x_.size() - begin);
      read_others(begin, count, target, x);
      if constexpr (Slope::wanted) std::fill_n(hits, whole_packs(count), T(0));
      P sum(0);
      for (Index k = 0; k < listed_; k += group) {
        sum += compare_group(shift + k, x, count, active + k, hits);
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
    x_.open(begin, count);
    Index i = 0;
    for (; i + P::lanes <= count; i += P::lanes) copy(i, x_.load(i, AllLanes{}));
    if (i < count) copy(i, x_.load(i, count - i));
    const T nothing = -std::numeric_limits<T>::infinity();
    std::fill(to + count, to + whole_packs(count), nothing);
    for (Index k = 0; k < listed_; ++k) {
      const Index c = target[k] - begin;
      if (c >= 0 && c < count) to[c] = nothing;
    }
    has_nan_ = has_nan_ || any(nan != nan);
  }
  EIGEN_STRONG_INLINE P compare_group(const T* shift, const T* x, Index count, T* active,
                                      T* hits) const {
    P sum[group], seen[group];
    for (Index g = 0; g < group; ++g) sum[g] = seen[g] = P(0);
    for (Index i = 0; i < count; i += P::lanes) {
      const P x_i = P::load(x + i);
      P here(0);
      for (Index g = 0; g < group; ++g) {
        const P z = P(shift[g]) + x_i;
        sum[g] += where(z > P(0), z, P(0));
        if constexpr (Slope::wanted) {
          const P one = where(z > P(0), P(1), P(0));
          seen[g] += one;
          here += one;
        }
      }
      if constexpr (Slope::wanted) (P::load(hits + i) + here).store(hits + i);
    }
    if constexpr (Slope::wanted) {
      for (Index g = 0; g < group; ++g) active[g] = T(active[g] + sum_of_lanes(seen[g]));
    }
    (void)active, (void)hits;
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
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

  // ---- Many targets. ----

  // A block of classes in order: the others by x, the targets by x - 1, with how many and how much
  // of them, counted from `pivot`, lie up to each one.
  struct Sorted {
    struct Target {
      T x;
      std::int32_t times;
      Value sum;
    };
    T other[block];
    Target target[block];
    Index others, targets;
    Value pivot;
  };

  EIGEN_DONT_INLINE void sort_block(Index begin, Index count, Sorted& sorted) {
    std::int32_t times[block];
    count_targets(begin, count, times);
    sorted.others = sorted.targets = 0;
    for (Index c = 0; c < count; ++c) {
      const T x = x_.at(begin + c).parts[0];
      has_nan_ = has_nan_ || !(x == x);
      if (times[c] == 0)
        sorted.other[sorted.others++] = x;
      else
        sorted.target[sorted.targets++] = {-(T(1) - x), times[c], Value(0)};
    }
    if (has_nan_ || sorted.targets == 0) return;
    using Target = typename Sorted::Target;
    std::sort(sorted.other, sorted.other + sorted.others);
    std::sort(sorted.target, sorted.target + sorted.targets,
              [](const Target& a, const Target& b) { return a.x < b.x; });
    const Value middle(sorted.target[sorted.targets / 2].x);
    sorted.pivot = middle - middle == Value(0) ? middle : Value(0);
    Value sum(0);
    std::int32_t all = 0;
    for (Index k = 0; k < sorted.targets; ++k) {
      Target& target = sorted.target[k];
      sum = sum + Value(double(target.times)) * (Value(target.x) - sorted.pivot);
      target.sum = sum;
      target.times = all += target.times;
    }
  }

  // What the targets of a block make of another class x: the sum is returned, the number is added.
  static Value look_up(const Sorted& sorted, const T& x, T& hits) {
    const auto end =
        std::lower_bound(sorted.target, sorted.target + sorted.targets, x,
                         [](const typename Sorted::Target& a, const T& b) { return a.x < b; });
    if (end == sorted.target) return Value(0);
    hits = T(hits + T(double(end[-1].times)));
    return Value(double(end[-1].times)) * (Value(x) - sorted.pivot) - end[-1].sum;
  }

  EIGEN_DONT_INLINE V sort() {  // apart, for its stack is large
    Sorted sorted;
    std::int32_t times[chunk];
    T hits[chunk];
    Total<T> total;
    for (Index begin = 0; begin < x_.size(); begin += chunk) {
      const Index count = (std::min)(chunk, x_.size() - begin);
      count_targets(begin, count, times);
      std::fill_n(hits, count, T(0));
      for (Index first = 0; first < x_.size(); first += block) {
        sort_block(first, (std::min)(block, x_.size() - first), sorted);
        if (has_nan_) return V(0);
        for (Index c = 0; c < count; ++c) {
          const T x = x_.at(begin + c).parts[0];
          if (times[c] == 0) {
            total.add(look_up(sorted, x, hits[c]));
          } else if (Slope::wanted) {
            const T *const from = sorted.other, *const end = from + sorted.others;
            hits[c] = T(hits[c] + T(double(end - std::upper_bound(from, end, T(-(T(1) - x))))));
          }
        }
      }
      for (Index c = 0; c < count; ++c) {
        if (times[c] != 0) hits[c] = T(-hits[c] * T(double(times[c])));
      }
      for (Index done = 0; done < count; done += row_chunk) {
        write(begin + done, (std::min)(row_chunk, count - done), hits + done);
      }
    }
    return V(T(total.value()));
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
