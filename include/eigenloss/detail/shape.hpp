// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>

// How many numbers an array has, and where they stand.
namespace eigenloss {
namespace detail {

using Index = std::ptrdiff_t;
template <std::size_t Rank>
using Shape = std::array<Index, Rank>;
template <std::size_t Rank>
bool same_shape(const Shape<Rank>& a, const Shape<Rank>& b) {  // where == calls memcmp
  bool same = true;
  for (std::size_t k = 0; k < Rank; ++k) same = same && a[k] == b[k];
  return same;
}

// The place of a number in an array: nothing for the only number of an array of rank 0.
template <std::size_t Rank>
struct Place {
  Shape<Rank> at;
};

}  // namespace detail
}  // namespace eigenloss
