// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

// Exponentials and logarithms of one Eigen packet of float or double; a plain float or double is a
// packet of one. Eigen's own double versions are slow, and its float ones handle cases that a loss
// can rule out.
//
// None of them branches on a lane, and NaN gives NaN. The bounds count units in the last place of
// the exact result. They hold with and without a fused pmadd, in round-to-nearest and without
// -ffast-math: rounding to an integer by adding and subtracting a large number is an identity to a
// compiler that may reorder sums. The coefficients come from a Remez exchange in 60 digits,
// minimising the relative error of the result that each table names.
namespace eigenloss::detail {

using Eigen::internal::pabs, Eigen::internal::padd, Eigen::internal::psub, Eigen::internal::pmul,
    Eigen::internal::pdiv, Eigen::internal::pmadd, Eigen::internal::pnegate, Eigen::internal::pset1,
    Eigen::internal::pzero, Eigen::internal::pselect, Eigen::internal::pcmp_eq,
    Eigen::internal::pcmp_lt;

// Whether pmadd of packets rounds once.
#if defined(EIGEN_VECTORIZE_FMA) || defined(EIGEN_VECTORIZE_NEON)
constexpr bool fused_multiply_add = true;
#else
constexpr bool fused_multiply_add = false;
#endif

// The layout of a scalar and the constants that depend on its precision.
template <class Scalar>
struct ScalarMath;

template <>
struct ScalarMath<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr Bits one = 0x3f800000, three_quarters = 0x3f400000;  // the bits of 1 and 3/4
  static constexpr float units = 0x1p23F;    // the least number with no bits for a fraction
  static constexpr float linear = 0x1p-25F;  // e^x - 1 and log(1 + x) round to x below
  static constexpr float log2_e = 1.44269504F,
                         ln2_high = 0x1.62e4p-1F;        // 15 bits: n * ln2_high is exact
  static constexpr float ln2_low = 1.42860677e-6F;       // ln 2 = high + low
  static constexpr float exp_low = -104, exp_high = 89;  // e^x is 0 below, infinite above
  static constexpr float exp_least_normal = -87.3365402F,
                         expm1_low = -18;  // e^x is not normal, e^x - 1 is -1 below
  // (e^r - 1 - r) / r^2, |r| <= ln 2 / 2; e^r within 2^-28.3
  static constexpr float exp_series[] = {0.49999994F, 0.166665211F, 0.041668389F, 0.00836872403F,
                                         0.00138146244F};
  // (log((1+s)/(1-s)) / s - 2) / s^2 in powers of s^2, |s| <= 1/5, as s is in log; within 2^-28.4
  static constexpr float log_series[] = {0.666669488F, 0.399576068F, 0.303652823F};
  // the same for 0 <= s <= 1/3, as s is in log1p of [0, 1]; within 2^-27.7
  static constexpr float log1p_unit_series[] = {0.666664124F, 0.400216997F, 0.279991329F,
                                                0.280245036F};
  // (log(1+e) - e) / e^2, 0 <= e <= 1; log(1+e) within 2^-27.5
  static constexpr float log1p_unit_in_e[] = {-0.4999993276F,  0.3333051132F,  -0.2495858744F,
                                              0.1969540067F,   -0.1535539671F, 0.1068055617F,
                                              -0.05766445001F, 0.02020458755F, -0.003318473016F};
};

template <>
struct ScalarMath<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr Bits one = 0x3ff0000000000000, three_quarters = 0x3fe8000000000000;
  static constexpr double units = 0x1p52, linear = 0x1p-54;
  static constexpr double log2_e = 1.4426950408889634, ln2_high = 0x1.62e42fefa4p-1;  // 40 bits
  static constexpr double ln2_low = -1.7239444525614835e-13;
  static constexpr double exp_low = -746, exp_high = 710, exp_least_normal = -708.39641853226408,
                          expm1_low = -38;
  static constexpr double exp_series[] = {// within 2^-57.9
                                          0.50000000000000111,    0.16666666666666413,
                                          0.041666666666530051,   0.0083333333334946001,
                                          0.0013888888943662798,  0.00019841269506354383,
                                          2.4801493061432251e-05, 2.7557586504121007e-06,
                                          2.7630262887871061e-07, 2.5000043213046381e-08};
  static constexpr double log_series[] = {
      // within 2^-55.8
      0.66666666666672825, 0.39999999996102265, 0.28571429405948273, 0.22222137631218172,
      0.18186391708062322, 0.15249475609878851, 0.15373735562152194};
  static constexpr double log1p_unit_series[] = {
      // within 2^-59.4
      0.66666666666666308,  0.40000000000157243, 0.28571428547853833, 0.22222223969739383,
      0.18181743924524951,  0.15386559933043883, 0.13300973443956157, 0.12106087429583688,
      0.083400962450740079, 0.17018585202268174};
};

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
  const Packet y = pselect(pcmp_lt(x, constant<Packet>(low)), constant<Packet>(low), x);
  return pselect(pcmp_lt(constant<Packet>(high), y), constant<Packet>(high), y);
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
  return pselect(pcmp_lt(x, constant<Packet>(C::exp_least_normal)), pzero(x), y);
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
  return pselect(pcmp_lt(constant<Packet>(C::linear), pabs(x)), padd(half_y, half_y),
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
      pselect(pcmp_eq(x, zero), pnegate(infinity), constant<Packet>(Limits::quiet_NaN()));
  return pselect(pcmp_lt(zero, x), pselect(pcmp_lt(x, infinity), y, x), outside);
}

// log(x) for every x, within 1.25 ulp. Subnormal numbers are scaled into the normal ones first.
template <class Packet>
EIGEN_STRONG_INLINE Packet packet_log(const Packet& x) {
  using C = PacketConstants<Packet>;
  const Packet tiny =
      pcmp_lt(x, constant<Packet>((std::numeric_limits<PacketScalar<Packet>>::min)()));
  const LogReduction<Packet> parts =
      reduce_log(pselect(tiny, pmul(x, constant<Packet>(C::units)), x));
  const Packet k = psub(parts.k, pselect(tiny, constant<Packet>(C::mantissa), pzero(x)));
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
  return pselect(pcmp_lt(constant<Packet>(PacketConstants<Packet>::linear), pabs(x)), y,
                 x);  // -0, subnormal, NaN
}

}  // namespace eigenloss::detail
