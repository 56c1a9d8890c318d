// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "comparison.hpp"
#include "packet_constants.hpp"

// Exponentials and logarithms of one Eigen packet of float or double; a plain float or double is a
// packet of one. Eigen's own double versions are slow, and its float ones handle cases that a loss
// can rule out.
//
// None of them branches on a lane, and NaN gives NaN. The bounds count units in the last place of
// the exact result. They hold with and without a fused pmadd, in round-to-nearest and without
// -ffast-math: rounding to an integer by adding and subtracting a large number is an identity to a
// compiler that may reorder sums.
namespace eigenloss::detail {

using Eigen::internal::pabs, Eigen::internal::padd, Eigen::internal::psub, Eigen::internal::pmul,
    Eigen::internal::pdiv, Eigen::internal::pmadd, Eigen::internal::pnegate, Eigen::internal::pset1,
    Eigen::internal::pzero;

// Whether pmadd of packets rounds once.
#if defined(EIGEN_VECTORIZE_FMA) || defined(EIGEN_VECTORIZE_NEON)
constexpr bool fused_multiply_add = true;
#else
constexpr bool fused_multiply_add = false;
#endif

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

// x, but at least low and at most high. NaN stays NaN, which pmin and pmax do on some machines
// only.
template <class Packet>
EIGEN_STRONG_INLINE Packet clamp(const Packet& x, PacketScalar<Packet> low,
                                 PacketScalar<Packet> high) {
  const Packet y = select(less(x, constant<Packet>(low)), constant<Packet>(low), x);
  return select(less(constant<Packet>(high), y), constant<Packet>(high), y);
}

// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule in x^2 over pairs of terms, which halves the
// chain of dependent operations: with longer chains the processor waits, however many packets are
// independent of each other.
template <std::size_t first = 0, class Packet, std::size_t size>
EIGEN_STRONG_INLINE Packet polynomial(const Packet& x, const Packet& x2,
                                      const PacketScalar<Packet> (&c)[size]) {
  Packet y = constant<Packet>(c[first]);
  if constexpr (first + 1 < size) y = pmadd(x, constant<Packet>(c[first + 1]), y);
  if constexpr (first + 2 < size) y = pmadd(polynomial<first + 2>(x, x2, c), x2, y);
  return y;
}

// x = n ln 2 + r with an integer n and |r| <= ln 2 / 2. The lowest bits of `biased` are the integer
// n + bias.
template <class Packet>
struct ExpReduction {
  Packet biased, r;
};

// Next to 1.5 `units` a number has no bits for a fraction: adding that rounds x / ln 2 to an
// integer, in its low bits.
template <class Packet>
EIGEN_STRONG_INLINE ExpReduction<Packet> reduce_exp(const Packet& x, PacketScalar<Packet> bias) {
  using C = PacketConstants<Packet>;
  const Packet shift = constant<Packet>(C::units + C::units / 2 + bias);
  const Packet biased = pmadd(x, constant<Packet>(C::log2_e), shift);
  const Packet n = psub(biased, shift);
  const Packet r = pmadd(n, constant<Packet>(-C::ln2_high), x);
  return {biased, pmadd(n, constant<Packet>(-C::ln2_low), r)};
}

// e^r = (1 + r) + r^2 series(r), |r| <= ln 2 / 2
template <class Packet>
EIGEN_STRONG_INLINE Packet exp_of_reduced(const Packet& r) {
  const Packet r2 = pmul(r, r);
  return pmadd(polynomial(r, r2, PacketConstants<Packet>::exp_series), r2,
               padd(constant<Packet>(1), r));
}

// e^x for every x, within 1.5 ulp, underflowing gradually. 2^n is applied as two factors, as n can
// leave the range of exponents at both ends.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_exp(const Packet& x) {
  using C = PacketConstants<Packet>;
  const ExpReduction<Packet> parts = reduce_exp(clamp(x, C::exp_low, C::exp_high), 2 * C::bias);
  const auto exponent = to_bits(parts.biased);
  const auto half = exponent >> 1;
  const Packet scaled = pmul(exp_of_reduced(parts.r), from_bits<Packet>(half << C::mantissa));
  return pmul(scaled, from_bits<Packet>((exponent - half) << C::mantissa));
}

// e^x for x <= 0, within 1.5 ulp; 0 where e^x is not a normal number, below -87.3 (float) or -708.3
// (double). Where x is above 0 by a rounding error, or as far as 88 (float) or 709 (double), the
// result is right as well.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_exp_nonpositive(const Packet& x) {
  using C = PacketConstants<Packet>;
  const ExpReduction<Packet> parts = reduce_exp(x, C::bias);
  const Packet y =
      pmul(exp_of_reduced(parts.r), from_bits<Packet>(to_bits(parts.biased) << C::mantissa));
  return zero_where(less(x, constant<Packet>(C::exp_least_normal)), y);
}

