// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <type_traits>

#include "pack.hpp"

// Stable formulas.
namespace eigenloss {

// What a formula may call, for plain numbers. Packs and duals bring their own, which
// argument-dependent look-up finds; a plain number has no namespace, so a formula that is to take
// one says using namespace eigenloss.
using std::abs;
using std::cos;
using std::cosh;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::pow;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tanh;

namespace detail {

// What two plain numbers have in common; that of two integers is a float, as in a pack.
template <class A, class B,
          class = std::enable_if_t<std::is_arithmetic<A>::value && std::is_arithmetic<B>::value>>
using Common = std::common_type_t<float, A, B>;

}  // namespace detail

/// a if the condition holds, else b: for plain numbers, as packs have it.
// Conditions combine with & | ~ as masks do: on a bool these give an int whose lowest bit is the
// answer.
template <class A, class B, class T = detail::Common<A, B>>
constexpr T where(int condition, A a, B b) {
  return (condition & 1) != 0 ? T(a) : T(b);
}
/// The smaller one; NaN if either is NaN, as for packs.
template <class A, class B, class T = detail::Common<A, B>>
constexpr T(min)(A a, B b) {
  return T(b) < T(a) || T(b) != T(b) ? T(b) : T(a);
}
/// The larger one; NaN if either is NaN, as for packs.
template <class A, class B, class T = detail::Common<A, B>>
constexpr T(max)(A a, B b) {
  return T(a) < T(b) || T(b) != T(b) ? T(b) : T(a);
}
using detail::at_least, detail::at_most;  // of plain numbers, too
/// -|x|, e^x for x <= 0, and log(1 + e) for 0 <= e <= 1: for plain numbers, as packs have them.
template <class T, class = std::enable_if_t<std::is_floating_point<T>::value>>
T minus_abs(const T& x) {
  return -std::abs(x);
}
template <class T, class = std::enable_if_t<std::is_floating_point<T>::value>>
T exp_nonpositive(const T& x) {
  return std::exp(x);
}
template <class T, class = std::enable_if_t<std::is_floating_point<T>::value>>
T log1p_unit(const T& e) {
  return std::log1p(e);
}

/// log(1 + e^x), without the overflow of e^x. Within 3 ulp; 0 for what is below every normal number.
template <class V>
EIGEN_STRONG_INLINE V softplus(const V& x) {
  return at_least(V(0), x) + log1p_unit(exp_nonpositive(minus_abs(x)));
}

/// 1 / (1 + e^-x), without the overflow of e^-x. Within 3 ulp; 0 for what is below every normal
/// number.
template <class V>
EIGEN_STRONG_INLINE V sigmoid(const V& x) {
  const V e = exp_nonpositive(minus_abs(x));
  return where(x < V(0), e, V(1)) / (V(1) + e);
}

namespace detail {

// Of any type, also where std::numeric_limits knows nothing of it.
template <class T>
EIGEN_STRONG_INLINE T infinity() {
  return T(std::numeric_limits<double>::infinity());
}
template <class T>
EIGEN_STRONG_INLINE T not_a_number() {
  return T(std::numeric_limits<double>::quiet_NaN());
}

// softplus(x) and its derivative sigmoid(x), for one exponential.
template <class V>
struct SoftplusAndSigmoid {
  V softplus, sigmoid;
  EIGEN_STRONG_INLINE explicit SoftplusAndSigmoid(const V& x) {
    const V e = exp_nonpositive(minus_abs(x));
    softplus = at_least(V(0), x) + log1p_unit(e);
    sigmoid = where(x < V(0), e, V(1)) / (V(1) + e);
  }
};

// σ(x) - y, with e = e^-|x|: no digits are lost where both are near 1.
template <class V>
EIGEN_STRONG_INLINE V sigmoid_minus(const V& x, const V& y, const V& e) {
  return ((where(x < V(0), e, V(1)) - y) - y * e) / (V(1) + e);
}

// log(p) and log(1 - p) for 0 <= p <= 1, but at least `least`, which is finite and below -37.
template <class V>
EIGEN_STRONG_INLINE V log_unit(const V& p, double least) {
  if constexpr (std::is_floating_point<V>::value) {
    return log_unit(Single<V>(p), least).parts[0];
  } else if constexpr (has_packet_math<typename V::Scalar>) {
    return map<V>([=](auto& x) { return packet_log_unit(x, V::scalar(least)); }, p);
  } else {
    return at_least(V(least), log(p));
  }
}
template <class V>
EIGEN_STRONG_INLINE V log1m_unit(const V& p, double least) {
  if constexpr (std::is_floating_point<V>::value) {
    return log1m_unit(Single<V>(p), least).parts[0];
  } else if constexpr (has_packet_math<typename V::Scalar>) {
    return map<V>([=](auto& x) { return packet_log1m_unit(x, V::scalar(least)); }, p);
  } else {
    return at_least(V(least), log1p(-p));
  }
}

// max(x, 0); NaN stays NaN.
template <class V>
EIGEN_STRONG_INLINE V positive_part(const V& x) {
  return at_least(V(0), x);
}

// -1, 0 or 1; NaN stays NaN.
template <class V>
EIGEN_STRONG_INLINE V sign(const V& x) {
  return where(x < V(0), V(-1), where(x > V(0), V(1), x));
}

// 0, or NaN where one of the numbers is NaN.
template <class V, class... More>
EIGEN_STRONG_INLINE V nan_among(const V& x, const More&... more) {
  V nan = V(0);
  ((nan = where(more == more, nan, more)), ...);
  return where(x == x, nan, x);
}

template <class V>
EIGEN_STRONG_INLINE V square(const V& x) {
  return x * x;
}

// 1 / x for an option x >= 0: finite even where x is too small for a finite inverse, so that 0 / x
// is 0.
template <class V>
EIGEN_STRONG_INLINE V inverse(double x) {
  if constexpr (std::is_floating_point<V>::value) {
    return inverse<Single<V>>(x).parts[0];
  } else {
    using S = typename V::Scalar;
    using Known = std::conditional_t<std::is_arithmetic<S>::value, S, double>;
    const S least((std::numeric_limits<Known>::min)());
    const S number = S(x);
    return V(S(S(1) / (number < least ? least : number)));
  }
}

}  // namespace detail
}  // namespace eigenloss
