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
  // How many there are, counted up to `most`.
  Index length(Index most) const {
    Index k = 0;
    while (k < (std::min)(size_, most) && at(k) != -1) ++k;
    return k;
  }

 private:
  const Source& source_;
  Index size_, first_, step_;
};

// The labels of a tile's rows, at most `most` each. Rows that have more have none here.
template <class Walk, Index most_>
class LabelLists {
 public:
  using V = typename Walk::V;
  static constexpr Index most = most_;

  void clear() {
    longest_ = 0;
    std::fill(lengths_, lengths_ + V::lanes, Index(0));
  }
  template <class Labels>
  void read(Index lane, const Labels& labels) {
    Index length = 0;
    for (; length < (std::min)(labels.size(), most + 1); ++length) {
      const std::int64_t label = labels.at(length);
      if (label == -1) break;
      if (length < most) labels_[length].classes[lane] = label;
    }
    lengths_[lane] = length;
    if (length <= most) longest_ = (std::max)(longest_, length);
  }
  // The weights of the rows, 0 for those that have more. Comes behind the last `read`.
  V without_long(const V& weight) {
    typename Walk::Number weights[V::lanes];
    weight.store(weights);
    for (Index lane = 0; lane < V::lanes; ++lane) {
      Index& length = lengths_[lane];
      if (length > most) weights[lane] = 0, length = 0;
      for (Index k = length; k < longest_; ++k) labels_[k].classes[lane] = -1;
    }
    return V::load(weights);
  }

  Index longest() const { return longest_; }
  // Label k of every row, -1 behind its last.
  const Label<Walk>& at(Index k) const { return labels_[k]; }

 private:
  Index longest_, lengths_[V::lanes];
  Label<Walk> labels_[most];
};

}  // namespace detail
}  // namespace eigenloss
