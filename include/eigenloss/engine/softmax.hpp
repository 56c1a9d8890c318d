// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>

#include "row_algorithms.hpp"

namespace eigenloss {

namespace detail {

// What the softmax of a row is, whether or not a gradient is wanted.
template <class Row>
class SoftmaxOf {
 public:
  using Walk = typename Row::Walk;
  using V = typename Walk::V;
  using P = typename Walk::P;
  using T = typename Walk::Number;

  explicit SoftmaxOf(const Row& row) : row_(row) {}

  // The logarithm of the softmax at an entry x is (x - maximum) - log_total.
  V maximum, total, log_total, inverse_total;

  // The softmax at an entry x.
  V at(const V& x) const { return exp_nonpositive(x - finite_maximum()) * inverse_total; }

  // The sum of -log(softmax)·f(entries...), or of -log(softmax)·entry, whose terms are exactly 0
  // where that factor is.
  template <class F, class... Rows>
  V negative_log(const F& f, const Rows&... rows) const {
    const P top = Walk::spread(maximum), log_sum = Walk::spread(log_total);
    return sum(
        [&](const P& x, const auto&... entries) {
          const P factor = f(entries...);
          return where(factor == P(0), P(0), factor * (log_sum - (x - top)));
        },
        row_, rows...);
  }
  template <class Factors>
  V negative_log(const Factors& factors) const {
    return negative_log([](const P& factor) { return factor; }, factors);
  }

 protected:
  // Where every x is -inf: then the exponentials are 0 and not NaN, and so is their total.
  V finite_maximum() const { return where(maximum == V(-infinity<T>()), V(0), maximum); }

  // In one reading: chunk by chunk, scaling the total of the chunks before down to the new maximum.
  void sum_online() {
    constexpr Index chunk = Walk::across ? tile_chunk : row_chunk<T>;
    maximum = V(-infinity<T>());
    total = V(0);
    for (Index begin = 0; begin < row_.size(); begin += chunk) {
      const Index end = (std::min)(begin + chunk, row_.size());
      const V before = maximum;
      maximum = larger(maximum, maximum_between(begin, end, row_));
      const V shift = finite_maximum();
      const P entry_shift = Walk::spread(shift);
      const V here = sums_between<1>(
          begin, end,
          [&](const P& x) { return std::array<P, 1>{{exp_nonpositive(x - entry_shift)}}; },
          row_)[0];
      total = begin == 0 ? here : total * exp_nonpositive(before - shift) + here;
    }
  }

  const Row& row_;
};

}  // namespace detail

/// The softmax of a row x: exp(x - maximum) / total with total = sum of exp(x - maximum).
/// Subtracting the maximum keeps every exponential in [0, 1]; the naive exp(x) overflows from x =
/// 89 on. Where the gradient is wanted and its storage can hold them, the exponentials are kept
/// there; otherwise they are computed again.
template <class Row, class Slope>
class Softmax : public detail::SoftmaxOf<Row> {
  using Base = detail::SoftmaxOf<Row>;

 public:
  using Base::maximum, Base::total, Base::log_total, Base::inverse_total;
  using typename Base::P;
  using typename Base::V;
  using typename Base::Walk;

  Softmax(const Row& row, const Slope& slope) : Base(row) {
    if constexpr (Slope::wanted) {
      scratch_ = slope.scratch();
      stride_ = slope.scratch_stride();
    }
    if (scratch_) {
      keep_exponentials();
    } else {
      this->sum_online();
    }
    inverse_total = V(1) / total;
    log_total = log(total);
  }

  // slope = f(softmax, is_y), where is_y is 1 at each row's label and 0 elsewhere. One row at a time,
  // the label's slope is computed apart; side by side, that would be more work than a comparison.
  template <class F>
  void transform_slope(const Slope& slope, const detail::Label<Walk>& y, const F& f) const {
    if constexpr (Slope::wanted && Walk::across) {
      transform_slope(slope, f, one_hot(row_, y));
    } else if constexpr (Slope::wanted) {
      const P p = Walk::spread(this->at(row_.at(y)));
      const V was = Walk::first(f(p, P(0))), now = Walk::first(f(p, P(1)));
      transform_slope(slope, [f](const P& softmax) { return f(softmax, P(0)); });
      replace(slope, y, was, now);
    }
    (void)slope, (void)y, (void)f;
  }

  // slope = f(softmax, entries...).
  template <class F, class... Rows>
  void transform_slope(const Slope& slope, const F& f, const Rows&... rows) const {
    if constexpr (Slope::wanted) {
      const P inverse = Walk::spread(inverse_total);
      if (scratch_) {
        transform(
            slope, [=](const P& e, const auto&... entries) { return f(e * inverse, entries...); },
            Kept(scratch_, stride_, row_.size()), rows...);
      } else {
        const P shift = Walk::spread(this->finite_maximum());
        transform(
            slope,
            [=](const P& x, const auto&... entries) {
              return f(exp_nonpositive(x - shift) * inverse, entries...);
            },
            row_, rows...);
      }
    }
    (void)slope, (void)f;
  }

 private:
  using Base::row_;
  using typename Base::T;
  using Kept = detail::Scratch<Walk>;

  [[gnu::flatten, gnu::noinline]] void keep_exponentials() {
    maximum = detail::maximum_between(0, row_.size(), row_);
    const P shift = Walk::spread(this->finite_maximum());
    const Kept kept(scratch_, stride_, row_.size());
    detail::ChunkedSums<Walk, 1> sum;
    detail::walk<Walk>(
        0, row_.size(),
        [&](detail::Index begin, detail::Index count) {
          return
              [&, to = kept.open(begin, count)](int slot, detail::Index i, auto lanes, const P& x) {
                const P e = exp_nonpositive(x - shift);
                to.store(i, lanes, e);
                sum.add(slot, {{e}}, lanes);
              };
        },
        [&](detail::Index, detail::Index) { sum.end_chunk(); }, row_);
    total = sum.totals()[0];
  }

  T* scratch_ = nullptr;
  detail::Index stride_ = 0;
};

}  // namespace eigenloss
