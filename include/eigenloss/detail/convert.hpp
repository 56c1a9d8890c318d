// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "stream.hpp"
#include "traits.hpp"

// Numbers of one type as another, one by one and in arrays: what stands between an argument of any
// scalar type and the type that a loss computes in.
namespace eigenloss {
namespace detail {

template <class T, class S>
EIGEN_STRONG_INLINE T convert(const S& number) {
  if constexpr (std::is_same<T, S>::value) {
    return number;
  } else if constexpr (is_16_bit<S>) {
    return convert<T>(static_cast<float>(number));
  } else if constexpr (is_16_bit<T>) {
    return T(convert<float>(number));
  } else if constexpr (std::is_same<T, std::int64_t>::value &&
                       std::is_same<S, std::uint64_t>::value) {
    return static_cast<T>((std::min)(number, S((std::numeric_limits<T>::max)())));
  } else if constexpr (std::is_arithmetic<T>::value) {
    return static_cast<T>(number);
  } else {
    return T(static_cast<double>(number));
  }
}

// ---- 16-bit floating-point numbers by their bits, in the low half of a word; to nearest, ties to
// even. Without a branch, and with signed comparisons, which SIMD has: loops become vectors. ----

using Word = std::uint32_t;

EIGEN_STRONG_INLINE Word bits_of(float number) { return Eigen::numext::bit_cast<Word>(number); }
EIGEN_STRONG_INLINE float float_of(Word bits) { return Eigen::numext::bit_cast<float>(bits); }
// a where x < y, else b, for words without their highest bit.
EIGEN_STRONG_INLINE Word where_less(Word x, Word y, Word a, Word b) {
  const Word mask = Word(0) - Word(std::int32_t(x) < std::int32_t(y));
  return (a & mask) | (b & ~mask);
}

template <class S>
struct SixteenBits;

template <>
struct SixteenBits<Eigen::bfloat16> {
  static EIGEN_STRONG_INLINE float widen(Word bits) { return float_of(bits << 16); }
  static EIGEN_STRONG_INLINE Word narrow(float number) {
    const Word bits = bits_of(number), infinity = 0x7f800000u;
    const Word rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16, nan = bits >> 16 | 0x40u;
    return where_less(infinity, bits & 0x7fffffffu, nan, rounded);
  }
};

// half: a sign, 5 bits of exponent with bias 15 and 10 of mantissa; float: 8 with bias 127 and 23.
template <>
struct SixteenBits<Eigen::half> {
  static constexpr Word rebias = 112u << 23, least_normal = 113u << 23, beyond = 143u << 23;

  static EIGEN_STRONG_INLINE float widen(Word bits) {
    const Word sign = (bits & 0x8000u) << 16, size = (bits & 0x7fffu) << 13;
    const Word normal = size + rebias, special = normal + rebias;
    const Word subnormal = bits_of(float_of(size + least_normal) - float_of(least_normal));
    const Word finite = where_less(size, 0x400u << 13, subnormal, normal);
    return float_of(sign | where_less(size, 0x7c00u << 13, finite, special));
  }
  static EIGEN_STRONG_INLINE Word narrow(float number) {
    const Word bits = bits_of(number), size = bits & 0x7fffffffu, infinity = 0x7f800000u;
    const Word normal = (size + 0xfffu + (size >> 13 & 1u) - rebias) >> 13;
    // Next to 0.5 the floats lie 2^-24 apart, as the subnormal halves do.
    const Word subnormal = bits_of(float_of(size) + 0.5f) - bits_of(0.5f);
    const Word finite = where_less(size, least_normal, subnormal, normal);
    const Word special = where_less(infinity, size, 0x7e00u, 0x7c00u);
    return (bits >> 16 & 0x8000u) | where_less(size, beyond, finite, special);
  }
};

// So many at a time: few enough for registers, and too many for compilers to unroll the loop before
// they make vectors of it.
inline constexpr Index numbers_at_once = 32;

using HalfWord [[gnu::may_alias]] = std::uint16_t;  // the bits of a 16-bit number in place

// The loop writes to an array of its own, which cannot overlap what it reads.
template <class S>
EIGEN_STRONG_INLINE void widen(const S* from, float* to) {
  const HalfWord* bits = reinterpret_cast<const HalfWord*>(from);
  float numbers[numbers_at_once];
  for (Index i = 0; i < numbers_at_once; ++i) numbers[i] = SixteenBits<S>::widen(bits[i]);
  std::memcpy(to, numbers, sizeof numbers);
}
template <class S>
EIGEN_STRONG_INLINE void narrow(const float* from, S* to) {
  std::uint16_t bits[numbers_at_once];
  for (Index i = 0; i < numbers_at_once; ++i) {
    bits[i] = static_cast<std::uint16_t>(SixteenBits<S>::narrow(from[i]));
  }
  std::memcpy(static_cast<void*>(to), bits, sizeof bits);
}
#if defined(__F16C__) && defined(EIGEN_VECTORIZE_AVX)
inline void widen(const Eigen::half* from, float* to) {
  for (Index i = 0; i < numbers_at_once; i += 8) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(bits));
  }
}
inline void narrow(const float* from, Eigen::half* to) {
  for (Index i = 0; i < numbers_at_once; i += 8) {
    const __m128i bits = _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), bits);
  }
}
#endif

