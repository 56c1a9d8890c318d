// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <type_traits>

#include "../detail/total.hpp"
#include "row.hpp"

// Sums over the entries of rows, and over rows.
namespace eigenloss {
namespace detail {

// N sums over the entries of rows, in two levels, chunks and then rows: rounding grows with the
// square root of the length.
template <class Walk, std::size_t N>
class ChunkedSums {
  using P = typename Walk::P;

 public:
  ChunkedSums() {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) total_[n] = P(0);
    clear();
  }
  template <class Lanes>
  EIGEN_STRONG_INLINE void add(int strand, const std::array<P, N>& terms, Lanes lanes) {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) chunk_[n][strand] += only_first(terms[n], lanes);
  }
  EIGEN_STRONG_INLINE void end_chunk() {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) total_[n] += Walk::sum_of_strands(chunk_[n]);
    clear();
  }
  EIGEN_STRONG_INLINE std::array<typename Walk::V, N> totals() const {
    std::array<typename Walk::V, N> totals;
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) totals[n] = Walk::sum(total_[n]);
    return totals;
  }

 private:
  EIGEN_STRONG_INLINE void clear() {
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) {
#pragma GCC unroll 8
      for (int k = 0; k < Walk::strands; ++k) chunk_[n][k] = P(0);
    }
  }

  P total_[N], chunk_[N][Walk::strands];
};

// The sum of numbers that come one a row, as packs of them across rows or alone. Rows alone, as in a
// call of one row, store nothing of packs.
// (GCC 12 does not see that the optional sum is looked at only where it is one.)
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
template <class T>
class RowSum {
  using VA = typename Across<T>::V;

 public:
  void add(const VA& numbers) {
    if (!across_) across_.emplace();
    across_->add(numbers);
  }
  void add(const Single<T>& number) { along_.add(number); }
  Total<T> total() const {
    if (!across_) return Total<T>(along_);
    Total<T> total(*across_);
    total.add(Total<T>(along_));
    return total;
  }

 private:
  std::optional<CompensatedSum<VA>> across_;
  CompensatedSum<Single<T>> along_;
};
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// Of the losses, and of what a reduction counts; nothing where one is not asked for.
template <class T, bool summed, bool counted>
struct RowSums {
  std::conditional_t<summed, RowSum<T>, Skip> loss;
  std::conditional_t<counted, RowSum<T>, Skip> counts;
};

}  // namespace detail
}  // namespace eigenloss
