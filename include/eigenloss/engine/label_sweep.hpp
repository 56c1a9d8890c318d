// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "row_algorithms.hpp"

// The pairs of a target j and another class i of one row that has many targets. A line sweeps over
// the others, each at x_i, and the targets, each at x_j - 1, in rising order: where it has `below`
// targets (as often as they are listed) behind it and `above` others ahead, that many pairs are
// active and gain what the line moves. So the sum has no term below 0, and counts give the slopes.
//
// Nothing but the stack holds the order: each pass over the row takes the next few thousand entries
// and sorts them. A pass costs less than a nanosecond for each pack of classes, so that up to some
// millions of classes the time is that of sorting, C·log(C).
namespace eigenloss {
namespace detail {

// A set of numbers modulo `most`.
class ClassBits {
 public:
  static constexpr Index most = Index(1) << 20;

  // Empties the set; of at most `size` numbers from 0 or a multiple of `most` on.
  void clear(Index size) {
    std::fill_n(words_, ((std::min)(size, most) + 63) / 64, std::uint64_t(0));
  }
  void set(Index c) { words_[c % most / 64] |= std::uint64_t(1) << (c % 64); }
  bool operator[](Index c) const { return (words_[c % most / 64] >> (c % 64) & 1) != 0; }

 private:
  std::uint64_t words_[most / 64];
};

template <class Row, class Labels, class Slope>
class LabelSweep {
 public:
  using Walk = typename Row::Walk;
  using T = typename Walk::Number;
  using V = typename Walk::V;
  using P = typename Walk::P;

  // The row's targets are the first `listed` labels.
  LabelSweep(const Row& x, const Labels& labels, Index listed, const Slope& slope)
      : x_(x),
        labels_(labels),
        slope_(slope),
        share_(T(1.0 / double(x.size()))),
        listed_(listed),
        distinct_(0) {}

  // The sum over all pairs. Writes the slopes, divided by the number of classes.
  V sum() {
    survey();
    if (distinct_ == x_.size()) return fill_with(T(0));
    above_ = Value(double(x_.size() - distinct_));
    for (Index edge = 0; edge <= edges_;) {
      Entry to{edge < edges_ ? edge_[edge] : infinity<T>(), 2 * x_.size() - 1};
      const bool others_alone = from_.x == to.x && from_.order + 1 < x_.size();
      if (others_alone) to.order = x_.size() - 1;
      if (collect(to) && !others_alone) ++edge;
      if (has_nan_) return fill_with(not_a_number<T>());
      std::sort(entry_, entry_ + held_);
      const bool repeats = distinct_ != listed_;
      if (repeats) count_repeats();
      for (Index k = 0; k < held_; ++k) pass_over(entry_[k], repeats ? times_[k] : 1);
      from_ = to;
    }
    return V(T(total_.value()));
  }

 private:
  static constexpr Index capacity = 16 * buffered<T>;  // entries that are sorted at a time
  static constexpr Index goal = capacity / 2;          // what a pass should find, and what it keeps
  static constexpr Index most_edges = buffered<T>;     // between passes
  static constexpr Index numbers_for_edge = 8;  // of the row, which say where edges should lie
  using Value = typename Total<T>::Value;

  // A class, or C + a class for a target. At the same x, the others come first: then those behind
  // the line are <= x_j - 1 for a target, and the targets behind it are < x_i for another class.
  struct Entry {
    T x;
    Index order;
    bool operator<(const Entry& b) const { return x < b.x || (x == b.x && order < b.order); }
  };
  bool is_target(const Entry& entry) const { return entry.order >= x_.size(); }

  V fill_with(const T& number) const {
    fill(slope_, x_, P(number));
    return V(number);
  }

  // Calls use(begin, end) for the classes piece by piece, while `bits_` are the targets among them.
  template <class Use>
  void by_pieces(const Use& use) {
    for (Index begin = 0; begin < x_.size(); begin += ClassBits::most) {
      const Index end = (std::min)(begin + ClassBits::most, x_.size());
      if (piece_ != begin) mark_piece(begin, end);
      use(begin, end);
    }
  }
  EIGEN_DONT_INLINE void mark_piece(Index begin, Index end) {
    bits_.clear(end - begin);
    in_piece_ = 0;
    for (Index k = 0; k < listed_; ++k) {
      const Index c = Index(labels_.at(k));
      if (c < begin || c >= end) continue;
      in_piece_ += !bits_[c];
      bits_.set(c);
    }
    piece_ = begin;
  }

  // Counts the targets, and finds edges that leave about as many entries as a pass should find.
  void survey() {
    const Index wanted = (std::min)(x_.size() / goal, most_edges);
    const Index numbers = x_.size() <= capacity ? 0 : wanted * numbers_for_edge;
    T number[most_edges * numbers_for_edge];
    Index found = 0;
    by_pieces([&](Index, Index end) {
      distinct_ += in_piece_;
      for (; found < numbers; ++found) {
        const Index c = x_.size() / numbers * found;
        if (c >= end) break;
        const T x = x_.at(c).parts[0];
        number[found] = bits_[c] ? T(x - T(1)) : x;
        has_nan_ = has_nan_ || !(x == x);
      }
    });
    if (has_nan_) return;
    std::sort(number, number + numbers);
    for (Index k = numbers_for_edge; k < numbers; k += numbers_for_edge) {
      if (edges_ == 0 || edge_[edges_ - 1] < number[k]) edge_[edges_++] = number[k];
    }
  }

