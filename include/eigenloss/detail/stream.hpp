// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pack.hpp"

// What is said to the cache: lines that are needed soon, and stores that bypass it.
namespace eigenloss {
namespace detail {

// Of 64 bytes; a number that is larger counts as one.
template <class T>
constexpr Index numbers_in_line = sizeof(T) < 64 ? Index(64 / sizeof(T)) : 1;

// Asks for `count` numbers, in the nearest cache (3) or the one behind it (2). They may lie anywhere:
// a request is not an access. GCC drops calls of functions that do nothing but that, before it
// inlines them; therefore, inlined always.
template <bool ToWrite = false, int nearness = 3, class T>
EIGEN_ALWAYS_INLINE void prefetch(const T* numbers, Index count) {
  for (Index i = 0; i < count; i += numbers_in_line<T>)
    __builtin_prefetch(numbers + i, ToWrite, nearness);
}

// Whether the processor that is compiled for foresees reads in sequence beyond the end of a page, as
// AMD's Zen: there, asking costs up to a quarter of the time.
#if defined(__znver1__) || defined(__znver2__) || defined(__znver3__) || defined(__znver4__) || \
    defined(__znver5__)
inline constexpr bool foresees_pages = true;
#else
inline constexpr bool foresees_pages = false;
#endif

// Asks for the numbers a page behind `count` numbers that are read or written now, one after the
// other: most processors foresee that only up to the end of a page.
template <bool ToWrite = false, class T>
EIGEN_ALWAYS_INLINE void prefetch_next_page(const T* numbers, Index count) {
  if constexpr (!foresees_pages) prefetch<ToWrite>(numbers + 4096 / Index(sizeof(T)), count);
  (void)numbers, (void)count;
}

// The steps of a tile lie apart, which no processor foresees: the lines of a later step are asked
// for, at the end of a tile those of the next one, unless a near cache holds all of them.
inline constexpr Index steps_ahead = 16;
template <class T, Index lanes>
class LaterSteps {
 public:
  LaterSteps(Index size, Index stride)
      : asks_(stride != lanes && size * stride >= (Index(1) << 17) / Index(sizeof(T))) {
    if (!asks_) return;
    const Index tiles = size > steps_ahead ? 0 : steps_ahead / size;
    const Index steps = steps_ahead - tiles * size;
    here_ = steps * stride + tiles * lanes;
    next_ = here_ - size * stride + lanes;
    end_ = size - steps;
  }
  // The same, seen from step `begin` on.
  LaterSteps from(Index begin) const {
    LaterSteps later = *this;
    later.end_ -= begin;
    return later;
  }
  template <bool ToWrite = false>
  EIGEN_ALWAYS_INLINE void ask(Index i, const T* step) const {
    if (!asks_) return;
    step += i < end_ ? here_ : next_;
    prefetch<ToWrite>(step, lanes);
    __builtin_prefetch(step + (lanes - 1), ToWrite);
  }

 private:
  bool asks_;
  Index here_ = 0, next_ = 0, end_ = 0;  // how far away that lies before step `end` and from it on
};

// Stores that bypass the cache: for outputs too large to be still in it when they are read again.
// They save the read of the line that an ordinary store makes. Where the machine has none, ordinary
// stores.
template <class Register, class T>
void store_past_cache(T* to, const Register& x) {
  Eigen::internal::pstoreu(to, x);
}
#if defined(EIGEN_VECTORIZE_SSE)
inline void store_past_cache(float* to, const Eigen::internal::Packet4f& x) {
  _mm_stream_ps(to, x);
}
inline void store_past_cache(double* to, const Eigen::internal::Packet2d& x) {
  _mm_stream_pd(to, x);
}
#endif
#if defined(EIGEN_VECTORIZE_AVX)
inline void store_past_cache(float* to, const Eigen::internal::Packet8f& x) {
  _mm256_stream_ps(to, x);
}
inline void store_past_cache(double* to, const Eigen::internal::Packet4d& x) {
  _mm256_stream_pd(to, x);
}
#endif
#if defined(EIGEN_VECTORIZE_AVX512)
inline void store_past_cache(float* to, const Eigen::internal::Packet16f& x) {
  _mm512_stream_ps(to, x);
}
inline void store_past_cache(double* to, const Eigen::internal::Packet8d& x) {
  _mm512_stream_pd(to, x);
}
#endif

// Whether so many numbers, all that a call writes, are too many to be still in the cache when they
// are read again.
template <class T>
constexpr bool outlasts_cache(Index numbers) {
  return numbers >= (Index(1) << 24) / Index(sizeof(T));
}

// Whether so many numbers are whole cache lines. Of a line, to bypass the cache in part costs much.
template <class T>
bool whole_lines(const T* numbers, Index count) {
  return reinterpret_cast<std::uintptr_t>(numbers) % 64 == 0 && count % numbers_in_line<T> == 0;
}
// Whether packs can be streamed to there: each register must be aligned.
template <class P>
bool can_stream(const typename P::Scalar* to) {
  return reinterpret_cast<std::uintptr_t>(to) % (sizeof(*to) * std::size_t(P::width)) == 0;
}
// Precondition: can_stream.
template <class T, bool Simd, int Registers>
EIGEN_STRONG_INLINE void stream(T* to, const Pack<T, Simd, Registers>& pack) {
#pragma GCC unroll 8
  for (int k = 0; k < Registers; ++k) {
    if constexpr (Simd) {
      store_past_cache(to + k * pack.width, pack.parts[k]);
    } else {
      to[k] = pack.parts[k];
    }
  }
}

// Copies past the cache. `from` is aligned to 64 bytes; `to` need not be.
template <class T>
void stream(const T* from, Index count, T* to) {
  using V = Vector<T>;
  Index i = 0;
  if constexpr (V::simd) {
    constexpr Index width = V::lanes, bytes = width * Index(sizeof(T));
    const Index misaligned = Index(reinterpret_cast<std::uintptr_t>(to) % std::size_t(bytes));
    if (misaligned % Index(sizeof(T)) == 0) {
      const Index head = (bytes - misaligned) % bytes / Index(sizeof(T));
      for (const Index end = (std::min)(head, count); i < end; ++i) to[i] = from[i];
      for (; i + width <= count; i += width) store_past_cache(to + i, V::load(from + i).parts[0]);
    }
  }
  std::copy(from + i, from + count, to + i);
}

// Makes streamed stores visible to other threads before what follows.
inline void end_streaming() {
#if defined(EIGEN_VECTORIZE_SSE)
  _mm_sfence();
#endif
}

}  // namespace detail
}  // namespace eigenloss
