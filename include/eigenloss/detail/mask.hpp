// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "check.hpp"
#include "registers.hpp"

namespace eigenloss {

template <class T, bool Simd, int Registers>
struct Pack;

/// The answer of a comparison, one for each lane; where(mask, a, b) chooses by it. Masks combine
/// with & | ~.
template <class T, bool Simd, int Registers = 1>
struct Mask {
  static constexpr int registers = Registers;
  using Register = typename detail::RegisterOf<T, Simd>::type;
  using Part = typename detail::RegisterOf<T, Simd>::Answer;
  using P = Pack<T, Simd, Registers>;

  Part parts[Registers];

  // `if`, `?:`, `&&` and `!` cannot take many answers at once: a sentence says so at compile time.
  template <class Boolean, std::enable_if_t<std::is_same<Boolean, bool>::value, int> = 0>
  explicit operator Boolean() const {
    return detail::check::no_branch_on_a_mask<Boolean>();
  }
  friend Mask operator&&(const Mask&, const Mask&) { return no_branch(); }
  friend Mask operator&&(const Mask&, bool) { return no_branch(); }
  friend Mask operator&&(bool, const Mask&) { return no_branch(); }
  friend Mask operator||(const Mask&, const Mask&) { return no_branch(); }
  friend Mask operator||(const Mask&, bool) { return no_branch(); }
  friend Mask operator||(bool, const Mask&) { return no_branch(); }
  friend Mask operator!(const Mask&) { return no_branch(); }
  static Mask no_branch() { return detail::check::no_branch_on_a_mask<Mask>(); }

  friend EIGEN_STRONG_INLINE Mask operator&(const Mask& a, const Mask& b) {
    return detail::map<Mask>([](auto& x, auto& y) { return detail::both(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Mask operator|(const Mask& a, const Mask& b) {
    return detail::map<Mask>([](auto& x, auto& y) { return detail::either(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Mask operator~(const Mask& a) {
    return detail::map<Mask>([](auto& x) { return detail::negation(x); }, a);
  }
  // a where the mask is true, b elsewhere.
  friend EIGEN_STRONG_INLINE P where(const Mask& mask, const P& a, const P& b) {
    return detail::map<P>([](const Part& yes, const Register& x,
                             const Register& y) { return detail::select(yes, x, y); },
                          mask, a, b);
  }
  // Whether any lane is true.
  friend EIGEN_STRONG_INLINE bool any(const Mask& mask) {
    Part found = mask.parts[0];
#pragma GCC unroll 8
    for (int k = 1; k < Registers; ++k) found = detail::either(found, mask.parts[k]);
    return detail::any_yes(found);
  }
};

}  // namespace eigenloss