  // Whether all entries behind `from_` up to `to` have the same x, in order of their classes: then
  // those are (from_.order, to.order], modulo C.
  bool ties(const Entry& to) const {
    return from_.x == to.x && (from_.order + 1) / x_.size() == to.order / x_.size();
  }
  // The entries behind `from_` up to `to`. Where there are too many, false: `to` is drawn nearer.
  bool collect(Entry& to) {
    held_ = 0;
    bool all = true;
    const Index first = ties(to) ? (from_.order + 1) % x_.size() : 0;
    by_pieces([&](Index begin, Index end) {
      for (Index c = begin; c < end; c += row_chunk<T>) {
        const Index count = (std::min)(row_chunk<T>, end - c);
        if (c + count <= first) continue;
        if (ties(to) && c > to.order % x_.size()) return;
        const auto x = x_.open(c, count);
        Index i = 0;
        for (; i + P::lanes <= count; i += P::lanes) {
          all &= look_at(x.load(i, AllLanes{}), c + i, P::lanes, to);
        }
        if (i < count) all &= look_at(x.load(i, count - i), c + i, count - i, to);
      }
    });
    return all;
  }
  // A pack of classes, `first` and on.
  EIGEN_STRONG_INLINE bool look_at(const P& x, Index first, Index lanes, Entry& to) {
    const P from(from_.x), end(to.x), lowered = x - P(T(1));
    const auto within = ((x >= from) & (x <= end)) | ((lowered >= from) & (lowered <= end));
    if (!any(within | (x != x))) return true;
    return take(x, first, lanes, to);
  }
  EIGEN_DONT_INLINE bool take(const P& x, Index first, Index lanes, Entry& to) {
    T numbers[P::lanes];
    x.store(numbers);
    bool all = true;
    for (Index k = 0; k < lanes; ++k) {
      const Index c = first + k;
      const bool target = bits_[c];
      const Entry entry{target ? T(numbers[k] - T(1)) : numbers[k], target ? x_.size() + c : c};
      has_nan_ = has_nan_ || !(numbers[k] == numbers[k]);
      if (!(from_ < entry) || to < entry) continue;
      if (held_ == capacity) {
        std::nth_element(entry_, entry_ + goal - 1, entry_ + held_);
        to = entry_[goal - 1];
        held_ = goal;
        all = false;
        if (to < entry) continue;
      }
      entry_[held_++] = entry;
    }
    return all;
  }

  // How often the targets among the sorted entries are listed.
  EIGEN_DONT_INLINE void count_repeats() {
    std::fill_n(times_, held_, Index(0));
    bits_.clear(x_.size());
    piece_ = -1;
    for (Index k = 0; k < held_; ++k) {
      if (is_target(entry_[k])) bits_.set(entry_[k].order % x_.size());
    }
    for (Index k = 0; k < listed_; ++k) {
      const Index c = Index(labels_.at(k));
      if (!bits_[c]) continue;
      const Entry entry{T(x_.at(c).parts[0] - T(1)), x_.size() + c};
      const Entry* const found = std::lower_bound(entry_, entry_ + held_, entry);
      if (found != entry_ + held_ && found->order == entry.order) ++times_[found - entry_];
    }
  }

  // Moves the line up to an entry, and the entry behind it.
  void pass_over(const Entry& entry, Index times) {
    if (line_ < entry.x && below_ > Value(0) && above_ > Value(0)) {
      total_.add((Value(entry.x) - Value(line_)) * (below_ * above_));
    }
    line_ = entry.x;
    const Value often(static_cast<double>(times));
    if (is_target(entry)) {
      set(entry.order - x_.size(), Value(-(often * above_)));
      below_ = below_ + often;
    } else {
      set(entry.order, below_);
      above_ = above_ - Value(1);
    }
  }
  void set(Index c, const Value& count) const {
    replace(slope_, Label<Walk>{{c}}, V(0), V(T(T(count) * share_)));
  }

  const Row& x_;
  const Labels& labels_;
  const Slope& slope_;
  const T share_;
  const Index listed_;
  Index distinct_;
  bool has_nan_ = false;
  ClassBits bits_;
  Index piece_ = -1, in_piece_ = 0;
  T edge_[most_edges];
  Index edges_ = 0;
  Entry entry_[capacity];
  Index times_[capacity];
  Index held_ = 0;
  Entry from_{-infinity<T>(), -1};  // the last entry behind the line
  T line_ = -infinity<T>();
  Value below_ = Value(0), above_ = Value(0);
  Total<T> total_;
};

}  // namespace detail
}  // namespace eigenloss
