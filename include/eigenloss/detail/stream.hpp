// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pack.hpp"

// Stores that bypass the cache: for outputs too large to be still in it when they are read again.
// They save the read of the line that an ordinary store makes. Where the machine has none, ordinary
// stores.
namespace eigenloss {
namespace detail {

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

// Outputs of more bytes than this are streamed.
constexpr Index stream_bytes = Index(1) << 24;

// Precondition: `to` is aligned to the size of the pack.
template <class T, bool Simd>
EIGEN_STRONG_INLINE void stream(T* to, const Pack<T, Simd>& pack) {
  if constexpr (Simd) {
    store_past_cache(to, pack.parts[0]);
  } else {
    *to = pack.parts[0];
  }
}

// Makes streamed stores visible to other threads before what follows.
inline void end_streaming() {
#if defined(EIGEN_VECTORIZE_SSE)
  _mm_sfence();
#endif
}

}  // namespace detail
}  // namespace eigenloss
