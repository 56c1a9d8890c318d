// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "view.hpp"

// Storage that the caller owns: checked, resized where it can be, and written in storage order.
namespace eigenloss {

/// Given in the place of a gradient's storage, leaves that gradient uncomputed.
struct Skip {};
/// Given in the place of a gradient's storage, leaves that gradient uncomputed.
inline constexpr Skip skip{};

namespace detail {

template <class A>
constexpr bool is_skip = std::is_same<std::decay_t<A>, Skip>::value;

// Whether results can be written to an A: memory that is not const.
template <class A, class = void>
struct IsWritable : std::false_type {};
template <class A>
struct IsWritable<A, std::enable_if_t<!std::is_const<A>::value && in_memory<A>()>>
    : std::integral_constant<
          bool, !std::is_const<std::remove_pointer_t<decltype(std::declval<A&>().data())>>::value> {
};
template <>
struct IsWritable<Skip> : std::true_type {};
template <>
struct IsWritable<const Skip> : std::true_type {};

// Storage as it was given, but for a const TensorMap, which is written through as a pointer is.
template <class A>
A& as_storage(A& array) {
  return array;
}
template <class P, int O, template <class> class M>
Eigen::TensorMap<P, O, M>& as_storage(const Eigen::TensorMap<P, O, M>& map) {
  return const_cast<Eigen::TensorMap<P, O, M>&>(map);
}
template <class A>
using StorageOf = std::remove_reference_t<decltype(as_storage(std::declval<A&>()))>;

// Whether its numbers can have fractions.
template <class A, class = void>
struct HoldsFractions : std::true_type {};
template <class A>
struct HoldsFractions<
    A, std::enable_if_t<std::is_integral<typename Traits<A>::Scalar>::value || IsComplex<A>::value>>
    : std::false_type {};

// Whether `array` has the shape, or can be given it without an error.
template <class A, std::size_t Rank>
bool fits(const A& array, const Shape<Rank>& shape) {
  if constexpr (Traits<A>::rank != Rank) {
    return false;
  } else if constexpr (is_dense<A>) {
    if (same_shape(shape_of(array), shape)) return true;
    if constexpr (std::is_base_of<Eigen::PlainObjectBase<A>, A>::value) {
      const Index rows = Rank == 2 ? shape[0] : (A::ColsAtCompileTime == 1 ? shape[0] : 1);
      const Index cols = Rank == 2 ? shape[Rank - 1] : (A::ColsAtCompileTime == 1 ? 1 : shape[0]);
      return (A::RowsAtCompileTime == Eigen::Dynamic || A::RowsAtCompileTime == rows) &&
             (A::ColsAtCompileTime == Eigen::Dynamic || A::ColsAtCompileTime == cols) &&
             (A::MaxRowsAtCompileTime == Eigen::Dynamic || rows <= A::MaxRowsAtCompileTime) &&
             (A::MaxColsAtCompileTime == Eigen::Dynamic || cols <= A::MaxColsAtCompileTime);
    }
    return false;
  } else {
    Index count = 1;
    for (const Index extent : shape) count *= extent;
    return same_shape(shape_of(array), shape) ||
           (std::is_same<PlainOf<A>, A>::value && count <= largest_count<A>());
  }
}
template <class S, class D, int O, class I, std::size_t Rank>
bool fits(const Eigen::TensorFixedSize<S, D, O, I>& array, const Shape<Rank>& shape) {
  if constexpr (Traits<Eigen::TensorFixedSize<S, D, O, I>>::rank != Rank) {
    return false;
  } else {
    return same_shape(shape_of(array), shape);
  }
}

// The container, by which storage that is empty as yet is told from other storage.
template <class A>
const void* container_of(const A& array) {
  return is_skip<A> ? nullptr : &array;
}
template <class A>
Area area_of(const A& array) {
  return {hull_of(array), grid_of(array), container_of(array)};
}

// Precondition: fits(array, shape).
template <class A, std::size_t Rank>
void resize(A& array, const Shape<Rank>& shape) {
  if constexpr (Traits<A>::rank == Rank) {
    if (same_shape(shape_of(array), shape)) return;
    if constexpr (std::is_base_of<Eigen::PlainObjectBase<A>, A>::value) {
      if constexpr (Rank == 1) {
        array.resize(static_cast<Eigen::Index>(shape[0]));
      } else {
        array.resize(static_cast<Eigen::Index>(shape[0]), static_cast<Eigen::Index>(shape[1]));
      }
    } else if constexpr (std::is_same<PlainOf<A>, A>::value && is_tensor<A>) {
      using I = typename A::Index;
      Eigen::array<I, Rank> dimensions;
      for (std::size_t k = 0; k < Rank; ++k) dimensions[k] = static_cast<I>(shape[k]);
      array.resize(dimensions);
    }
  }
  (void)array, (void)shape;
}
template <class S, class D, int O, class I, std::size_t Rank>
void resize(Eigen::TensorFixedSize<S, D, O, I>&, const Shape<Rank>&) {}

// Where results go: blocks of T in storage order, to storage of any container and scalar type, so
// that an engine is compiled once for all of them. A Sink<T, Skip> takes nothing.
struct Stored {};
template <class T, class Kind>
class Sink;
template <class T>
class Sink<T, Skip> {
 public:
  static constexpr bool in_place() { return true; }
  static constexpr T* data() { return nullptr; }
};
template <class T>
class Sink<T, Stored> {
 public:
  template <class A>
  explicit Sink(A& array) : array_(&array), calls_(&calls_of<A>) {
    const auto lines = lines_of(array);
    if constexpr (std::is_same<decltype(lines.data), T*>::value) {
      if (lines.contiguous()) contiguous_ = lines.data;
    }
  }

