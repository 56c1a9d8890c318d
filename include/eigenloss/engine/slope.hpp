// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <type_traits>

#include "../detail/output.hpp"
#include "../detail/stream.hpp"
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

  Slope(const Out& out, Index size, Index first, Index step, bool add, bool stream, T scale)
      : out_(out),
        size_(size),
        first_(first),
        step_(step),
        add_(add),
        streams_(stream && in_place() && whole_lines(out.data() + first, size)),
        scale_(scale) {}
  Slope(const Slope&) = delete;
  // Memory for one number an entry that may be used until the slopes are written, or nullptr: of a
  // long row it would have left the nearest caches by then. Once it is in the cache, slopes need not
  // bypass that.
  T* scratch() const {
    if (size_ > 65536 / Index(sizeof(T))) return nullptr;
    streams_ = false;
    return in_place() ? out_.data() + first_ : nullptr;
  }
  static constexpr Index scratch_stride() { return 1; }
  struct Opened {
    T* now;
    P scale;
    bool streams;

    EIGEN_STRONG_INLINE void store(Index i, AllLanes, const P& slope) const {
      if (streams) return stream(now + i, slope * scale);
      (slope * scale).store(now + i);
    }
    EIGEN_STRONG_INLINE void store(Index i, Index lanes, const P& slope) const {
      detail::store(slope * scale, now + i, lanes);
    }
  };
  Opened open(Index begin, Index) const {
    return {in_place() ? out_.data() + first_ + begin : buffer_, P(scale_), streams_};
  }
  // Makes the slope of one entry `now`, where `transform` made it `was`.
  void replace(const Label<Walk>& label, const Single<T>& was, const Single<T>& now) const {
    const Index entry = first_ + Index(label.classes[0]) * step_;
    const T gradient =
        (add_ ? T(out_.at(entry) + (now - was).parts[0] * scale_) : T(now.parts[0] * scale_));
    out_.set(entry, gradient);
  }
  void close(Index begin, Index count) const {
    if (in_place()) return;
    if (step_ == 1 && !add_) return out_.write(first_ + begin, count, buffer_);
    for (Index i = 0; i < count; ++i) {
      const Index entry = first_ + (begin + i) * step_;
      out_.set(entry, add_ ? T(out_.at(entry) + buffer_[i]) : buffer_[i]);
    }
  }

 private:
  bool in_place() const { return out_.data() && step_ == 1 && !add_; }

  const Out& out_;
  Index size_, first_, step_;
  bool add_;
  mutable bool streams_;
  T scale_;
  mutable T buffer_[row_chunk<T>];
};

template <class T, class Out>
class Slope<Across<T>, Out> {
 public:
  using Walk = Across<T>;
  using P = typename Walk::P;
  static constexpr bool wanted = true;

  // As for Row: at data + c·stride or, without data, at number first + c·first_stride of the output;
  // only the first `lanes` numbers there are written. Rows whose scale is 0 get exactly 0.
  Slope(const Out& out, Index size, Index first, Index first_stride, Index lanes, T* data,
        Index stride, bool add, bool stream, const P& scale)
      : out_(out),
        size_(size),
        first_(first),
        first_stride_(first_stride),
        lanes_(lanes),
        data_(data),
        stride_(stride),
        add_(add),
        masks_(any(scale == P(0))),
        streams_(stream),
        scale_(scale) {}
  Slope(const Slope&) = delete;
  // Long rows whose steps lie apart are better left alone until then. Short ones are those that give
  // the same bits without it, since whether a tile is whole depends on where an array lies.
  T* scratch() const {
    const bool close_by = stride_ == P::lanes || size_ <= tile_chunk;
    return close_by && lanes_ == P::lanes && !add_ && !streams_ ? data_ : nullptr;
  }
  Index scratch_stride() const { return stride_; }
  struct Opened {
    T* now;
    Index step;
    bool streams, masks;
    LaterSteps<T, P::lanes> later;
    P scale;

