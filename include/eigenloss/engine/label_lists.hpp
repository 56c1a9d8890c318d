// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "row.hpp"

// Rows that have several labels: classes, up to the first -1.
namespace eigenloss {
namespace detail {

// The labels of one row.
template <class Source>
class LabelRow {
 public:
  LabelRow(const Source& source, Index size, Index first, Index step)
      : source_(source), size_(size), first_(first), step_(step) {}
  Index size() const { return size_; }
  std::int64_t at(Index entry) const { return source_.at(first_ + entry * step_); }
  // How many there are, up to `most`: each is visited.
  template <class Visit>
  Index each(Index most, const Visit& visit) const {
    Index k = 0;
    for (; k < (std::min)(size_, most); ++k) {
      const std::int64_t label = at(k);
      if (label == -1) break;
      visit(k, label);
    }
    return k;
  }

 private:
  const Source& source_;
  Index size_, first_, step_;
};

// The labels of a tile's rows, at most `most` each. Rows that have more are left out: they have none.
template <class Walk, Index most_>
class LabelLists {
 public:
  using V = typename Walk::V;
  static constexpr Index most = most_;

  template <class Labels>
  static bool is_long(const Labels& labels) {
    return labels.each(most + 1, [](Index, std::int64_t) {}) > most;
  }
  void clear() {
    std::fill(lengths_, lengths_ + V::lanes, Index(0));
    longest_ = 0;
    leaves_out_ = false;
  }
  // False where the row is left out.
  template <class Labels>
  bool read(Index lane, const Labels& labels) {
    const Index length = labels.each(most + 1, [&](Index k, std::int64_t label) {
      if (k < most) labels_[k].classes[lane] = label;
    });
    if (length > most) {
      leaves_out_ = true;
      return false;
    }
    lengths_[lane] = length;
    longest_ = (std::max)(longest_, length);
    return true;
  }
  // Behind the last `read`: repeats the first label of each row, or class 0, behind its last one.
  void close() {
    for (Index lane = 0; lane < V::lanes; ++lane) {
      const Index length = lengths_[lane];
      const std::int64_t first = length > 0 ? labels_[0].classes[lane] : 0;
      for (Index k = length; k < longest_; ++k) labels_[k].classes[lane] = first;
    }
  }

  bool leaves_out() const { return leaves_out_; }
  Index longest() const { return longest_; }
  // How many labels each row has.
  V lengths() const {
    typename Walk::Number numbers[V::lanes];
    for (Index lane = 0; lane < V::lanes; ++lane) {
      numbers[lane] = typename Walk::Number(int(lengths_[lane]));
    }
    return V::load(numbers);
  }
  const Label<Walk>& at(Index k) const { return labels_[k]; }

 private:
  Index lengths_[V::lanes], longest_;
  bool leaves_out_;
  Label<Walk> labels_[most];
};

}  // namespace detail
}  // namespace eigenloss
