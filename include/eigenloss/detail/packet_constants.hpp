// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

// The constants of packet_math.hpp. The coefficients come from a Remez exchange in 60 digits,
// minimising the relative error of the result that each table names.
namespace eigenloss::detail {

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
  // (2 - log((1+s)/(1-s)) / s) / s^2 in powers of s^2, |s| <= 1/5, as s is in log; within 2^-28.4
  static constexpr float log_series[] = {-0.666669488F, -0.399576068F, -0.303652823F};
  // the same for 0 <= s <= 1/3, as s is in log1p of [0, 1]; within 2^-27.7
  static constexpr float log1p_unit_series[] = {-0.666664124F, -0.400216997F, -0.279991329F,
                                                -0.280245036F};
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
  static constexpr double log2_e = 1.4426950408889634, ln2_high = 0x1.62e42fefa3p-1;  // 41 bits
  static constexpr double ln2_low = 2.8235290563031577e-13;
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
      -0.66666666666672825, -0.39999999996102265, -0.28571429405948273, -0.22222137631218172,
      -0.18186391708062322, -0.15249475609878851, -0.15373735562152194};
  static constexpr double log1p_unit_series[] = {
      // within 2^-59.4
      -0.66666666666666308,  -0.40000000000157243, -0.28571428547853833, -0.22222223969739383,
      -0.18181743924524951,  -0.15386559933043883, -0.13300973443956157, -0.12106087429583688,
      -0.083400962450740079, -0.17018585202268174};
};

}  // namespace eigenloss::detail