  // The output in place, or nullptr where it is written through buffers.
  T* data() const { return contiguous_; }
  bool in_place() const { return contiguous_ != nullptr; }
  // Where to put the numbers [first, ...): in place or in the buffer. Follow with `write`.
  T* place(Index first, T* buffer) const { return contiguous_ ? contiguous_ + first : buffer; }
  void write(Index first, Index count, const T* buffer) const {
    if (!contiguous_) calls_->write(array_, first, count, buffer);
  }
  // What stands in the storage now.
  const T* read(Index first, Index count, T* buffer) const {
    if (contiguous_) return contiguous_ + first;
    calls_->read(array_, first, count, buffer);
    return buffer;
  }
  // Adds the numbers, which may be changed on the way, to what stands in the storage now.
  [[gnu::noinline]] void add(Index first, Index count, T* numbers) const {
    constexpr Index chunk = buffered<T>;
    T before[chunk];
    for (Index done = 0; done < count; done += chunk) {
      const Index here = (std::min)(chunk, count - done);
      const T* now = read(first + done, here, before);
      T* to = contiguous_ ? contiguous_ + first + done : numbers + done;
      for (Index i = 0; i < here; ++i) to[i] = T(now[i] + numbers[done + i]);
      write(first + done, here, to);
    }
  }
  void set(Index i, const T& number) const {
    if (contiguous_) {
      contiguous_[i] = number;
    } else {
      calls_->write(array_, i, 1, &number);
    }
  }
  T at(Index i) const {
    T number;
    return *read(i, 1, &number);
  }

 private:
  struct Calls {
    void (*write)(void* array, Index first, Index count, const T* from);
    void (*read)(const void* array, Index first, Index count, T* to);
  };
  template <class A>
  static void write_to(void* array, Index first, Index count, const T* from) {
    const auto lines = lines_of(*static_cast<A*>(array));
    lines.pieces(first, count, [&from](auto* to, Index numbers, Index stride) {
      if (stride == 1) {
        convert(from, numbers, to);
      } else {
        using S = std::remove_pointer_t<decltype(to)>;
        for (Index i = 0; i < numbers; ++i) to[i * stride] = convert<S>(from[i]);
      }
      from += numbers;
    });
  }
  template <class A>
  static void read_from(const void* array, Index first, Index count, T* to) {
    Source<A>(*static_cast<const A*>(array)).copy(first, count, to);
  }
  template <class A>
  static constexpr Calls calls_of{&write_to<A>, &read_from<A>};

  T* contiguous_ = nullptr;
  void* array_;
  const Calls* calls_;
};

// How many of a tuple of sinks take something.
template <class Sinks>
constexpr Index wanted = 0;
template <class T, class... Kinds>
constexpr Index wanted<std::tuple<Sink<T, Kinds>...>> = (Index(0) + ... +
                                                         Index(!std::is_same<Kinds, Skip>::value));

template <class T, std::size_t... G>
auto no_sinks(std::index_sequence<G...>) {
  return std::make_tuple(((void)G, Sink<T, Skip>())...);
}
// The sink of an output, if it is wanted.
template <class T, bool Wanted, class A>
auto sink_of(A& out) {
  if constexpr (Wanted && !is_skip<A>) {
    return Sink<T, Stored>(out);
  } else {
    (void)out;
    return Sink<T, Skip>();
  }
}

}  // namespace detail
}  // namespace eigenloss
