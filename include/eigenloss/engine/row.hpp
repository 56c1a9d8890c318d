// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "../detail/lanes.hpp"
#include "../detail/numeric.hpp"
#include "../detail/output.hpp"
#include "../detail/stream.hpp"
#include "../detail/view.hpp"

// Rows: the entries along the class or feature axis, and the two ways to walk over them. A kernel is
// written once for both:
//   along    the lanes of a pack are neighbouring entries of one row; a number per row (V) is one
//            number
//   across   the lanes are as many rows, one entry of each; a number per row (V) is a pack itself
// An algorithm gives a kernel's formula packs of entries (P). spread(row, v) makes a P of a V.
namespace eigenloss {
namespace detail {

// Entries of a row that are walked between two flushes of a sum, and that buffers hold.
template <class T>
constexpr Index row_chunk = buffered<T>;
// Steps of a tile whose lines stay in the cache from one algorithm to the next.
inline constexpr Index tile_chunk = 16;

// ---- The two walks. ----

// Calls step(strand, i, lanes, packs...) for the entries [begin, begin + count) of the rows, where i
// counts from `begin`; `strand` tells the four accumulators apart.
template <class T>
struct Along {
  using Number = T;
  using V = Single<T>;
  using P = Vector<T>;
  static constexpr bool across = false;
  static constexpr int strands = 4;

  template <bool Slots, class Step, class... Rows>
  static EIGEN_STRONG_INLINE void steps(Index count, const Step& step, const Rows&... rows) {
    constexpr Index width = P::lanes;
    Index i = 0;
    for (; Slots && i + 4 * width <= count; i += 4 * width) {
      step(0, i, AllLanes{}, rows.load(i, AllLanes{})...);
      step(1, i + width, AllLanes{}, rows.load(i + width, AllLanes{})...);
      step(2, i + 2 * width, AllLanes{}, rows.load(i + 2 * width, AllLanes{})...);
      step(3, i + 3 * width, AllLanes{}, rows.load(i + 3 * width, AllLanes{})...);
    }
    for (; i + width <= count; i += width) step(0, i, AllLanes{}, rows.load(i, AllLanes{})...);
    if (i < count) step(0, i, count - i, rows.load(i, count - i)...);
  }
  static EIGEN_STRONG_INLINE P spread(const V& number) { return P(number.parts[0]); }
  static EIGEN_STRONG_INLINE V first(const P& pack) { return V(first_lane(pack)); }
  static EIGEN_STRONG_INLINE P sum_of_strands(const P (&strand)[strands]) {
    return (strand[0] + strand[1]) + (strand[2] + strand[3]);
  }
  static EIGEN_STRONG_INLINE V sum(const P& entries) { return V(sum_of_lanes(entries)); }
  static EIGEN_STRONG_INLINE V maximum(const P (&strand)[strands]) {
    return V(largest_of_lanes(larger(larger(strand[0], strand[1]), larger(strand[2], strand[3]))));
  }
};

// As many registers as give each step two cache lines, if they are not too many.
template <class T>
constexpr int registers_across() {
  constexpr int bytes = int(sizeof(T)) * Vector<T>::lanes;
  return bytes >= 64 ? 2 : 4;
}

template <class T>
struct Across {
  using Number = T;
  using P = Vector<T, registers_across<T>()>;
  using V = P;
  static constexpr bool across = true;
  static constexpr int strands = 1;

  template <bool Slots, class Step, class... Rows>
  static EIGEN_STRONG_INLINE void steps(Index count, const Step& step, const Rows&... rows) {
    for (Index i = 0; i < count; ++i) step(0, i, AllLanes{}, rows.load(i, AllLanes{})...);
  }
  static EIGEN_STRONG_INLINE const P& spread(const V& number) { return number; }
  static EIGEN_STRONG_INLINE const P& sum_of_strands(const P (&strand)[strands]) {
    return strand[0];
  }
  static EIGEN_STRONG_INLINE const V& sum(const P& entries) { return entries; }
  static EIGEN_STRONG_INLINE const V& maximum(const P (&strand)[strands]) { return strand[0]; }
};

// Steps of a tile between two flushes of a sum, and that buffers hold.
template <class T>
constexpr Index tile_steps = (std::max)(Index(1), (std::min)(Index(64), 4 * buffered<T> /
                                                                            Across<T>::P::lanes));

// ---- Class labels, one for each row. ----

template <class Walk>
struct Label {
  std::int64_t classes[Walk::V::lanes];
};

// ---- Rows of numbers. `open` makes the entries [begin, begin + count) ready and returns what loads
// them: a copy of what that takes, for the compiler to see that no store changes it. ----

template <class Walk, class Source>
class Row;

// One row: its entries lie `step` apart, from number `first` of the view on.
template <class T, class Source>
class Row<Along<T>, Source> {
 public:
  using Walk = Along<T>;
  using V = typename Walk::V;
  using P = typename Walk::P;

