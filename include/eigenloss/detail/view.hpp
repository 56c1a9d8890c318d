// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "overlap.hpp"
#include "source.hpp"

// The view of an argument: its rank, shape and storage order, and its numbers, read in storage
// order as the type that the loss computes in. A plain contiguous array of that type is read in
// place; everything else (expressions, strides, casts) is copied block by block into a buffer of
// the caller's.
namespace eigenloss {
namespace detail {

// ---- Reading, whatever the container. ----

// What the engines read from: the numbers of a view, of type T, in storage order. It knows nothing
// of the container, so that an engine is compiled once for all of them. It refers to what it reads
// from.
template <class T>
class Reader {
 public:
  // A source has at(i) and copy(first, count, T* to); `contiguous` are its numbers in place, if
  // they are.
  template <class S>
  Reader(const S& source, const T* contiguous)
      : contiguous_(contiguous), source_(&source), calls_(&calls_of<S>) {}

  // The numbers in place, or nullptr where they must be copied.
  const T* data() const { return contiguous_; }
  T at(Index i) const { return contiguous_ ? contiguous_[i] : calls_->at(source_, i); }
  // The numbers [first, first + count), in place or in the buffer.
  const T* read(Index first, Index count, T* buffer) const {
    if (contiguous_) return contiguous_ + first;
    calls_->copy(source_, first, count, buffer);
    return buffer;
  }
  // Every step-th number from `first` on.
  void gather(Index first, Index step, Index count, T* buffer) const {
    for (Index i = 0; i < count; ++i) buffer[i] = at(first + i * step);
  }

 private:
  struct Calls {
    T (*at)(const void* source, Index i);
    void (*copy)(const void* source, Index first, Index count, T* to);
  };
  template <class S>
  static T at_of(const void* source, Index i) {
    return convert<T>(static_cast<const S*>(source)->at(i));
  }
  template <class S>
  static void copy_of(const void* source, Index first, Index count, T* to) {
    static_cast<const S*>(source)->copy(first, count, to);
  }
  template <class S>
  static constexpr Calls calls_of{&at_of<S>, &copy_of<S>};

  const T* contiguous_;
  const void* source_;
  const Calls* calls_;
};

// ---- The view itself. ----

template <class T, class A>
class View {
 public:
  using Scalar = typename Traits<A>::Scalar;
  static constexpr std::size_t rank = Traits<A>::rank;
  static constexpr bool row_major = Traits<A>::row_major;

  explicit View(const A& argument) : shape_(shape_of(argument)), source_(argument) {}

  const Shape<rank>& shape() const { return shape_; }
  Index size() const {
    Index size = 1;
    for (Index extent : shape_) size *= extent;
    return size;
  }
  Reader<T> reader() const { return Reader<T>(source_, data()); }
  const T* data() const {
    if constexpr (std::is_same<T, Scalar>::value) return source_.pointer();
    return nullptr;
  }
  const Scalar* memory() const { return source_.pointer(); }  // as they are
  Hull hull() const {
    if constexpr (in_memory<A>()) return hull_of(source_.array);
    return Hull();
  }
  Grid grid() const {
    if constexpr (in_memory<A>()) return grid_of(source_.array);
    return Grid();
  }
  T at(Index i) const { return convert<T>(source_.at(i)); }
  Scalar original(Index i) const { return source_.at(i); }
  const T* read(Index first, Index count, T* buffer) const {
    return reader().read(first, count, buffer);
  }

 private:
  Shape<rank> shape_;
  Source<A> source_;
};

// The position of number i in storage order, dimension by dimension.
template <std::size_t Rank>
Shape<Rank> position(Index i, const Shape<Rank>& shape, bool row_major) {
  Shape<Rank> where{};
  for (std::size_t k = 0; k < Rank; ++k) {
    const std::size_t dimension = row_major ? Rank - 1 - k : k;
    if (shape[dimension] > 0) {
      where[dimension] = i % shape[dimension];
      i /= shape[dimension];
    }
  }
  return where;
}

// Numbers that are repeated along the dimensions where they have size 1, up to a larger shape.
template <class T, std::size_t Rank>
class Broadcast {
 public:
  // `own` is the shape of the numbers, written with as many dimensions as the larger one.
  Broadcast(const Reader<T>& numbers, const Shape<Rank>& own, const Shape<Rank>& shape,
            bool row_major)
      : numbers_(numbers), shape_(shape), row_major_(row_major) {
    Index step = 1;
    for (std::size_t k = 0; k < Rank; ++k) {
      const std::size_t dimension = row_major ? Rank - 1 - k : k;
      step_[dimension] = own[dimension] == 1 && shape[dimension] != 1 ? 0 : step;
      step *= own[dimension];
      repeats_ = repeats_ || own[dimension] != shape[dimension];
    }
  }
  bool repeats() const { return repeats_; }
  Reader<T> reader() const { return repeats_ ? Reader<T>(*this, nullptr) : numbers_; }
  T at(Index i) const { return numbers_.at(source_index(i)); }
  void copy(Index first, Index count, T* to) const {
    const Index line = line_length();
    for (Index done = 0; done < count;) {
      const Index here = (std::min)(count - done, line - (first + done) % line);
      const Index from = source_index(first + done);
      if (line_step() == 0) {
        std::fill_n(to + done, here, numbers_.at(from));
      } else {
        const T* read = numbers_.read(from, here, to + done);
        if (read != to + done) std::copy_n(read, here, to + done);
      }
      done += here;
    }
  }

 private:
  Index line_length() const {
    if constexpr (Rank == 0)
      return 1;
    else
      return shape_[row_major_ ? Rank - 1 : 0];
  }
  Index line_step() const {
    if constexpr (Rank == 0)
      return 0;
    else
      return step_[row_major_ ? Rank - 1 : 0];
  }
  Index source_index(Index i) const {
    const Shape<Rank> at = position(i, shape_, row_major_);
    Index index = 0;
    for (std::size_t k = 0; k < Rank; ++k) index += at[k] * step_[k];
    return index;
  }

  const Reader<T> numbers_;
  Shape<Rank> shape_, step_{};
  bool row_major_;
  bool repeats_ = false;
};

}  // namespace detail
}  // namespace eigenloss
