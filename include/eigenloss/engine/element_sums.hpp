// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>

#include "../detail/lanes.hpp"
#include "../detail/output.hpp"
#include "../detail/total.hpp"
#include "element.hpp"

// Sums over the elements of a block.
namespace eigenloss {
namespace detail {

// The least of numbers, lane by lane (NaN: the machine's choice), or 0.
template <class V>
class Lowest {
 public:
  template <class P>
  EIGEN_STRONG_INLINE void see(const P& numbers) {
#pragma GCC unroll 8
    for (int k = 0; k < P::registers; ++k)
      lowest_.parts[0] = smaller(lowest_.parts[0], numbers.parts[k]);
  }
  bool is_negative() const { return any(lowest_ < V(0)); }

 private:
  V lowest_ = V(0);
};

// Of the losses, and of what a reduction counts; nothing where one is not asked for. The registers of
// a pack are added plainly before the compensated sum, which costs their sum an ulp; of numbers that
// cancel, nothing might be left but that.
template <class T, bool summed, bool counted, Signs signs>
struct ElementSums {
  using V = Vector<T>;
  static constexpr bool looks = summed && signs == Signs::unknown;

  std::conditional_t<summed, CompensatedSum<V>, Skip> loss;
  std::conditional_t<counted, CompensatedSum<V>, Skip> count;
  std::conditional_t<looks, Lowest<V>, Skip> lowest;
  bool refused = false;

  template <class P>
  EIGEN_STRONG_INLINE void add_losses(const P& terms) {
    if constexpr (signs == Signs::both) {
#pragma GCC unroll 8
      for (int k = 0; k < P::registers; ++k) loss.add(one_register(terms, k));
    } else {
      loss.add(sum_of_registers(terms));
      if constexpr (looks) lowest.see(terms);
    }
  }
  template <class P>
  EIGEN_STRONG_INLINE void add_counts(const P& terms) {
    count.add(sum_of_registers(terms));
  }
};

}  // namespace detail
}  // namespace eigenloss