#if defined(__AVX2__) && defined(EIGEN_VECTORIZE_AVX)
inline void widen(const Eigen::bfloat16* from, float* to) {
  for (Index i = 0; i < numbers_at_once; i += 8) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    const __m256i words = _mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16);
    _mm256_storeu_ps(to + i, _mm256_castsi256_ps(words));
  }
}
// As SixteenBits::narrow.
inline __m256i narrow_eight(const float* from) {
  const __m256 number = _mm256_loadu_ps(from);
  const __m256i bits = _mm256_castps_si256(number), high = _mm256_srli_epi32(bits, 16);
  const __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
  const __m256i bias = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
  const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, bias), 16);
  const __m256i nan = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
  const __m256 is_nan = _mm256_cmp_ps(number, number, _CMP_UNORD_Q);
  return _mm256_blendv_epi8(rounded, nan, _mm256_castps_si256(is_nan));
}
inline void narrow(const float* from, Eigen::bfloat16* to) {
  for (Index i = 0; i < numbers_at_once; i += 16) {
    const __m256i mixed = _mm256_packus_epi32(narrow_eight(from + i), narrow_eight(from + i + 8));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm256_permute4x64_epi64(mixed, _MM_SHUFFLE(3, 1, 2, 0)));
  }
}
#endif

// ---- Arrays. ----

// A loop of a fixed length between arrays that do not overlap: GCC makes vectors of it at -O2, too
// (from 12 on).
inline constexpr Index plain_numbers_at_once = 64;
template <class S, class T>
EIGEN_STRONG_INLINE void convert_plain(const S* __restrict__ from, T* __restrict__ to) {
  for (Index i = 0; i < plain_numbers_at_once; ++i) to[i] = static_cast<T>(from[i]);
}

template <class T, class S>
void convert(const S* from, Index count, T* to) {
  Index i = 0;
  if constexpr (std::is_same<S, T>::value) {
    std::copy_n(from, count, to);
    return;
  } else if constexpr (std::is_same<S, bool>::value && sizeof(bool) == 1) {  // 0 or 1 in a byte
    return convert(reinterpret_cast<const unsigned char*>(from), count, to);
  } else if constexpr (std::is_arithmetic<S>::value && std::is_floating_point<T>::value) {
    for (; i + plain_numbers_at_once <= count; i += plain_numbers_at_once)
      convert_plain(from + i, to + i);
  } else if constexpr (is_16_bit<S> && std::is_same<T, float>::value) {
    for (; i + numbers_at_once <= count; i += numbers_at_once) {
      prefetch_next_page(from + i, numbers_at_once);
      widen(from + i, to + i);
    }
  } else if constexpr (is_16_bit<T> && std::is_same<S, float>::value) {
    for (; i + numbers_at_once <= count; i += numbers_at_once) {
      prefetch_next_page<true>(to + i, numbers_at_once);
      narrow(from + i, to + i);
    }
  }
  for (; i < count; ++i) to[i] = convert<T>(from[i]);
}

}  // namespace detail
}  // namespace eigenloss
