// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstring>
#include <type_traits>

#include "packet_constants.hpp"

// The bits of a packet, and its numbers as products with a power of two.
namespace eigenloss::detail {

using Eigen::internal::pset1, Eigen::internal::psub;

template <class Packet>
using PacketScalar = typename Eigen::internal::unpacket_traits<Packet>::type;

template <class Packet>
using PacketConstants = ScalarMath<PacketScalar<Packet>>;

// The unsigned integers with the bits of a packet: a compiler vector, as Eigen 3.4 has no packet of
// 64-bit integers for AVX2; a plain integer for a plain scalar.
template <class Packet, bool = std::is_arithmetic_v<Packet>>
struct PacketBits {
  using type = typename PacketConstants<Packet>::Bits;
};

template <class Packet>
struct PacketBits<Packet, false> {
  typedef typename PacketConstants<Packet>::Bits type __attribute__((vector_size(sizeof(Packet))));
};

template <class Packet>
EIGEN_STRONG_INLINE auto to_bits(const Packet& x) {
  typename PacketBits<Packet>::type bits;
  std::memcpy(&bits, &x, sizeof(x));
  return bits;
}

template <class Packet>
EIGEN_STRONG_INLINE Packet from_bits(const typename PacketBits<Packet>::type& bits) {
  Packet x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

template <class Packet>
EIGEN_STRONG_INLINE Packet constant(PacketScalar<Packet> value) {
  return pset1<Packet>(value);
}

// Whether the processor takes numbers apart and puts them together by itself: mantissa_of(x), with
// 3/4 <= |m| < 3/2, NaN below 0; exponent_of(x), of the power of two below x, -inf at 0, inf at
// infinity; scaled(y, n) = y 2^n, underflowing gradually. Written with masks of all lanes, as GCC
// warns of numbers that are not initialised in its own functions without masks.
#if defined(EIGEN_VECTORIZE_AVX512)
template <class Packet>
constexpr bool has_power_instructions = sizeof(Packet) == 64;

EIGEN_STRONG_INLINE Eigen::internal::Packet16f mantissa_of(const Eigen::internal::Packet16f& x) {
  return _mm512_maskz_getmant_ps(0xffff, x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d mantissa_of(const Eigen::internal::Packet8d& x) {
  return _mm512_maskz_getmant_pd(0xff, x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet16f exponent_of(const Eigen::internal::Packet16f& x) {
  return _mm512_maskz_getexp_ps(0xffff, x);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d exponent_of(const Eigen::internal::Packet8d& x) {
  return _mm512_maskz_getexp_pd(0xff, x);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet16f scaled(const Eigen::internal::Packet16f& y,
                                                      const Eigen::internal::Packet16f& n) {
  return _mm512_maskz_scalef_ps(0xffff, y, n);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d scaled(const Eigen::internal::Packet8d& y,
                                                     const Eigen::internal::Packet8d& n) {
  return _mm512_maskz_scalef_pd(0xff, y, n);
}
#else
template <class Packet>
constexpr bool has_power_instructions = false;
#endif

// x = m 2^k with an integer k and 3/4 <= m < 3/2.
template <class Packet>
struct Parts {
  Packet m, k;
};

// The parts of a positive normal number. Of any number where the processor has instructions: m is
// NaN where x is that or below 0, k is -inf at 0 and inf at infinity, where m is 1.
template <class Packet>
EIGEN_STRONG_INLINE Parts<Packet> parts_of(const Packet& x) {
  using C = PacketConstants<Packet>;
  using Bits = typename C::Bits;
  if constexpr (has_power_instructions<Packet>) {
    const Packet m = mantissa_of(x);
    return {m, psub(exponent_of(x), exponent_of(m))};
  } else {
    const auto shifted = to_bits(x) + (C::one - C::three_quarters);
    const auto m = (shifted & ((Bits(1) << C::mantissa) - 1)) + C::three_quarters;
    const auto k = (shifted >> C::mantissa) |                     // k + bias, as an integer
                   (Bits(C::bias + C::mantissa) << C::mantissa);  // units + bias + k
    return {from_bits<Packet>(m), psub(from_bits<Packet>(k), constant<Packet>(C::units + C::bias))};
  }
}

}  // namespace eigenloss::detail
