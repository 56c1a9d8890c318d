// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <type_traits>

// Comparisons of registers or of plain numbers, and what is done with their answers. The answer of
// plain numbers is a bool, that of registers one whose lanes are all ones or all zeros, or with
// AVX-512 a bit for each lane (which Eigen turns into such a register, and back).
namespace eigenloss {
namespace detail {

template <class Register>
constexpr bool is_register = Eigen::internal::unpacket_traits<Register>::size > 1;

enum class Relation { less, less_or_equal, equal };

template <Relation relation, class Register>
EIGEN_STRONG_INLINE auto compare(const Register& x, const Register& y) {
  if constexpr (!is_register<Register>) {
    return relation == Relation::less            ? bool(x < y)
           : relation == Relation::less_or_equal ? bool(x <= y)
                                                 : bool(x == y);
  } else if constexpr (relation == Relation::less) {
    return Eigen::internal::pcmp_lt(x, y);
  } else if constexpr (relation == Relation::less_or_equal) {
    return Eigen::internal::pcmp_le(x, y);
  } else {
    return Eigen::internal::pcmp_eq(x, y);
  }
}
// a where the answer is yes, else b.
template <class Answer, class Register>
EIGEN_STRONG_INLINE Register select(const Answer& answer, const Register& a, const Register& b) {
  if constexpr (is_register<Register>) {
    return Eigen::internal::pselect(answer, a, b);
  } else {
    return answer ? a : b;
  }
}

#if defined(EIGEN_VECTORIZE_AVX512)
// The processor's number of a relation, in which no NaN is.
template <Relation relation>
constexpr int number_of = relation == Relation::less            ? _CMP_LT_OQ
                          : relation == Relation::less_or_equal ? _CMP_LE_OQ
                                                                : _CMP_EQ_OQ;
template <Relation relation>
EIGEN_STRONG_INLINE __mmask16 compare(const Eigen::internal::Packet16f& x,
                                      const Eigen::internal::Packet16f& y) {
  return _mm512_cmp_ps_mask(x, y, number_of<relation>);
}
template <Relation relation>
EIGEN_STRONG_INLINE __mmask8 compare(const Eigen::internal::Packet8d& x,
                                     const Eigen::internal::Packet8d& y) {
  return _mm512_cmp_pd_mask(x, y, number_of<relation>);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet16f select(const __mmask16& answer,
                                                      const Eigen::internal::Packet16f& a,
                                                      const Eigen::internal::Packet16f& b) {
  return _mm512_mask_blend_ps(answer, b, a);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d select(const __mmask8& answer,
                                                     const Eigen::internal::Packet8d& a,
                                                     const Eigen::internal::Packet8d& b) {
  return _mm512_mask_blend_pd(answer, b, a);
}
#endif

template <class Register>
EIGEN_STRONG_INLINE auto less(const Register& x, const Register& y) {
  return compare<Relation::less>(x, y);
}
template <class Register>
EIGEN_STRONG_INLINE auto less_or_equal(const Register& x, const Register& y) {
  return compare<Relation::less_or_equal>(x, y);
}
template <class Register>
EIGEN_STRONG_INLINE auto equal(const Register& x, const Register& y) {
  return compare<Relation::equal>(x, y);
}

// The larger one, and the smaller one; of NaN, x if they keep the first, else the machine's choice.
#if defined(EIGEN_VECTORIZE_SSE) || defined(EIGEN_VECTORIZE_NEON)
inline constexpr bool extrema_keep_first = true;
#else
inline constexpr bool extrema_keep_first = false;
#endif
template <class Register>
EIGEN_STRONG_INLINE Register larger(const Register& x, const Register& y) {
  if constexpr (is_register<Register>) {
    return Eigen::internal::pmax(x, y);
  } else {
    return x < y ? y : x;
  }
}
template <class Register>
EIGEN_STRONG_INLINE Register smaller(const Register& x, const Register& y) {
  if constexpr (is_register<Register>) {
    return Eigen::internal::pmin(x, y);
  } else {
    return y < x ? y : x;
  }
}
#if defined(EIGEN_VECTORIZE_AVX512)  // GCC 12 warns of its own functions without a mask
EIGEN_STRONG_INLINE Eigen::internal::Packet16f larger(const Eigen::internal::Packet16f& x,
                                                      const Eigen::internal::Packet16f& y) {
  return _mm512_maskz_max_ps(0xffff, y, x);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d larger(const Eigen::internal::Packet8d& x,
                                                     const Eigen::internal::Packet8d& y) {
  return _mm512_maskz_max_pd(0xff, y, x);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet16f smaller(const Eigen::internal::Packet16f& x,
                                                       const Eigen::internal::Packet16f& y) {
  return _mm512_maskz_min_ps(0xffff, y, x);
}
EIGEN_STRONG_INLINE Eigen::internal::Packet8d smaller(const Eigen::internal::Packet8d& x,
                                                      const Eigen::internal::Packet8d& y) {
  return _mm512_maskz_min_pd(0xff, y, x);
}
#endif

// x, but at least low, or at most high; NaN stays NaN.
template <class Register>
EIGEN_STRONG_INLINE Register at_least(const Register& low, const Register& x) {
  if constexpr (is_register<Register> && extrema_keep_first) {
    return larger(x, low);
  } else {
    return select(less(x, low), low, x);
  }
}
template <class Register>
EIGEN_STRONG_INLINE Register at_most(const Register& high, const Register& x) {
  if constexpr (is_register<Register> && extrema_keep_first) {
    return smaller(x, high);
  } else {
    return select(less(high, x), high, x);
  }
}

// x where the answer is yes, else 0; and the reverse.
template <class Answer, class Register>
EIGEN_STRONG_INLINE Register only_where(const Answer& answer, const Register& x) {
  if constexpr (std::is_same<Answer, Register>::value) {
    return Eigen::internal::pand(answer, x);
  } else {
    return select(answer, x, Eigen::internal::pzero(x));
  }
}
template <class Answer, class Register>
EIGEN_STRONG_INLINE Register zero_where(const Answer& answer, const Register& x) {
  if constexpr (std::is_same<Answer, Register>::value) {
    return Eigen::internal::pandnot(x, answer);
  } else {
    return select(answer, Eigen::internal::pzero(x), x);
  }
}

// Answers combined, and whether one of the lanes says yes.
template <class Answer>
EIGEN_STRONG_INLINE Answer both(const Answer& x, const Answer& y) {
  if constexpr (std::is_integral<Answer>::value) {
    return static_cast<Answer>(x & y);
  } else {
    return Eigen::internal::pand(x, y);
  }
}
template <class Answer>
EIGEN_STRONG_INLINE Answer either(const Answer& x, const Answer& y) {
  if constexpr (std::is_integral<Answer>::value) {
    return static_cast<Answer>(x | y);
  } else {
    return Eigen::internal::por(x, y);
  }
}
template <class Answer>
EIGEN_STRONG_INLINE Answer negation(const Answer& x) {
  if constexpr (std::is_same<Answer, bool>::value) {
    return !x;
  } else if constexpr (std::is_integral<Answer>::value) {
    return static_cast<Answer>(~x);
  } else {
    return Eigen::internal::pandnot(Eigen::internal::ptrue(x), x);
  }
}
template <class Answer>
EIGEN_STRONG_INLINE bool any_yes(const Answer& x) {
  if constexpr (std::is_integral<Answer>::value) {
    return x != 0;
  } else {
    return Eigen::internal::predux_any(x);
  }
}

}  // namespace detail
}  // namespace eigenloss
