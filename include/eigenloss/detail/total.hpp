// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <type_traits>

#include "pack.hpp"

// Exact sums.
namespace eigenloss {
namespace detail {

// A sum and what rounding took from it, kept apart (Donald Knuth's two-sum): its error does not
// grow with the number of terms.
template <class V>
struct CompensatedSum {
  V sum = V(0), lost = V(0);

  EIGEN_STRONG_INLINE void add(const V& term) {
    const V next = sum + term;
    const V taken = next - sum;
    lost += (sum - (next - taken)) + (term - taken);
    sum = next;
  }
};

// The ordered sum of blocks. float and double terms are added up in compensated double; numbers of
// another type in themselves.
template <class T>
class Total {
 public:
  static constexpr bool builtin = std::is_same<T, float>::value || std::is_same<T, double>::value;
  using Value = std::conditional_t<builtin, double, T>;

  Total() = default;
  // The sum of the lanes.
  template <bool Simd, int Registers>
  explicit Total(const CompensatedSum<Pack<T, Simd, Registers>>& lanes) {
    using P = Pack<T, Simd, Registers>;
    T sum[P::lanes], lost[P::lanes];
    lanes.sum.store(sum);
    lanes.lost.store(lost);
    if constexpr (std::is_same<T, float>::value) {  // a few floats add up exactly enough in double
      const double sums = sum_of(sum);
      total_.sum += std::isfinite(sums) ? sums + sum_of(lost) : sums;
    } else {
      for (int i = 0; i < P::lanes; ++i) {
        add(sum[i]);
        if constexpr (builtin) {
          if (std::isfinite(sum[i])) add(lost[i]);
        }
      }
    }
  }
  void add(const Value& term) {
    if constexpr (builtin) {
      total_.add(term);
    } else {
      total_.sum = total_.sum + term;
    }
  }
  void add(const Total& other) {
    add(other.total_.sum);
    if constexpr (builtin) {
      if (std::isfinite(other.total_.sum)) add(other.total_.lost);
    }
  }
  Value value() const {
    if constexpr (builtin) {
      return std::isfinite(total_.sum) ? total_.sum + total_.lost : total_.sum;
    } else {
      return total_.sum;
    }
  }

 private:
  // In halves, which compilers make vectors of.
  template <int N>
  static EIGEN_STRONG_INLINE double sum_of(const T (&numbers)[N]) {
    double all[N];
    for (int i = 0; i < N; ++i) all[i] = double(numbers[i]);
    return halved(all);
  }
  template <int N>
  static EIGEN_STRONG_INLINE double halved(const double (&numbers)[N]) {
    if constexpr (N == 1) {
      return numbers[0];
    } else {
      double halves[N / 2];
      for (int i = 0; i < N / 2; ++i) halves[i] = numbers[i] + numbers[i + N / 2];
      return halved(halves);
    }
  }

  CompensatedSum<Value> total_;
};

}  // namespace detail
}  // namespace eigenloss
