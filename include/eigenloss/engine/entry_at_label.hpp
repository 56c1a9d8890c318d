// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>

#include "../detail/stream.hpp"
#include "axis.hpp"
#include "row.hpp"

// Tiles of rows of which only the entry at the label matters.
namespace eigenloss {
namespace detail {

// Their labels, and which numbers of the input the entries are; missing rows repeat the last one.
template <class Walk>
struct EntryLabels : Label<Walk> {
  Index entries[Walk::V::lanes];
  const Index* next;  // of another tile: to be asked for while these are read; or nullptr

  void find_entries(const AxisCut& cut, Index row, Index count) {
    cut.rows(row, count, [this, step = cut.inner](Index k, Index first) {
      entries[k] = first + Index(this->classes[k]) * step;
    });
    std::fill(entries + count, entries + Walk::V::lanes, entries[count - 1]);
    next = nullptr;
  }
  // Where there are many rows: each entry is in another line, and no processor foresees which. One
  // request a read, since all at once would wait for each other.
  void ask_for(const EntryLabels& later, const AxisCut& cut) {
    constexpr Index many = (Index(1) << 20) / Index(sizeof(typename Walk::Number));
    if (cut.outer * cut.inner * cut.size >= many) next = later.entries;
  }
};

// The rows.
template <class Walk_, class Source>
class EntryAtLabel {
 public:
  using Walk = Walk_;
  using V = typename Walk::V;
  using P = typename Walk::P;

  EntryAtLabel(const Source& source, Index size, const EntryLabels<Walk>& labels)
      : source_(source), size_(size), labels_(labels) {}
  Index size() const { return size_; }
  V at(const Label<Walk>&) const {
    typename Walk::Number numbers[V::lanes];
    const auto* const data = source_.data();
    const Index *const now = labels_.entries, *const next = labels_.next;
    if (!data) {
      for (Index k = 0; k < V::lanes; ++k) numbers[k] = source_.at(now[k]);
    } else if (!next) {
      for (Index k = 0; k < V::lanes; ++k) numbers[k] = data[now[k]];
    } else {
      for (Index k = 0; k < V::lanes; ++k) {
        numbers[k] = data[now[k]];
        prefetch(data + next[k], 1);
      }
    }
    return V::load(numbers);
  }

 private:
  const Source& source_;
  Index size_;
  const EntryLabels<Walk>& labels_;
};

// The slopes of the first `count` rows, which stand at 0 already.
template <class Walk, class Out>
class SlopeAtLabel {
 public:
  using V = typename Walk::V;
  static constexpr bool wanted = true;

  SlopeAtLabel(const Out& out, const EntryLabels<Walk>& labels, Index count, bool add,
               const V& scale)
      : out_(out), labels_(labels), count_(count), add_(add), scale_(scale) {}
  void replace(const Label<Walk>&, const V&, const V& now) const {
    typename Walk::Number gradients[V::lanes];
    where(scale_ == V(0), V(0), now * scale_).store(gradients);
    for (Index k = 0; k < count_; ++k) {
      const Index entry = labels_.entries[k];
      out_.set(entry, add_ ? out_.at(entry) + gradients[k] : gradients[k]);
    }
  }

 private:
  const Out& out_;
  const EntryLabels<Walk>& labels_;
  Index count_;
  bool add_;
  V scale_;
};

}  // namespace detail
}  // namespace eigenloss
