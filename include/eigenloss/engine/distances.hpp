// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <type_traits>

#include "../detail/dual.hpp"

// Distances between two rows u and v, for TripletMarginWithDistance. Your own: copy
// SquaredEuclidean, and leave out its slope if you like. A policy is a struct with its options and
// these templates, written once for packs (V):
//   term(u, v)          what a pair of entries adds to the sum; or a std::array<V, n> for n sums
//   finish(sum)         the distance, from the sum or sums; without it, the sum is the distance
// They are differentiated by dual numbers, unless it has
//   term_slope(u, v)    std::array<V, 2>: d term / du and d term / dv (n such arrays for n sums)
//   finish_slope(sum)   d distance / d sum (a std::array<V, n> for n sums)
// As in every formula, where(condition, a, b) takes the place of if.
namespace eigenloss {

/// The sum of (u - v)². Not a metric, and smooth everywhere.
struct SquaredEuclidean {
  template <class V>
  V term(const V& u, const V& v) const {
    return detail::square(u - v);
  }
  template <class V>
  std::array<V, 2> term_slope(const V& u, const V& v) const {
    const V slope = V(2) * (u - v);
    return {{slope, -slope}};
  }
};

/// The root of the sum of (u - v + eps)². The slope is 0 where the distance is 0.
struct Euclidean {
  double eps = 1e-6;  ///< added to every difference, sign and all: PyTorch's PairwiseDistance

  template <class V>
  V term(const V& u, const V& v) const {
    return detail::square(u - v + V(eps));
  }
  template <class V>
  V finish(const V& sum) const {
    return sqrt(sum);
  }
  template <class V>
  std::array<V, 2> term_slope(const V& u, const V& v) const {
    const V slope = u - v + V(eps);
    return {{slope, -slope}};
  }
  // Without its factor 1/2, which cancels the 2 of term_slope.
  template <class V>
  V finish_slope(const V& sum) const {
    return where(sum == V(0), V(0), V(1) / sqrt(sum));
  }
};

/// The sum of |u - v + eps|. The slope is 0 at 0.
struct Manhattan {
  double eps = 0.0;  ///< added to every difference

  template <class V>
  V term(const V& u, const V& v) const {
    return abs(u - v + V(eps));
  }
  template <class V>
  std::array<V, 2> term_slope(const V& u, const V& v) const {
    const V slope = detail::sign(u - v + V(eps));
    return {{slope, -slope}};
  }
};

/// 1 - cos of the angle between u and v, as torch.nn.CosineSimilarity has it: norms are at least
/// eps.
struct Cosine {
  double eps = 1e-8;

  template <class V>
  std::array<V, 3> term(const V& u, const V& v) const {
    return {{u * v, u * u, v * v}};
  }
  template <class V>
  V finish(const std::array<V, 3>& sum) const {
    return V(1) - sum[0] / (norm(sum[1]) * norm(sum[2]));
  }

 private:
  template <class V>
  V norm(const V& squares) const {
    const V root = sqrt(squares);
    return where(root < V(eps), V(eps), root);
  }
};

namespace detail {

// x^p for x >= 0.
template <class V>
V power(const V& x, double p) {
  using T = typename V::Scalar;
  if (p >= 0 && p <= 8 && p == std::floor(p)) {
    V result(1);
    for (int k = 0; k < int(p); ++k) result *= x;
    return result;
  }
  if constexpr (std::is_floating_point<T>::value) {
    return pow(x, V(p));
  } else {
    return exp(V(p) * log(x));
  }
}

// The root of order p of the sum of |u - v + eps|^p; for p = 0 the number of differences, with
// slope 0.
struct PowerNorm {
  double p, eps;

  template <class V>
  V term(const V& u, const V& v) const {
    const V r = abs(u - v + V(eps));
    if (p == 0) return where(r > V(0), V(1), r);
    return power(r, p);
  }
  template <class V>
  V finish(const V& sum) const {
    return p == 0 ? sum : power(sum, 1 / p);
  }
  // Without the factor p, which cancels that of finish_slope.
  template <class V>
  std::array<V, 2> term_slope(const V& u, const V& v) const {
    const V r = u - v + V(eps);
    if (p == 0) return {{V(0), V(0)}};
    const V slope = where(r == V(0), V(0), sign(r) * power(abs(r), p - 1));
    return {{slope, -slope}};
  }
  template <class V>
  V finish_slope(const V& sum) const {
    if (p == 0) return V(0);
    const V slope = power(sum, 1 / p - 1);
    return p < 0 ? slope : where(sum == V(0), V(0), slope);  // an infinite entry of order below 0
  }
};

// The largest |u - v + eps| or, the limit of negative p, the smallest. All entries that reach it
// share the slope.
struct ExtremeNorm {
  bool largest;
  double eps;
};

}  // namespace detail
}  // namespace eigenloss
