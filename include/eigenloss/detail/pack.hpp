// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <type_traits>

#include "mask.hpp"
#include "packet_math.hpp"
#include "registers.hpp"

// A pack is a few numbers on which a formula is evaluated at once: Eigen's SIMD registers behind
// operators and the usual names. Nothing else in the library knows what a register is.
namespace eigenloss {

/// A few numbers on which a formula is evaluated at once.
template <class T, bool Simd, int Registers = 1>
struct Pack {
  using Scalar = T;
  using Register = typename detail::RegisterOf<T, Simd>::type;
  using M = Mask<T, Simd, Registers>;
  static constexpr bool simd = Simd;
  static constexpr int registers = Registers;
  static constexpr int width = detail::RegisterOf<T, Simd>::width;
  static constexpr int lanes = width * Registers;

  Register parts[Registers];  // in memory order: lane 0 of parts[0] comes first

  Pack() = default;
  // Register by register: compilers copy an array of registers through memory.
  EIGEN_STRONG_INLINE Pack(const Pack& other) { *this = other; }
  EIGEN_STRONG_INLINE Pack& operator=(const Pack& other) {
#pragma GCC unroll 8
    for (int k = 0; k < Registers; ++k) parts[k] = other.parts[k];
    return *this;
  }
  EIGEN_STRONG_INLINE Pack(const Scalar& number) {
#pragma GCC unroll 8
    for (int k = 0; k < Registers; ++k) {
      if constexpr (simd)
        parts[k] = Eigen::internal::pset1<Register>(number);
      else
        parts[k] = number;
    }
  }
  template <class Number,
            std::enable_if_t<
                std::is_arithmetic<Number>::value && !std::is_same<Number, Scalar>::value, int> = 0>
  EIGEN_STRONG_INLINE Pack(Number number) : Pack(scalar(number)) {}
  // Numbers of other libraries are made from double: an AutoDiffScalar warns at anything wider.
  template <class Number>
  static EIGEN_STRONG_INLINE Scalar scalar(Number number) {
    if constexpr (std::is_arithmetic<Scalar>::value) {
      return Scalar(number);
    } else {
      return Scalar(static_cast<double>(number));
    }
  }

  static EIGEN_STRONG_INLINE Pack load(const Scalar* from) {
    Pack pack;
#pragma GCC unroll 8
    for (int k = 0; k < Registers; ++k) {
      if constexpr (simd)
        pack.parts[k] = Eigen::internal::ploadu<Register>(from + k * width);
      else
        pack.parts[k] = from[k];
    }
    return pack;
  }
  EIGEN_STRONG_INLINE void store(Scalar* to) const {
#pragma GCC unroll 8
    for (int k = 0; k < Registers; ++k) {
      if constexpr (simd)
        Eigen::internal::pstoreu(to + k * width, parts[k]);
      else
        to[k] = parts[k];
    }
  }

