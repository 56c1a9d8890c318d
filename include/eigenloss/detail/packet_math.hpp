// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "comparison.hpp"
#include "packet_powers.hpp"

// Exponentials and logarithms of one Eigen packet of float or double; a plain float or double is a
// packet of one. Eigen's own double versions are slow, and its float ones handle cases that a loss
// can rule out.
//
// None of them branches on a lane, and NaN gives NaN. The bounds count units in the last place of
// the exact result. They hold with and without a fused pmadd, in round-to-nearest and without
// -ffast-math, with which results lose a few digits, and NaN and infinity are anything.
namespace eigenloss::detail {

using Eigen::internal::pabs, Eigen::internal::padd, Eigen::internal::psub, Eigen::internal::pmul,
    Eigen::internal::pdiv, Eigen::internal::pmadd, Eigen::internal::pnegate, Eigen::internal::pzero;

// Whether pmadd rounds once; that of plain numbers may, or not.
#if defined(EIGEN_VECTORIZE_FMA) || (defined(EIGEN_VECTORIZE_NEON) && defined(__ARM_FEATURE_FMA))
template <class Packet>
constexpr bool fused_multiply_add = is_register<Packet>;
#else
template <class Packet>
constexpr bool fused_multiply_add = false;
#endif

// A sum that is to be rounded here. To a compiler that may reorder sums (-ffast-math or a part of it),
// adding and subtracting a large number is an identity, and the error of a sum 0. With GCC this costs
// nothing; to Clang, which tells nobody of parts of -ffast-math, it is a fence only where it matters.
template <class Packet>
EIGEN_STRONG_INLINE Packet rounded(Packet x) {
#if !defined(__clang__) || defined(__FAST_MATH__)
  EIGEN_OPTIMIZATION_BARRIER(x)
#elif defined(__x86_64__) && __has_builtin(__arithmetic_fence)
  return __arithmetic_fence(x);
#endif
  return x;
}

template <class Packet>
EIGEN_STRONG_INLINE Packet clamp(const Packet& x, PacketScalar<Packet> low,
                                 PacketScalar<Packet> high) {
  return at_most(constant<Packet>(high), at_least(constant<Packet>(low), x));
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
  Packet biased, n, r;
};

// Next to 1.5 `units` a number has no bits for a fraction: adding that rounds x / ln 2 to an
// integer, in its low bits.
template <class Packet>
EIGEN_STRONG_INLINE ExpReduction<Packet> reduce_exp(const Packet& x, PacketScalar<Packet> bias) {
  using C = PacketConstants<Packet>;
  const Packet shift = constant<Packet>(C::units + C::units / 2 + bias);
  const Packet biased = rounded(pmadd(x, constant<Packet>(C::log2_e), shift));
  const Packet n = rounded(psub(biased, shift));
  const Packet r = pmadd(n, constant<Packet>(-C::ln2_high), x);
  return {biased, n, pmadd(n, constant<Packet>(-C::ln2_low), r)};
}

// e^r = (1 + r) + r^2 series(r), |r| <= ln 2 / 2
template <class Packet>
EIGEN_STRONG_INLINE Packet exp_of_reduced(const Packet& r) {
  const Packet r2 = pmul(r, r);
  return pmadd(polynomial(r, r2, PacketConstants<Packet>::exp_series), r2,
               padd(constant<Packet>(1), r));
}

// e^x for every x, within 1.5 ulp, underflowing gradually. As n can leave the range of exponents at
// both ends, 2^n is applied as two factors, or by an instruction.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_exp(const Packet& x) {
  using C = PacketConstants<Packet>;
  const ExpReduction<Packet> parts = reduce_exp(clamp(x, C::exp_low, C::exp_high), 2 * C::bias);
  const Packet y = exp_of_reduced(parts.r);
  if constexpr (has_power_instructions<Packet>) {
    return scaled(y, parts.n);
  } else {
    const auto exponent = to_bits(parts.biased);
    const auto half = exponent >> 1;
    return pmul(pmul(y, from_bits<Packet>(half << C::mantissa)),
                from_bits<Packet>((exponent - half) << C::mantissa));
  }
}

// e^x for x <= 0, within 1.5 ulp; 0 where e^x is not a normal number, below -87.3 (float) or -708.3
// (double). Where x is above 0 by a rounding error, or as far as 88 (float) or 709 (double), the
// result is right as well.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_exp_nonpositive(const Packet& x) {
  using C = PacketConstants<Packet>;
  const ExpReduction<Packet> parts = reduce_exp(x, C::bias);
  Packet y = exp_of_reduced(parts.r);
  if constexpr (has_power_instructions<Packet>) {
    y = scaled(y, parts.n);
  } else {
    y = pmul(y, from_bits<Packet>(to_bits(parts.biased) << C::mantissa));
  }
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

// f - log(1 + f), with s = f / (2 + f): log(1 + f) = 2 s - s^3 series(s^2), and 2 s = f - s f.
template <class Packet, std::size_t size>
EIGEN_STRONG_INLINE Packet log1p_gap(const Packet& f, const PacketScalar<Packet> (&series)[size]) {
  const Packet s = pdiv(f, padd(f, constant<Packet>(2)));
  const Packet z = pmul(s, s);
  return pmul(s, pmadd(z, polynomial(z, pmul(z, z), series), f));
}

