// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <type_traits>

#include "arguments.hpp"

// The weights of the units: loss.weighted(w).
namespace eigenloss {
namespace detail {

// What the engines read them from.
struct Unweighted {
  static constexpr bool given = false;
  static std::nullptr_t data() { return nullptr; }
  static std::nullptr_t read(Index, Index, void*) { return nullptr; }
};
inline constexpr Unweighted unweighted{};
template <class T>
struct Weighted : Reader<T> {
  static constexpr bool given = true;
};

// The weights have the layout of the first input, as every argument.
template <class First, class W>
constexpr void check_weights() {
  if constexpr (!std::is_same<W, Unweighted>::value) check_layout<First, W>();
}

// The weights, broadcast to one number for each unit.
template <class Kernel, class T, class W, std::size_t UnitRank>
class UnitWeights {
  using Numbers = View<T, W>;
  // One row alone has rank 0; its weight may come in a vector of one.
  static constexpr bool one_in_a_vector = UnitRank == 0 && Numbers::rank == 1;
  static constexpr std::size_t rank = one_in_a_vector ? 1 : UnitRank;

 public:
  UnitWeights(const W& weights, const Shape<UnitRank>& units)
      : view_(weights),
        broadcast_(view_.reader(), view_.shape(), checked(view_, units), Numbers::row_major) {}
  UnitWeights(const UnitWeights&) = delete;
  Weighted<T> reader() const { return {broadcast_.reader()}; }

 private:
  static Shape<Numbers::rank> checked(const Numbers& view, const Shape<UnitRank>& units) {
    Shape<Numbers::rank> shape = view.shape();
    bool right = Numbers::rank == rank;
    if constexpr (one_in_a_vector) {
      right = shape[0] == 1;
    } else if constexpr (Numbers::rank == UnitRank) {
      for (std::size_t k = 0; k < UnitRank; ++k) {
        right = right && (shape[k] == units[k] || shape[k] == 1);
        shape[k] = units[k];
      }
    }
    if (!right) {
      Check<Kernel>::fail("the weights have shape ", view.shape(),
                          ", which is not that of the losses, ", units,
                          ", nor 1 in some of its dimensions");
    }
    return shape;
  }

  Numbers view_;
  Broadcast<T, Numbers::rank> broadcast_;
};
template <class Kernel, class T, std::size_t UnitRank>
class UnitWeights<Kernel, T, Unweighted, UnitRank> {
 public:
  UnitWeights(const Unweighted&, const Shape<UnitRank>&) {}
  const Unweighted& reader() const { return unweighted; }
};

}  // namespace detail
}  // namespace eigenloss
