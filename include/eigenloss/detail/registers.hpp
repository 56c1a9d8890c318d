// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "comparison.hpp"

// What packs are made of: Eigen's SIMD registers, or plain numbers, and functions of them.
namespace eigenloss {
namespace detail {

// Square roots, correctly rounded: Eigen 3.4's own of floats, and of doubles with AVX-512, are
// approximate, and NaN at infinity.
template <class Register>
EIGEN_STRONG_INLINE Register square_root(const Register& x) {
  return Eigen::internal::psqrt(x);
}
#if defined(EIGEN_VECTORIZE_SSE)
EIGEN_STRONG_INLINE Eigen::internal::Packet4f square_root(const Eigen::internal::Packet4f& x) {
  return _mm_sqrt_ps(x);
}
#endif
#if defined(EIGEN_VECTORIZE_AVX)
EIGEN_STRONG_INLINE Eigen::internal::Packet8f square_root(const Eigen::internal::Packet8f& x) {
  return _mm256_sqrt_ps(x);
}
#endif
#if defined(EIGEN_VECTORIZE_AVX512)
EIGEN_STRONG_INLINE Eigen::internal::Packet16f square_root(const Eigen::internal::Packet16f& x) {
  return _mm512_maskz_sqrt_ps(0xffff, x);  // GCC warns of its own function without a mask
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d square_root(const Eigen::internal::Packet8d& x) {
  return _mm512_maskz_sqrt_pd(0xff, x);
}
#endif

// -x, also of 0: Eigen 3.4's own is 0 - x with AVX.
template <class Register>
EIGEN_STRONG_INLINE Register negated(const Register& x) {
  if constexpr (is_register<Register>) {
    using T = typename Eigen::internal::unpacket_traits<Register>::type;
    return Eigen::internal::pxor(x, Eigen::internal::pset1<Register>(T(-0.0)));
  } else {
    return -x;
  }
}

// Whether packs hold several numbers. Not on 32-bit ARM, where registers divide and take roots
// approximately and have no subnormal numbers.
#if defined(EIGEN_VECTORIZE_NEON) && !defined(__aarch64__)
template <class T>
constexpr bool vectorised = false;
#else
template <class T>
constexpr bool vectorised = bool(Eigen::internal::packet_traits<T>::Vectorizable);
#endif

// A register holds several numbers T, or is one T.
template <class T, bool Simd>
struct RegisterOf {
  using type = T;
  using Answer = bool;  // of a comparison
  static constexpr int width = 1;
};
template <class T>
struct RegisterOf<T, true> {
  using type = typename Eigen::internal::packet_traits<T>::type;
  using Answer = decltype(less(type(), type()));
  static constexpr int width = Eigen::internal::packet_traits<T>::size;
};

// Whether a register is worked on in halves: with AVX-512, where GCC 12 warns of the functions that
// Eigen calls across a whole one.
#if defined(EIGEN_VECTORIZE_AVX512)
template <class Register>
inline constexpr bool in_halves = is_register<Register> && sizeof(Register) == 64;

template <int which>
EIGEN_STRONG_INLINE Eigen::internal::Packet4d half_of(const Eigen::internal::Packet8d& x) {
  return _mm512_maskz_extractf64x4_pd(0xf, x, which);
}
template <int which>
EIGEN_STRONG_INLINE Eigen::internal::Packet8f half_of(const Eigen::internal::Packet16f& x) {
#if defined(EIGEN_VECTORIZE_AVX512DQ)  // no cast: GCC keeps what is read as two types in memory
  return _mm512_maskz_extractf32x8_ps(0xff, x, which);
#else
  return _mm256_castpd_ps(half_of<which>(_mm512_castps_pd(x)));
#endif
}
#else
template <class Register>
inline constexpr bool in_halves = false;
template <int which, class Register>
Register half_of(const Register&) = delete;
#endif

// Of all lanes the first, the sum, the largest and the smallest (NaN: the machine's choice).
template <class Register>
EIGEN_STRONG_INLINE auto first_of(const Register& x) {
  if constexpr (in_halves<Register>) {
    return Eigen::internal::pfirst(half_of<0>(x));
  } else {
    return Eigen::internal::pfirst(x);
  }
}
template <class Register>
EIGEN_STRONG_INLINE auto sum_of(const Register& x) {
  if constexpr (in_halves<Register>) {
    return Eigen::internal::predux(Eigen::internal::padd(half_of<0>(x), half_of<1>(x)));
  } else {
    return Eigen::internal::predux(x);
  }
}
template <class Register>
EIGEN_STRONG_INLINE auto largest_of(const Register& x) {
  if constexpr (in_halves<Register>) {
    return Eigen::internal::predux_max(larger(half_of<0>(x), half_of<1>(x)));
  } else {
    return Eigen::internal::predux_max(x);
  }
}
template <class Register>
EIGEN_STRONG_INLINE auto smallest_of(const Register& x) {
  if constexpr (in_halves<Register>) {
    return Eigen::internal::predux_min(smaller(half_of<0>(x), half_of<1>(x)));
  } else {
    return Eigen::internal::predux_min(x);
  }
}

// Whether packet_math.hpp serves the type.
template <class T>
constexpr bool has_packet_math = std::is_same<T, float>::value || std::is_same<T, double>::value;

// One function of registers applied to each register of its arguments, packs or masks. Here and
// elsewhere, loops over registers are unrolled by request: at -O2 GCC would leave them, and keep
// the registers in memory.
template <class Result, class F, class A, class... More>
EIGEN_STRONG_INLINE Result map(F f, const A& a, const More&... more) {
  Result result;
#pragma GCC unroll 8
  for (int k = 0; k < Result::registers; ++k) result.parts[k] = f(a.parts[k], more.parts[k]...);
  return result;
}

// A function of numbers applied lane by lane, for those that have no SIMD version.
template <class P, class F, class... More>
P lane_by_lane(F f, const P& a, const More&... more) {
  if constexpr (P::simd) {
    typename P::Scalar in[sizeof...(more) + 1][P::lanes];
    typename P::Scalar out[P::lanes];
    std::size_t row = 0;
    a.store(in[row++]);
    (more.store(in[row++]), ...);
    for (int i = 0; i < P::lanes; ++i) {
      if constexpr (sizeof...(more) == 0) {
        out[i] = f(in[0][i]);
      } else {
        out[i] = f(in[0][i], in[1][i]);
      }
    }
    return P::load(out);
  } else {
    return map<P>(f, a, more...);
  }
}

// log1p and expm1 for number types that lack them (William Kahan's correction of the rounding of 1
// + x).
template <class T>
T log1p_of_any(const T& x) {
  using std::log;
  if constexpr (std::is_arithmetic<T>::value) {
    return std::log1p(x);
  } else {
    const T u = T(1) + x;
    return u == T(1) ? x : T(log(u) * (x / (u - T(1))));
  }
}
template <class T>
T expm1_of_any(const T& x) {
  using std::exp;
  using std::log;
  if constexpr (std::is_arithmetic<T>::value) {
    return std::expm1(x);
  } else {
    const T u = exp(x);
    if (u == T(1)) return x;
    const T v = u - T(1);
    return v == T(-1) ? v : T(v * (x / log(u)));
  }
}

}  // namespace detail
}  // namespace eigenloss
