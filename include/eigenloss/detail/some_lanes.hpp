// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>

// The first lanes of registers, at the end of a run.
namespace eigenloss {
namespace detail {

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

// Stores the first numbers of a register, of which there are 0 < count <= its lanes.
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

}  // namespace detail
}  // namespace eigenloss