  Row(const Source& source, Index size, Index first, Index step)
      : source_(source), size_(size), first_(first), step_(step) {}
  Row(const Row&) = delete;
  Index size() const { return size_; }
  V at(Index entry) const { return V(source_.at(first_ + entry * step_)); }
  V at(const Label<Walk>& label) const { return at(Index(label.classes[0])); }
  struct Opened {
    const T* now;

    EIGEN_STRONG_INLINE P load(Index i, AllLanes) const {
      prefetch_next_page(now + i, P::lanes);
      return P::load(now + i);
    }
    EIGEN_STRONG_INLINE P load(Index i, Index lanes) const {
      return detail::load<P>(now + i, lanes);
    }
  };
  Opened open(Index begin, Index count) const {
    if (step_ == 1) return {source_.read(first_ + begin, count, buffer_)};
    source_.gather(first_ + begin * step_, step_, count, buffer_);
    return {buffer_};
  }

 private:
  const Source& source_;
  Index size_, first_, step_;
  mutable T buffer_[row_chunk<T>];
};

// A tile: as many rows as a pack has lanes. Entry c of them lies at data + c·stride or, without
// data, at number first + c·first_stride of the view; only the first `lanes` numbers there are read,
// and copied where they are fewer than a pack's.
template <class T, class Source>
class Row<Across<T>, Source> {
 public:
  using Walk = Across<T>;
  using V = typename Walk::V;
  using P = typename Walk::P;

  Row(const Source& source, Index size, Index first, Index first_stride, Index lanes, const T* data,
      Index stride)
      : source_(source),
        size_(size),
        first_(first),
        first_stride_(first_stride),
        lanes_(lanes),
        data_(data),
        stride_(stride) {}
  Row(const Row&) = delete;
  Index size() const { return size_; }
  struct Opened {
    const T* now;
    Index step;
    LaterSteps<T, P::lanes> later;

    EIGEN_STRONG_INLINE P load(Index i, AllLanes) const {
      const T* here = now + i * step;
      later.ask(i, here);
      return P::load(here);
    }
  };
  Opened open(Index begin, Index count) const {
    if (in_place()) return {data_ + begin * stride_, step_, later_.from(begin)};
    copy(begin, count);
    return {buffer_, step_, later_};
  }
  // The entry at each row's label.
  V at(const Label<Walk>& label) const {
    T entries[P::lanes];
    if (data_ && lanes_ == P::lanes) {
      const T* const from = data_;
      for (Index k = 0, step = stride_; k < P::lanes; ++k) {
        entries[k] = from[Index(label.classes[k]) * step + k];
      }
    } else {
      for (Index k = 0; k < P::lanes; ++k) {
        const Index lane = (std::min)(k, lanes_ - 1);
        entries[k] = source_.at(first_ + Index(label.classes[k]) * first_stride_ + lane);
      }
    }
    return V::load(entries);
  }

 private:
  bool in_place() const { return data_ && lanes_ == P::lanes; }
  [[gnu::noinline]] void copy(Index begin, Index count) const {
    T read[P::lanes];
    for (Index i = 0; i < count; ++i) {
      const Index entry = begin + i;
      const T* here = data_ ? data_ + entry * stride_
                            : source_.read(first_ + entry * first_stride_, lanes_, read);
      detail::load<P>(here, lanes_).store(buffer_ + i * P::lanes);
    }
  }

  const Source& source_;
  Index size_, first_, first_stride_, lanes_;
  const T* data_;
  Index stride_, step_ = in_place() ? stride_ : P::lanes;
  LaterSteps<T, P::lanes> later_{size_, step_};
  mutable T buffer_[tile_steps<T> * P::lanes];
};

}  // namespace detail
}  // namespace eigenloss
