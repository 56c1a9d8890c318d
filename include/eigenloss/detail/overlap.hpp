// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "memory.hpp"

// Where arrays lie in memory, and whether two of them have a byte in common.
namespace eigenloss {
namespace detail {

// From the first byte of an array to the last, those of its numbers or not.
struct Hull {
  std::uintptr_t begin = 0, end = 0;

  bool overlaps(const Hull& other) const { return begin < other.end && other.begin < end; }
};

// The numbers of an array, each so many bytes wide, `count` steps of so many bytes in two directions,
// from its lowest address on; the longer steps come first.
class Grid {
 public:
  Grid() = default;
  template <class S>
  explicit Grid(const Lines<S>& lines)
      : begin_(reinterpret_cast<std::uintptr_t>(lines.data)),
        width_(Index(sizeof(S))),
        contiguous_(lines.contiguous()) {
    set(0, lines.outer, lines.outer_stride * Index(sizeof(S)));
    set(1, lines.inner, lines.inner_stride * Index(sizeof(S)));
    if (step_[0] < step_[1]) {
      std::swap(count_[0], count_[1]);
      std::swap(step_[0], step_[1]);
    }
  }

  // Whether two have a byte in common, given that their hulls overlap. Blocks of one matrix have
  // the same steps; of others, number after number is looked for.
  bool shares(const Grid& other) const {
    if (contiguous_ && other.contiguous_) return true;
    if (same_steps(0, other) && same_steps(1, other))
      return difference(other).meets(other.begin_, other.width_);
    for (Index i = 0; i < other.count_[0]; ++i) {
      for (Index j = 0; j < other.count_[1]; ++j) {
        const auto offset = std::uintptr_t(i * other.step_[0] + j * other.step_[1]);
        if (meets(other.begin_ + offset, other.width_)) return true;
      }
    }
    return false;
  }

 private:
  // A direction with one number, and one without a step, may have any step: it has the least.
  void set(int k, Index count, Index step) {
    if (step < 0) begin_ -= std::uintptr_t(-step * (count - 1));
    const bool moves = count > 1 && step != 0;
    count_[k] = moves ? count : 1;
    step_[k] = moves ? (step < 0 ? -step : step) : 1;
  }
  bool same_steps(int k, const Grid& other) const {
    return count_[k] == 1 || other.count_[k] == 1 || step_[k] == other.step_[k];
  }
  Index reach(int k) const { return (count_[k] - 1) * step_[k]; }
  // Every address here, less every offset of the other.
  Grid difference(const Grid& other) const {
    Grid all;
    all.width_ = width_;
    all.begin_ = begin_ - std::uintptr_t(other.reach(0) + other.reach(1));
    for (int k = 0; k < 2; ++k) {
      all.count_[k] = count_[k] + other.count_[k] - 1;
      all.step_[k] = (std::max)(step_[k], other.step_[k]);
    }
    return all;
  }
  // Whether a number has a byte in common with the `width` bytes from an address on.
  bool meets(std::uintptr_t address, Index width) const {
    const Index last = Index(address - begin_) + width - 1, first = last - width - width_ + 2;
    if (last < 0) return false;
    Index line = (std::min)(count_[0] - 1, last / step_[0]);  // the last that begins before the end
    for (; line >= 0 && first - line * step_[0] <= reach(1); --line) {
      const Index in_line = (last - line * step_[0]) / step_[1] * step_[1];
      if ((std::min)(reach(1), in_line) >= first - line * step_[0]) return true;
    }
    return false;
  }

  std::uintptr_t begin_ = 0;
  Index width_ = 1, count_[2] = {1, 1}, step_[2] = {1, 1};
  bool contiguous_ = false;
};

// What an array occupies.
struct Area {
  Hull hull;
  Grid grid;
  const void* container;

  bool meets(const Area& other) const {
    if (container && container == other.container) return true;
    return hull.overlaps(other.hull) && grid.shares(other.grid);
  }
};

// Of an expression, and of anything else that is not memory: nowhere.
template <class A>
Hull hull_of(const A& array) {
  Hull hull;
  if constexpr (in_memory<A>()) {
    const auto lines = lines_of(array);
    if (!lines.data || lines.inner <= 0 || lines.outer <= 0) return hull;
    const Index inner = (lines.inner - 1) * lines.inner_stride,
                outer = (lines.outer - 1) * lines.outer_stride;
    const Index below = (std::min)(inner, Index(0)) + (std::min)(outer, Index(0)),
                above = (std::max)(inner, Index(0)) + (std::max)(outer, Index(0));
    const auto data = reinterpret_cast<std::uintptr_t>(lines.data);
    hull.begin = data + std::uintptr_t(below) * sizeof(*lines.data);
    hull.end = data + std::uintptr_t(above + 1) * sizeof(*lines.data);
  }
  (void)array;
  return hull;
}
template <class A>
Grid grid_of(const A& array) {
  if constexpr (in_memory<A>()) return Grid(lines_of(array));
  (void)array;
  return Grid();
}

}  // namespace detail
}  // namespace eigenloss
