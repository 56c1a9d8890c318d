// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <type_traits>
#include <utility>

#include "numeric.hpp"

namespace eigenloss {

/// A dual number over packs: a value and its slope, carried through a formula together. It gives a
/// formula its exact derivative.
///
/// At a kink the slope is that of the branch that the formula chooses; abs'(0) = 0, and min and max
/// share it half and half at a tie, as PyTorch does. What does not depend on the variable, hence has
/// slope 0, has no part in a slope, even where it is infinite or NaN.
template <class V>
struct Dual {
  using Scalar = typename V::Scalar;
  V value, slope;

  Dual() = default;
  EIGEN_STRONG_INLINE Dual(const V& v) : value(v), slope(V(0)) {}
  EIGEN_STRONG_INLINE Dual(const V& v, const V& s) : value(v), slope(s) {}
  template <class Number, std::enable_if_t<std::is_arithmetic<Number>::value, int> = 0>
  EIGEN_STRONG_INLINE Dual(Number number) : value(V(number)), slope(V(0)) {}

  friend EIGEN_STRONG_INLINE Dual operator+(const Dual& a, const Dual& b) {
    return {a.value + b.value, a.slope + b.slope};
  }
  friend EIGEN_STRONG_INLINE Dual operator-(const Dual& a, const Dual& b) {
    return {a.value - b.value, a.slope - b.slope};
  }
  friend EIGEN_STRONG_INLINE Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, times(a.slope, b.value) + times(b.slope, a.value)};
  }
  friend EIGEN_STRONG_INLINE Dual operator/(const Dual& a, const Dual& b) {
    const V quotient = a.value / b.value;
    return {quotient, over(a.slope - times(b.slope, quotient), b.value)};
  }
  template <class Number, std::enable_if_t<std::is_arithmetic<Number>::value, int> = 0>
  friend EIGEN_STRONG_INLINE Dual operator*(Number number, const Dual& a) {
    return {V(number) * a.value, V(number) * a.slope};
  }
  template <class Number, std::enable_if_t<std::is_arithmetic<Number>::value, int> = 0>
  friend EIGEN_STRONG_INLINE Dual operator*(const Dual& a, Number number) {
    return number * a;
  }
  template <class Number, std::enable_if_t<std::is_arithmetic<Number>::value, int> = 0>
  friend EIGEN_STRONG_INLINE Dual operator/(const Dual& a, Number number) {
    return {a.value / V(number), a.slope / V(number)};
  }
  friend EIGEN_STRONG_INLINE Dual operator-(const Dual& a) { return {-a.value, -a.slope}; }
  friend EIGEN_STRONG_INLINE Dual operator+(const Dual& a) { return a; }
  EIGEN_STRONG_INLINE Dual& operator+=(const Dual& b) { return *this = *this + b; }
  EIGEN_STRONG_INLINE Dual& operator-=(const Dual& b) { return *this = *this - b; }
  EIGEN_STRONG_INLINE Dual& operator*=(const Dual& b) { return *this = *this * b; }
  EIGEN_STRONG_INLINE Dual& operator/=(const Dual& b) { return *this = *this / b; }

  friend EIGEN_STRONG_INLINE auto operator<(const Dual& a, const Dual& b) {
    return a.value < b.value;
  }
  friend EIGEN_STRONG_INLINE auto operator<=(const Dual& a, const Dual& b) {
    return a.value <= b.value;
  }
  friend EIGEN_STRONG_INLINE auto operator>(const Dual& a, const Dual& b) {
    return a.value > b.value;
  }
  friend EIGEN_STRONG_INLINE auto operator>=(const Dual& a, const Dual& b) {
    return a.value >= b.value;
  }
  friend EIGEN_STRONG_INLINE auto operator==(const Dual& a, const Dual& b) {
    return a.value == b.value;
  }
  friend EIGEN_STRONG_INLINE auto operator!=(const Dual& a, const Dual& b) {
    return a.value != b.value;
  }

  using M = decltype(std::declval<V>() < std::declval<V>());
  friend EIGEN_STRONG_INLINE Dual where(const M& mask, const Dual& a, const Dual& b) {
    return {where(mask, a.value, b.value), where(mask, a.slope, b.slope)};
  }

  friend EIGEN_STRONG_INLINE Dual at_least(const Dual& low, const Dual& a) {
    return where(a < low, low, a);
  }
  friend EIGEN_STRONG_INLINE Dual at_most(const Dual& high, const Dual& a) {
    return where(high < a, high, a);
  }
  friend EIGEN_STRONG_INLINE Dual(min)(const Dual& a, const Dual& b) {
    const Dual smaller = where((b < a) | (b != b), b, a);
    return where(a == b, Dual(a.value, V(0.5) * (a.slope + b.slope)), smaller);
  }
  friend EIGEN_STRONG_INLINE Dual(max)(const Dual& a, const Dual& b) {
    const Dual larger = where((a < b) | (b != b), b, a);
    return where(a == b, Dual(a.value, V(0.5) * (a.slope + b.slope)), larger);
  }
  friend EIGEN_STRONG_INLINE Dual abs(const Dual& a) {
    return {abs(a.value), a.slope * detail::sign(a.value)};
  }
  friend EIGEN_STRONG_INLINE Dual sqrt(const Dual& a) {
    const V root = sqrt(a.value);
    return {root, over(V(0.5) * a.slope, root)};
  }
  friend EIGEN_STRONG_INLINE Dual exp(const Dual& a) {
    const V e = exp(a.value);
    return {e, times(a.slope, e)};
  }
  friend EIGEN_STRONG_INLINE Dual log(const Dual& a) {
    return {log(a.value), over(a.slope, a.value)};
  }
  friend EIGEN_STRONG_INLINE Dual log1p(const Dual& a) {
    return {log1p(a.value), over(a.slope, V(1) + a.value)};
  }
  friend EIGEN_STRONG_INLINE Dual expm1(const Dual& a) {
    return {expm1(a.value), times(a.slope, exp(a.value))};
  }
  friend EIGEN_STRONG_INLINE Dual sin(const Dual& a) {
    return {sin(a.value), times(a.slope, cos(a.value))};
  }
  friend EIGEN_STRONG_INLINE Dual cos(const Dual& a) {
    return {cos(a.value), -times(a.slope, sin(a.value))};
  }
  friend EIGEN_STRONG_INLINE Dual sinh(const Dual& a) {
    return {sinh(a.value), times(a.slope, cosh(a.value))};
  }
  friend EIGEN_STRONG_INLINE Dual cosh(const Dual& a) {
    return {cosh(a.value), times(a.slope, sinh(a.value))};
  }
  friend EIGEN_STRONG_INLINE Dual tanh(const Dual& a) {
    const V sech = V(1) / cosh(a.value);
    return {tanh(a.value), times(times(a.slope, sech), sech)};
  }
  friend EIGEN_STRONG_INLINE Dual softplus(const Dual& a) {
    const detail::SoftplusAndSigmoid<V> both(a.value);
    return {both.softplus, times(a.slope, both.sigmoid)};
  }
  friend EIGEN_STRONG_INLINE Dual sigmoid(const Dual& a) {
    const V s = sigmoid(a.value);
    return {s, times(a.slope, s * sigmoid(-a.value))};
  }
  // a^b. The slope for a is 0 where b is, that for b where a is and b >= 0, as in PyTorch.
  friend EIGEN_STRONG_INLINE Dual pow(const Dual& a, const Dual& b) {
    const V power = pow(a.value, b.value);
    const V for_a = where(b.value == V(0), V(0), b.value * pow(a.value, b.value - V(1)));
    const auto flat = (a.value == V(0)) & (b.value >= V(0));
    const V for_b = where(flat, V(0), power * log(a.value));
    return {power, times(a.slope, for_a) + times(b.slope, for_b)};
  }

 private:
  static EIGEN_STRONG_INLINE V times(const V& slope, const V& factor) {
    return where(slope == V(0), V(0), slope * factor);
  }
  static EIGEN_STRONG_INLINE V over(const V& slope, const V& divisor) {
    return where(slope == V(0), V(0), slope / divisor);
  }
};

}  // namespace eigenloss