    EIGEN_STRONG_INLINE void store(Index i, AllLanes, const P& slope) const {
      const P gradient = scaled(slope, scale, masks);
      T* here = now + i * step;
      if (streams) return stream(here, gradient);
      later.template ask<true>(i, here);
      gradient.store(here);
    }
  };
  Opened open(Index begin, Index) const {
    T* const now = in_place() ? data_ + begin * stride_ : buffer_;
    return {now, step_, streams_, masks_, later_.from(begin), scale_};
  }
  void close(Index begin, Index count) const {
    if (!in_place()) write(begin, count);
  }
  // Makes the slopes of one entry of each row `now`, where `transform` made them `was`.
  void replace(const Label<Walk>& label, const P& was, const P& now) const {
    T numbers[P::lanes];
    scaled(add_ ? now - was : now, scale_, masks_).store(numbers);
    if (data_ && !add_) {
      T* const to = data_;
      for (Index k = 0, count = lanes_, step = stride_; k < count; ++k) {
        to[Index(label.classes[k]) * step + k] = numbers[k];
      }
      return;
    }
    for (Index k = 0; k < lanes_; ++k) {
      const Index i = first_ + Index(label.classes[k]) * first_stride_ + k;
      out_.set(i, add_ ? T(out_.at(i) + numbers[k]) : numbers[k]);
    }
  }
  // Makes every slope of the rows where `which` is not 0 a number that adding does not change.
  EIGEN_DONT_INLINE void flood(const P& which, T number) const {
    T chosen[P::lanes];
    where(scale_ == P(0), P(0), which).store(chosen);
    for (Index c = 0; c < size_; ++c) {
      for (Index k = 0; k < lanes_; ++k) {
        if (chosen[k] == T(0)) continue;
        if (data_) {
          data_[c * stride_ + k] = number;
        } else {
          out_.set(first_ + c * first_stride_ + k, number);
        }
      }
    }
  }

 private:
  static EIGEN_STRONG_INLINE P scaled(const P& slope, const P& scale, bool masks) {
    const P gradient = slope * scale;
    return masks ? where(scale == P(0), P(0), gradient) : gradient;
  }
  bool in_place() const { return data_ && lanes_ == P::lanes && !add_; }
  [[gnu::noinline]] void write(Index begin, Index count) const {
    T before[P::lanes];
    for (Index i = 0; i < count; ++i) {
      T* numbers = buffer_ + i * P::lanes;
      const Index entry = begin + i, first = first_ + entry * first_stride_;
      T* here = data_ ? data_ + entry * stride_ : nullptr;
      if (add_) {
        const T* now = here ? here : out_.read(first, lanes_, before);
        (P::load(numbers) + detail::load<P>(now, lanes_)).store(numbers);
      }
      if (here) {
        detail::store(P::load(numbers), here, lanes_);
      } else {
        out_.write(first, lanes_, numbers);
      }
    }
  }

  const Out& out_;
  Index size_, first_, first_stride_, lanes_;
  T* data_;
  Index stride_;
  bool add_, masks_, streams_;
  P scale_;
  Index step_ = in_place() ? stride_ : P::lanes;
  LaterSteps<T, P::lanes> later_{size_, step_};
  mutable T buffer_[tile_steps<T> * P::lanes];
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
  struct Opened {
    T* now;
    Index stride;

    EIGEN_STRONG_INLINE P load(Index i, AllLanes) const { return P::load(now + i * stride); }
    EIGEN_STRONG_INLINE P load(Index i, Index lanes) const {
      return detail::load<P>(now + i, lanes);
    }
    EIGEN_STRONG_INLINE void store(Index i, AllLanes, const P& pack) const {
      pack.store(now + i * stride);
    }
    EIGEN_STRONG_INLINE void store(Index i, Index lanes, const P& pack) const {
      detail::store(pack, now + i, lanes);
    }
  };
  Opened open(Index begin, Index) const { return {data_ + begin * stride_, stride_}; }

 private:
  T* data_;
  Index stride_, size_;
};

}  // namespace detail
}  // namespace eigenloss