// e^x - 1 for every x, within 1.5 ulp (float) or 2 ulp (double). With h = 2^(n-1), which stays in
// the range of exponents, it is twice (h - 1/2 + h r) + h r^2 series(r), whose last term has a
// small error where the rest cancels.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_expm1(const Packet& x) {
  using C = PacketConstants<Packet>;
  const ExpReduction<Packet> parts = reduce_exp(clamp(x, C::expm1_low, C::exp_high), C::bias - 1);
  const Packet h = from_bits<Packet>(to_bits(parts.biased) << C::mantissa), r = parts.r,
               r2 = pmul(r, r);
  const Packet linear_part = pmadd(h, r, psub(h, constant<Packet>(0.5)));
  const Packet half_y = pmadd(h, pmul(r2, polynomial(r, r2, C::exp_series)), linear_part);
  return select(less(constant<Packet>(C::linear), pabs(x)), padd(half_y, half_y),
                x);  // -0, subnormal, NaN
}

// log(1 + f) - f, with s = f / (2 + f): log(1 + f) = 2 s + s^3 series(s^2), and 2 s = f - s f.
template <class Packet, std::size_t size>
EIGEN_STRONG_INLINE Packet log1p_tail(const Packet& f, const PacketScalar<Packet> (&series)[size]) {
  const Packet s = pdiv(f, padd(f, constant<Packet>(2)));
  const Packet z = pmul(s, s);
  return pmul(s, pmadd(z, polynomial(z, pmul(z, z), series), pnegate(f)));
}

// log(1 + e) for 0 <= e <= 1, within 1.5 ulp: with e = exp(-|x|), the curved part of softplus. Floats
// do without the division where pmadd rounds once, which that needs.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log1p_unit(const Packet& e) {
  using C = PacketConstants<Packet>;
  if constexpr (std::is_same<PacketScalar<Packet>, float>::value && fused_multiply_add) {
    const Packet e2 = pmul(e, e);
    return pmadd(polynomial(e, e2, C::log1p_unit_in_e), e2, e);
  } else {
    return padd(e, log1p_tail(e, C::log1p_unit_series));
  }
}

// A positive normal number is 2^k m with 3/4 <= m < 3/2: where k = 1, log1p's f is rounded to 1/4
// and less. `twice_inverse` is 2^(1-k), which is a normal number or 0 where 2^-k need not be.
template <class Packet>
struct LogReduction {
  Packet k, m, twice_inverse;
};

template <class Packet>
EIGEN_STRONG_INLINE LogReduction<Packet> reduce_log(const Packet& x) {
  using C = PacketConstants<Packet>;
  using Bits = typename C::Bits;
  const auto shifted = to_bits(x) + (C::one - C::three_quarters);
  const auto exponent = shifted >> C::mantissa;  // k + bias, as an integer
  const auto m = (shifted & ((Bits(1) << C::mantissa) - 1)) + C::three_quarters;
  const auto k = exponent | (Bits(C::bias + C::mantissa) << C::mantissa);  // units + bias + k
  const auto twice_inverse = (Bits(2 * C::bias + 1) - exponent) << C::mantissa;
  return {psub(from_bits<Packet>(k), constant<Packet>(C::units + C::bias)), from_bits<Packet>(m),
          from_bits<Packet>(twice_inverse)};
}

// log(x) = k ln 2 + log(1 + f), -1/4 <= f < 1/2, for x > 0; -inf at 0, NaN below
template <class Packet>
EIGEN_STRONG_INLINE Packet log_of_reduced(const Packet& x, const Packet& k, const Packet& f) {
  using C = PacketConstants<Packet>;
  using Limits = std::numeric_limits<PacketScalar<Packet>>;
  const Packet zero = pzero(x), infinity = constant<Packet>(Limits::infinity());
  const Packet low = pmadd(k, constant<Packet>(C::ln2_low), log1p_tail(f, C::log_series));
  const Packet y = pmadd(k, constant<Packet>(C::ln2_high), padd(f, low));
  const Packet outside =
      select(equal(x, zero), pnegate(infinity), constant<Packet>(Limits::quiet_NaN()));
  return select(less(zero, x), select(less(x, infinity), y, x), outside);
}

// log(x) for every x, within 1.25 ulp. Subnormal numbers are scaled into the normal ones first.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log(const Packet& x) {
  using C = PacketConstants<Packet>;
  const auto tiny = less(x, constant<Packet>((std::numeric_limits<PacketScalar<Packet>>::min)()));
  const LogReduction<Packet> parts =
      reduce_log(select(tiny, pmul(x, constant<Packet>(C::units)), x));
  const Packet k = psub(parts.k, only_where(tiny, constant<Packet>(C::mantissa)));
  return log_of_reduced(x, k, psub(parts.m, constant<Packet>(1)));
}

// log(1 + x) for every x, within 1.25 ulp. u = 1 + x is rounded; its error, exact by Knuth's
// two-sum, joins u's mantissa once scaled like it, which gives back x itself where k = 0.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log1p(const Packet& x) {
  const Packet one = constant<Packet>(1);
  const Packet u = padd(one, x);
  const Packet rounded = psub(u, one);
  const Packet error = padd(psub(one, psub(u, rounded)), psub(x, rounded));
  const LogReduction<Packet> parts = reduce_log(u);
  const Packet f =
      pmadd(pmul(error, constant<Packet>(0.5)), parts.twice_inverse, psub(parts.m, one));
  const Packet y = log_of_reduced(u, parts.k, f);
  return select(less(constant<Packet>(PacketConstants<Packet>::linear), pabs(x)), y,
                x);  // -0, subnormal, NaN
}

}  // namespace eigenloss::detail
