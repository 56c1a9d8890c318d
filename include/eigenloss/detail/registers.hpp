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

// The larger one, and the smaller one (NaN: the machine's choice).
template <class Register>
EIGEN_STRONG_INLINE Register larger(const Register& x, const Register& y) {
  if constexpr (is_register<Register>) {
    return Eigen::internal::pmax(x, y);
  } else {
    return x < y ? y : x;
  }
}

template <class Register>
EIGEN_STRONG_INLINE Register smaller(const Register& x, const Register& y) {
  if constexpr (is_register<Register>) {
    return Eigen::internal::pmin(x, y);
  } else {
    return y < x ? y : x;
  }
}
#if defined(EIGEN_VECTORIZE_AVX512)  // with a mask, as for square roots
EIGEN_STRONG_INLINE Eigen::internal::Packet16f smaller(const Eigen::internal::Packet16f& x,
                                                       const Eigen::internal::Packet16f& y) {
  return _mm512_maskz_min_ps(0xffff, x, y);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d smaller(const Eigen::internal::Packet8d& x,
                                                      const Eigen::internal::Packet8d& y) {
  return _mm512_maskz_min_pd(0xff, x, y);
}
#endif

// 0, 1, 2, ...: the lanes of a pack, counted.
template <class T, int Lanes>
struct Ramp {
  T numbers[Lanes];
  constexpr Ramp() : numbers{} {
    for (int k = 0; k < Lanes; ++k) numbers[k] = T(k);
  }
};

// Copies a few numbers, at most N, in two pieces that overlap: without a loop.
template <int N, class T>
EIGEN_STRONG_INLINE void copy_few(const T* from, std::ptrdiff_t count, T* to) {
  if constexpr (N > 1) {
    constexpr std::ptrdiff_t half = N / 2;
    if (count >= half) {
      T last[half];
      std::copy_n(from + (count - half), half, last);
      std::copy_n(from, half, to);
      std::copy_n(last, half, to + (count - half));
    } else {
      copy_few<N / 2>(from, count, to);
    }
  } else if (count > 0) {
    *to = *from;
  }
}

// Whether the machine loads a part of a register.
#if defined(EIGEN_VECTORIZE_AVX)
inline constexpr bool loads_some = true;
#else
inline constexpr bool loads_some = false;
#endif

// A register of the numbers at `from`, of which there are 0 < count <= its lanes; the last one takes
// the missing lanes. Nothing behind them is read.
template <class Register, class T>
EIGEN_STRONG_INLINE Register load_some(const Register&, const T* from, std::ptrdiff_t count) {
  constexpr int width = Eigen::internal::unpacket_traits<Register>::size;
  T numbers[width];
#pragma GCC unroll 8
  for (int k = 0; k < width; ++k) numbers[k] = from[k < count ? k : count - 1];
  return Eigen::internal::ploadu<Register>(numbers);
}
#if defined(EIGEN_VECTORIZE_AVX) && !defined(EIGEN_VECTORIZE_AVX512)
EIGEN_STRONG_INLINE Eigen::internal::Packet8f load_some(const Eigen::internal::Packet8f&,
                                                        const float* from, std::ptrdiff_t count) {
  static constexpr Ramp<float, 8> ramp{};
  const __m256 there =
      _mm256_cmp_ps(_mm256_loadu_ps(ramp.numbers), _mm256_set1_ps(float(count)), _CMP_LT_OQ);
  return _mm256_blendv_ps(_mm256_broadcast_ss(from + (count - 1)),
                          _mm256_maskload_ps(from, _mm256_castps_si256(there)), there);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet4d load_some(const Eigen::internal::Packet4d&,
                                                        const double* from, std::ptrdiff_t count) {
  static constexpr Ramp<double, 4> ramp{};
  const __m256d there =
      _mm256_cmp_pd(_mm256_loadu_pd(ramp.numbers), _mm256_set1_pd(double(count)), _CMP_LT_OQ);
  return _mm256_blendv_pd(_mm256_broadcast_sd(from + (count - 1)),
                          _mm256_maskload_pd(from, _mm256_castpd_si256(there)), there);
}
#endif
#if defined(EIGEN_VECTORIZE_AVX512)
EIGEN_STRONG_INLINE Eigen::internal::Packet16f load_some(const Eigen::internal::Packet16f&,
                                                         const float* from, std::ptrdiff_t count) {
  return _mm512_mask_loadu_ps(_mm512_set1_ps(from[count - 1]), __mmask16((1u << count) - 1), from);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d load_some(const Eigen::internal::Packet8d&,
                                                        const double* from, std::ptrdiff_t count) {
  return _mm512_mask_loadu_pd(_mm512_set1_pd(from[count - 1]), __mmask8((1u << count) - 1), from);
}
#endif

// Stores the first numbers of a register, of which there are 0 < count < its lanes.
template <class Register, class T>
EIGEN_STRONG_INLINE void store_some(const Register& x, T* to, std::ptrdiff_t count) {
  constexpr int width = Eigen::internal::unpacket_traits<Register>::size;
  T numbers[width];
  Eigen::internal::pstoreu(numbers, x);
  copy_few<width>(numbers, count, to);
}
#if defined(EIGEN_VECTORIZE_AVX512)
EIGEN_STRONG_INLINE void store_some(const Eigen::internal::Packet16f& x, float* to,
                                    std::ptrdiff_t count) {
  _mm512_mask_storeu_ps(to, __mmask16((1u << count) - 1), x);
}
EIGEN_STRONG_INLINE void store_some(const Eigen::internal::Packet8d& x, double* to,
                                    std::ptrdiff_t count) {
  _mm512_mask_storeu_pd(to, __mmask8((1u << count) - 1), x);
}
#endif

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