// log(1 + e) for 0 <= e <= 1, within 1.75 ulp (float) or 1.5 ulp (double): with e = exp(-|x|), the
// curved part of softplus. Floats do without the division where pmadd rounds once, which that needs.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log1p_unit(const Packet& e) {
  using C = PacketConstants<Packet>;
  if constexpr (std::is_same<PacketScalar<Packet>, float>::value && fused_multiply_add<Packet>) {
    const Packet e2 = pmul(e, e);
    return pmadd(polynomial(e, e2, C::log1p_unit_in_e), e2, e);
  } else {
    return psub(e, log1p_gap(e, C::log1p_unit_series));
  }
}

// k ln 2 + log(1 + f), -1/4 <= f < 1/2
template <class Packet>
EIGEN_STRONG_INLINE Packet log_of_parts(const Packet& k, const Packet& f) {
  using C = PacketConstants<Packet>;
  const Packet gap = pmadd(k, constant<Packet>(-C::ln2_low), log1p_gap(f, C::log_series));
  return pmadd(k, constant<Packet>(C::ln2_high), psub(f, gap));
}

// y = log x where x > 0, or what the logarithm is elsewhere: -inf at 0, NaN below
template <class Packet>
EIGEN_STRONG_INLINE Packet log_or_special(const Packet& x, const Packet& y) {
  using Limits = std::numeric_limits<PacketScalar<Packet>>;
  const Packet zero = pzero(x), infinity = constant<Packet>(Limits::infinity());
  const Packet outside =
      select(equal(x, zero), pnegate(infinity), constant<Packet>(Limits::quiet_NaN()));
  return select(less(zero, x), select(less(x, infinity), y, x), outside);
}

// log(x) where x is positive and finite, within 1.25 ulp; at +0 below -103 (float) or -744 (double).
// Subnormal numbers are scaled into the normal ones first.
template <class Packet>
EIGEN_STRONG_INLINE Packet log_of_finite(const Packet& x) {
  using C = PacketConstants<Packet>;
  const Packet one = constant<Packet>(1);
  if constexpr (has_power_instructions<Packet>) {
    const Parts<Packet> parts = parts_of(x);
    return log_of_parts(parts.k, psub(parts.m, one));
  } else {
    const auto tiny = less(x, constant<Packet>((std::numeric_limits<PacketScalar<Packet>>::min)()));
    const Parts<Packet> parts = parts_of(select(tiny, pmul(x, constant<Packet>(C::units)), x));
    const Packet k = psub(parts.k, only_where(tiny, constant<Packet>(C::mantissa)));
    return log_of_parts(k, psub(parts.m, one));
  }
}

// log(x) for every x, within 1.25 ulp.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log(const Packet& x) {
  const Packet y = log_of_finite(x);
  if constexpr (has_power_instructions<Packet>) {
    return y;  // the parts of such numbers give their logarithms
  } else {
    return log_or_special(x, y);
  }
}

// log(x) for 0 <= x <= 1, but at least `least`, which is finite; within 1.25 ulp.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log_unit(const Packet& x, PacketScalar<Packet> least) {
  if constexpr (has_power_instructions<Packet>) {
    return at_least(constant<Packet>(least), log_of_finite(x));
  } else {
    const Packet zero = pzero(x), y = log_of_finite(padd(x, zero));  // -0 becomes +0
    return at_least(constant<Packet>(least), pmadd(x, zero, y));     // NaN stays NaN
  }
}

// log(1 - x) for 0 <= x <= 1, within 1.25 ulp, and `least` at 1. u = 1 - x is rounded where x < 1/2;
// its error, which is exact, joins u's mantissa once scaled like it, by 2^-k, which is 1 - k there.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log1m_unit(const Packet& x, PacketScalar<Packet> least) {
  const Packet one = constant<Packet>(1), u = rounded(psub(one, x));
  const Packet error = psub(rounded(psub(one, u)), x);
  const Parts<Packet> parts = parts_of(u);
  const Packet f = pmadd(error, psub(one, parts.k), psub(parts.m, one));
  return select(equal(x, one), constant<Packet>(least), log_of_parts(parts.k, f));
}

// log(1 + x) for every x, within 1.25 ulp. u = 1 + x is rounded; its error, exact by Knuth's
// two-sum, joins u's mantissa once scaled like it, which gives back x itself where k = 0.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log1p(const Packet& x) {
  using C = PacketConstants<Packet>;
  const Packet one = constant<Packet>(1), u = rounded(padd(one, x)), part = rounded(psub(u, one));
  const Packet error = padd(psub(one, rounded(psub(u, part))), psub(x, part));
  const Parts<Packet> parts = parts_of(u);
  const auto exponent = to_bits(psub(constant<Packet>(C::units + C::bias + 1), parts.k));
  const Packet twice_inverse = from_bits<Packet>(exponent << C::mantissa);  // 2^(1-k), normal or 0
  const Packet f = pmadd(pmul(error, constant<Packet>(0.5)), twice_inverse, psub(parts.m, one));
  const Packet y = log_or_special(u, log_of_parts(parts.k, f));
  return select(less(constant<Packet>(C::linear), pabs(x)), y, x);  // -0, subnormal, NaN
}

}  // namespace eigenloss::detail