  friend EIGEN_STRONG_INLINE Pack operator+(const Pack& a, const Pack& b) {
    return detail::map<Pack>([](auto& x, auto& y) { return Eigen::internal::padd(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Pack operator-(const Pack& a, const Pack& b) {
    return detail::map<Pack>([](auto& x, auto& y) { return Eigen::internal::psub(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Pack operator*(const Pack& a, const Pack& b) {
    return detail::map<Pack>([](auto& x, auto& y) { return Eigen::internal::pmul(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Pack operator/(const Pack& a, const Pack& b) {
    return detail::map<Pack>([](auto& x, auto& y) { return Eigen::internal::pdiv(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Pack operator-(const Pack& a) {
    return detail::map<Pack>([](auto& x) { return detail::negated(x); }, a);
  }
  friend EIGEN_STRONG_INLINE Pack operator+(const Pack& a) { return a; }
  EIGEN_STRONG_INLINE Pack& operator+=(const Pack& b) { return *this = *this + b; }
  EIGEN_STRONG_INLINE Pack& operator-=(const Pack& b) { return *this = *this - b; }
  EIGEN_STRONG_INLINE Pack& operator*=(const Pack& b) { return *this = *this * b; }
  EIGEN_STRONG_INLINE Pack& operator/=(const Pack& b) { return *this = *this / b; }

  friend EIGEN_STRONG_INLINE M operator<(const Pack& a, const Pack& b) {
    return detail::map<M>([](auto& x, auto& y) { return detail::less(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE M operator<=(const Pack& a, const Pack& b) {
    return detail::map<M>([](auto& x, auto& y) { return detail::less_or_equal(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE M operator==(const Pack& a, const Pack& b) {
    return detail::map<M>([](auto& x, auto& y) { return detail::equal(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE M operator>(const Pack& a, const Pack& b) { return b < a; }
  friend EIGEN_STRONG_INLINE M operator>=(const Pack& a, const Pack& b) { return b <= a; }
  friend EIGEN_STRONG_INLINE M operator!=(const Pack& a, const Pack& b) { return ~(a == b); }

  // NaN if either is NaN, as torch.minimum and torch.maximum.
  friend EIGEN_STRONG_INLINE Pack(min)(const Pack& a, const Pack& b) {
    return where((b < a) | (b != b), b, a);
  }
  friend EIGEN_STRONG_INLINE Pack(max)(const Pack& a, const Pack& b) {
    return where((a < b) | (b != b), b, a);
  }
  // a, but at least low, or at most high; NaN stays NaN.
  friend EIGEN_STRONG_INLINE Pack at_least(const Pack& low, const Pack& a) {
    return detail::map<Pack>([](auto& x, auto& y) { return detail::at_least(x, y); }, low, a);
  }
  friend EIGEN_STRONG_INLINE Pack at_most(const Pack& high, const Pack& a) {
    return detail::map<Pack>([](auto& x, auto& y) { return detail::at_most(x, y); }, high, a);
  }
  // The larger one, in one instruction; what it does with NaN is the machine's choice.
  friend EIGEN_STRONG_INLINE Pack larger(const Pack& a, const Pack& b) {
    return detail::map<Pack>([](auto& x, auto& y) { return detail::larger(x, y); }, a, b);
  }
  friend EIGEN_STRONG_INLINE Pack abs(const Pack& a) {
    if constexpr (simd) {
      return detail::map<Pack>([](auto& x) { return Eigen::internal::pabs(x); }, a);
    } else {
      using std::abs;
      return detail::map<Pack>([](const Register& x) -> Register { return abs(x); }, a);
    }
  }
  // -|a|, in one instruction.
  friend EIGEN_STRONG_INLINE Pack minus_abs(const Pack& a) {
    if constexpr (simd) {
      return detail::map<Pack>(
          [](const Register& x) -> Register {
            return Eigen::internal::por(x, Eigen::internal::pset1<Register>(Scalar(-0.0)));
          },
          a);
    } else {
      return -abs(a);
    }
  }
  friend EIGEN_STRONG_INLINE Pack sqrt(const Pack& a) {
    if constexpr (simd) {
      return detail::map<Pack>([](auto& x) { return detail::square_root(x); }, a);
    } else {
      using std::sqrt;
      return detail::map<Pack>([](const Register& x) -> Register { return sqrt(x); }, a);
    }
  }
  friend EIGEN_STRONG_INLINE Pack exp(const Pack& a) {
    if constexpr (detail::has_packet_math<T>) {
      return detail::map<Pack>([](auto& x) { return detail::packet_exp(x); }, a);
    } else {
      using std::exp;
      return detail::map<Pack>([](const Register& x) -> Register { return exp(x); }, a);
    }
  }
  // exp(a) for a <= 0 or NaN, at half the cost: what log-sum-exp and softplus need.
  friend EIGEN_STRONG_INLINE Pack exp_nonpositive(const Pack& a) {
    if constexpr (detail::has_packet_math<T>) {
      return detail::map<Pack>([](auto& x) { return detail::packet_exp_nonpositive(x); }, a);
    } else {
      return exp(a);
    }
  }
  friend EIGEN_STRONG_INLINE Pack log(const Pack& a) {
    if constexpr (detail::has_packet_math<T>) {
      return detail::map<Pack>([](auto& x) { return detail::packet_log(x); }, a);
    } else {
      using std::log;
      return detail::map<Pack>([](const Register& x) -> Register { return log(x); }, a);
    }
  }
  friend EIGEN_STRONG_INLINE Pack log1p(const Pack& a) {
    if constexpr (detail::has_packet_math<T>) {
      return detail::map<Pack>([](auto& x) { return detail::packet_log1p(x); }, a);
    } else {
      return detail::map<Pack>([](const Register& x) { return detail::log1p_of_any(x); }, a);
    }
  }
  // log(1 + a) for a in [0, 1].
  friend EIGEN_STRONG_INLINE Pack log1p_unit(const Pack& a) {
    if constexpr (detail::has_packet_math<T>) {
      return detail::map<Pack>([](auto& x) { return detail::packet_log1p_unit(x); }, a);
    } else {
      return log1p(a);
    }
  }
  friend EIGEN_STRONG_INLINE Pack expm1(const Pack& a) {
    if constexpr (detail::has_packet_math<T>) {
      return detail::map<Pack>([](auto& x) { return detail::packet_expm1(x); }, a);
    } else {
      return detail::map<Pack>([](const Register& x) { return detail::expm1_of_any(x); }, a);
    }
  }
  friend Pack sin(const Pack& a) {
    using std::sin;
    return detail::lane_by_lane([](const Scalar& x) -> Scalar { return sin(x); }, a);
  }
  friend Pack cos(const Pack& a) {
    using std::cos;
    return detail::lane_by_lane([](const Scalar& x) -> Scalar { return cos(x); }, a);
  }
  friend Pack pow(const Pack& a, const Pack& b) {
    using std::pow;
    return detail::lane_by_lane(
        [](const Scalar& x, const Scalar& y) -> Scalar { return pow(x, y); }, a, b);
  }

  friend Pack sinh(const Pack& a) {
    const Pack size = abs(a);
    const Pack u = expm1(size);
    const Pack half = exp(Pack(0.5) * size);  // (half/2)·half is finite as long as sinh is
    const Pack s =
        where(size < Pack(20), Pack(0.5) * (u + u / (u + Pack(1))), Pack(0.5) * half * half);
    return where(a < Pack(0), -s, where(a == Pack(0), a, s));
  }
  friend Pack cosh(const Pack& a) {
    const Pack half = exp(Pack(0.5) * abs(a));
    return Pack(0.5) * half * half + Pack(0.5) / half / half;
  }
  friend Pack tanh(const Pack& a) {
    const Pack u = expm1(Pack(-2) * abs(a));  // in [-1, 0]: no overflow
    const Pack t = -u / (u + Pack(2));
    return where(a < Pack(0), -t, where(a == Pack(0), a, t));
  }
};

namespace detail {

// The pack that a loop over an array of T steps by, and a pack of one number.
template <class T, int Registers = 1>
using Vector = Pack<T, vectorised<T>, Registers>;
template <class T>
using Single = Pack<T, false>;

}  // namespace detail
}  // namespace eigenloss
