// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <type_traits>

#include "../detail/output.hpp"
#include "row.hpp"

// The slopes of a row, which kernels write through the row algorithms.
namespace eigenloss {
namespace detail {

// ---- Slopes: rows that are written. The scale of the row is applied on the way. ----

// Of a gradient that nobody asked for.
struct NoSlope {
  static constexpr bool wanted = false;
};

template <class Walk, class Out>
class Slope;

template <class T, class Out>
class Slope<Along<T>, Out> {
 public:
  using Walk = Along<T>;
  using P = typename Walk::P;
  static constexpr bool wanted = true;

  Slope(const Out& out, Index size, Index first, Index step, bool add, T scale)
      : out_(out), size_(size), first_(first), step_(step), add_(add), scale_(scale) {}
  Slope(const Slope&) = delete;
  Index size() const { return size_; }
  // Memory for one number an entry that may be used until the slopes are written, or nullptr.
  T* scratch() const { return out_.data() && step_ == 1 && !add_ ? out_.data() + first_ : nullptr; }
  static constexpr Index scratch_stride() { return 1; }
  void open(Index begin, Index) const {
    now_ = out_.data() && step_ == 1 && !add_ ? out_.data() + first_ + begin : buffer_;
  }
  template <class Lanes>
  EIGEN_STRONG_INLINE void store(Index i, Lanes lanes, const P& slope) const {
    const P gradient = slope * P(scale_);
    if constexpr (std::is_same<Lanes, AllLanes>::value) {
      gradient.store(now_ + i);
    } else {
      store_first(gradient, now_ + i, lanes);
    }
  }
  // Makes the slope of one entry `now`, where `transform` made it `was`.
  void replace(const Label<Walk>& label, const Single<T>& was, const Single<T>& now) const {
    const Index entry = first_ + label.classes[0] * step_;
    const T gradient =
        (add_ ? T(out_.at(entry) + (now - was).parts[0] * scale_) : T(now.parts[0] * scale_));
    out_.set(entry, gradient);
  }
  void close(Index begin, Index count) const {
    if (now_ != buffer_) return;
    if (step_ == 1 && !add_) return out_.write(first_ + begin, count, buffer_);
    for (Index i = 0; i < count; ++i) {
      const Index entry = first_ + (begin + i) * step_;
      out_.set(entry, add_ ? T(out_.at(entry) + buffer_[i]) : buffer_[i]);
    }
  }

 private:
  const Out& out_;
  Index size_, first_, step_;
  bool add_;
  T scale_;
  mutable T* now_ = nullptr;
  mutable T buffer_[row_chunk];
};

template <class T, class Out>
class Slope<Across<T>, Out> {
 public:
  using Walk = Across<T>;
  using P = typename Walk::P;
  static constexpr bool wanted = true;

  // As for Row: in memory at `data`, all lanes of it, or `lanes` numbers of the output for each
  // entry. Rows whose scale is 0 get exactly 0.
  Slope(const Out& out, Index size, Index first, Index stride, Index lanes, T* data,
        Index data_stride, bool add, const P& scale)
      : out_(out),
        size_(size),
        first_(first),
        stride_(stride),
        lanes_(lanes),
        data_(data),
        data_stride_(data_stride),
        add_(add),
        masks_(any(scale == P(0))),
        scale_(scale) {}
  Slope(const Slope&) = delete;
  Index size() const { return size_; }
  T* scratch() const {
    constexpr Index cached = Index(1) << 18;  // bytes that stay in the cache between two steps
    return size_ * Index(sizeof(T)) * P::lanes <= cached && !add_ ? data_ : nullptr;
  }
  Index scratch_stride() const { return data_stride_; }
  void open(Index begin, Index) const { begin_ = begin; }
  EIGEN_STRONG_INLINE void store(Index i, AllLanes, const P& slope) const {
    P gradient = slope * scale_;
    if (masks_) gradient = where(scale_ == P(0), P(0), gradient);
    if (data_ && !add_) {
      gradient.store(data_ + (begin_ + i) * data_stride_);
    } else {
      store_slowly(begin_ + i, gradient);
    }
  }
  void close(Index, Index) const {}
  // Makes the slopes of one entry of each row `now`, where `transform` made them `was`.
  void replace(const Label<Walk>& label, const P& was, const P& now) const {
    T before[P::lanes], after[P::lanes], scale[P::lanes];
    was.store(before);
    now.store(after);
    scale_.store(scale);
    for (Index k = 0; k < lanes_; ++k) {
      const Index entry = label.classes[k];
      if (data_ && !add_ && !masks_) {
        data_[entry * data_stride_ + k] = after[k] * scale[k];
      } else if (scale[k] != T(0)) {
        const T change = (after[k] - before[k]) * scale[k];
        if (data_) {
          T& to = data_[entry * data_stride_ + k];
          to = add_ ? T(to + change) : T(after[k] * scale[k]);
        } else {
          const Index i = first_ + entry * stride_ + k;
          out_.set(i, add_ ? T(out_.at(i) + change) : T(after[k] * scale[k]));
        }
      }
    }
  }

 private:
  void store_slowly(Index entry, P gradient) const {
    T numbers[P::lanes], before[P::lanes];
    const Index first = first_ + entry * stride_;
    if (data_) {
      (gradient + P::load(data_ + entry * data_stride_)).store(data_ + entry * data_stride_);
    } else {
      if (add_) gradient = gradient + load_first<P>(out_.read(first, lanes_, before), lanes_);
      gradient.store(numbers);
      T* to = out_.place(first, numbers);
      if (to != numbers) std::copy_n(numbers, lanes_, to);
      out_.write(first, lanes_, numbers);
    }
  }

  const Out& out_;
  Index size_, first_, stride_, lanes_;
  T* data_;
  Index data_stride_;
  bool add_, masks_;
  P scale_;
  mutable Index begin_ = 0;
};

// Numbers that were put into a slope's scratch memory, as a row.
template <class Walk_>
class Scratch {
 public:
  using Walk = Walk_;
  using P = typename Walk::P;
  using T = typename Walk::Number;

  Scratch(T* data, Index stride, Index size) : data_(data), stride_(stride), size_(size) {}
  Index size() const { return size_; }
  void open(Index begin, Index) const { now_ = data_ + begin * stride_; }
  EIGEN_STRONG_INLINE P load(Index i, AllLanes) const { return P::load(now_ + i * stride_); }
  P load(Index i, Index lanes) const { return load_first<P>(now_ + i, lanes); }
  EIGEN_STRONG_INLINE void store(Index i, AllLanes, const P& pack) const {
    pack.store(now_ + i * stride_);
  }
  void store(Index i, Index lanes, const P& pack) const { store_first(pack, now_ + i, lanes); }

 private:
  T* data_;
  Index stride_, size_;
  mutable T* now_ = nullptr;
};

}  // namespace detail
}  // namespace eigenloss
