// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../detail/check.hpp"

// The option `axis`: where the classes or features lie.
namespace eigenloss {
namespace detail {

// How an axis cuts the memory of any layout: the dimensions that vary more slowly, it, the faster
// ones.
struct AxisCut {
  Index outer, size, inner;

  template <std::size_t Rank>
  AxisCut(const Shape<Rank>& shape, std::size_t axis, bool row_major) {
    Index before = 1, at = 1, behind = 1;
    for (std::size_t k = 0; k < Rank; ++k) {
      if (k < axis) before *= shape[k];
      if (k == axis) at = shape[k];
      if (k > axis) behind *= shape[k];
    }
    outer = row_major ? before : behind;
    size = at;
    inner = row_major ? behind : before;
  }
  // Where the first entry of a row lies; the others follow `inner` apart.
  Index first_of(Index row) const { return row / inner * size * inner + row % inner; }
  // Calls visit(k, first_of(row + k)) for k in [0, count), with one division for all.
  template <class Visit>
  EIGEN_STRONG_INLINE void rows(Index row, Index count, const Visit& visit) const {
    Index first = first_of(row);
    if (inner == 1) {
      for (Index k = 0; k < count; ++k, first += size) visit(k, first);
      return;
    }
    for (Index k = 0, run = inner - row % inner; k < count; run = inner) {
      const Index end = (std::min)(k + run, count);
      for (; k < end; ++k, ++first) visit(k, first);
      first += (size - 1) * inner;
    }
  }
};

// The option `axis` counted from the front. An input of rank 1 has only one.
template <class Kernel, std::size_t Rank>
std::size_t checked_axis(std::int64_t axis, const Shape<Rank>& shape) {
  if (Rank < 2) return 0;
  const std::int64_t dimensions = std::int64_t(Rank);
  if (axis < -dimensions || axis >= dimensions) {
    Check<Kernel>::fail("axis = ", axis, " is not a dimension of ", Check<Kernel>::argument(0),
                        " with shape ", shape);
  }
  return std::size_t(axis < 0 ? axis + dimensions : axis);
}

// The shape that is left without the axis.
template <std::size_t Rank>
auto without(const Shape<Rank>& shape, std::size_t axis) {
  Shape<(Rank > 0 ? Rank - 1 : 0)> rest{};
  for (std::size_t k = 0, r = 0; k < Rank; ++k) {
    if (k != axis && r < rest.size()) rest[r++] = shape[k];
  }
  (void)shape, (void)axis;
  return rest;
}

}  // namespace detail
}  // namespace eigenloss
