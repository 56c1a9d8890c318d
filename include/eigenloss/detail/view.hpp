// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>

#include "check.hpp"

// The view of an argument: its rank, shape and storage order, and its numbers, read in storage order as the
// type that the loss computes in. A plain contiguous array of that type is read in place; everything else
// (expressions, strides, casts) is copied block by block into a buffer of the caller's.
namespace eigenloss {
namespace detail {

template <class A>
constexpr bool is_tensor =
    std::is_base_of<Eigen::TensorBase<A, Eigen::ReadOnlyAccessors>, A>::value;
template <class D>
std::true_type derives_from_dense(const Eigen::DenseBase<D>*);  // D is not A for x.head(n): VectorBlock
std::false_type derives_from_dense(const void*);
template <class A>
constexpr bool is_dense = decltype(derives_from_dense(static_cast<const A*>(nullptr)))::value;
template <class A>
using DenseOf = std::decay_t<decltype(std::declval<const A&>().derived())>;
template <class A>
constexpr bool is_number = std::is_arithmetic<A>::value;

template <class S>
constexpr bool is_16_bit =
    std::is_same<S, Eigen::half>::value || std::is_same<S, Eigen::bfloat16>::value;

// The type that numbers of type S are computed in.
template <class S>
using Computed = std::conditional_t<is_16_bit<S>, float, S>;

template <class T, class S>
EIGEN_STRONG_INLINE T convert(const S& number) {
  if constexpr (std::is_same<T, S>::value) {
    return number;
  } else if constexpr (is_16_bit<S>) {
    return convert<T>(static_cast<float>(number));
  } else if constexpr (is_16_bit<T>) {
    return T(convert<float>(number));
  } else if constexpr (std::is_arithmetic<T>::value) {
    return static_cast<T>(number);
  } else {
    return T(static_cast<double>(number));
  }
}

template <class T, class S>
void convert(const S* from, Index count, T* to) {
  if constexpr (std::is_same<S, bool>::value || !std::is_arithmetic<T>::value ||
                !(std::is_arithmetic<S>::value || is_16_bit<S>)) {
    for (Index i = 0; i < count; ++i) to[i] = convert<T>(from[i]);
  } else {  // Eigen has SIMD casts
    using Eigen::Array;
    Eigen::Map<Array<T, Eigen::Dynamic, 1>>(to, static_cast<Eigen::Index>(count)) =
        Eigen::Map<const Array<S, Eigen::Dynamic, 1>>(from, static_cast<Eigen::Index>(count))
            .template cast<T>();
  }
}

// ---- What is known of an argument's type: its scalar, rank and storage order. ----

template <class A, class = void>
struct Traits {  // neither a tensor, nor a matrix, nor a number
  static constexpr bool known = false;
};
template <class A>
struct Traits<A, std::enable_if_t<is_tensor<A>>> {
  static constexpr bool known = true;
  using Scalar = std::remove_const_t<typename Eigen::internal::traits<A>::Scalar>;
  static constexpr std::size_t rank = std::size_t(Eigen::internal::traits<A>::NumDimensions);
  static constexpr bool row_major =
      static_cast<int>(Eigen::internal::traits<A>::Layout) == static_cast<int>(Eigen::RowMajor);
};
template <class A>
struct Traits<A, std::enable_if_t<is_dense<A>>> {
  static constexpr bool known = true;
  using Scalar = std::remove_const_t<typename A::Scalar>;
  static constexpr std::size_t rank = A::IsVectorAtCompileTime ? 1 : 2;
  static constexpr bool row_major = A::IsRowMajor;
};
template <class A>
struct Traits<A, std::enable_if_t<is_number<A>>> {
  static constexpr bool known = true;
  using Scalar = A;
  static constexpr std::size_t rank = 0;
  static constexpr bool row_major = false;
};

// ---- Numbers in memory: `outer` lines of `inner` numbers. ----

template <class S>
struct Lines {
  S* data;
  Index inner, outer, inner_stride, outer_stride;

  bool contiguous() const {
    return (inner_stride == 1 || inner <= 1) && (outer_stride == inner || outer <= 1);
  }
  S* at(Index i) const {
    if (outer <= 1) return data + i * inner_stride;
    return data + (i / inner) * outer_stride + (i % inner) * inner_stride;
  }
  // Calls visit(first number, how many, stride) for the pieces of [first, first + count).
  template <class Visit>
  void pieces(Index first, Index count, Visit visit) const {
    if (contiguous()) return visit(data + first, count, Index(1));
    while (count > 0) {
      const Index here = (std::min)(count, outer <= 1 ? count : inner - first % inner);
      visit(at(first), here, inner_stride);
      first += here;
      count -= here;
    }
  }
};

template <class S>
Lines<const S> read_only(const Lines<S>& lines) {
  return {lines.data, lines.inner, lines.outer, lines.inner_stride, lines.outer_stride};
}

template <class A, class = void>
struct IsTensorInMemory : std::false_type {};
template <class S, int N, int O, class I>
struct IsTensorInMemory<Eigen::Tensor<S, N, O, I>> : std::true_type {};
template <class S, class D, int O, class I>
struct IsTensorInMemory<Eigen::TensorFixedSize<S, D, O, I>> : std::true_type {};
template <class P, int O, template <class> class M>
struct IsTensorInMemory<Eigen::TensorMap<P, O, M>> : std::true_type {};

template <class A>
constexpr bool in_memory() {
  if constexpr (is_dense<A>) {
    return (int(A::Flags) & int(Eigen::DirectAccessBit)) != 0;
  } else {
    return IsTensorInMemory<A>::value;
  }
}

template <class A>
auto lines_of(A& array) {
  using S = std::remove_pointer_t<decltype(array.data())>;
  if constexpr (is_dense<std::remove_const_t<A>>) {
    const Index outer_stride = Index(array.outerStride());
    return Lines<S>{array.data(), Index(array.innerSize()), Index(array.outerSize()),
                    Index(array.innerStride()), outer_stride};
  } else {
    const Index size = Index(array.size());
    return Lines<S>{array.data(), size, 1, 1, size};
  }
}

template <class A>
Index extent_of(const A& tensor, std::size_t i) {
  return Index(tensor.dimension(i));
}
template <class P, int O, template <class> class M>
Index extent_of(const Eigen::TensorMap<P, O, M>& map, std::size_t i) {
  return Index(map.dimension(static_cast<typename Eigen::TensorMap<P, O, M>::Index>(i)));
}

// The shape as the library counts dimensions.
template <class A>
Shape<Traits<A>::rank> shape_of(const A& array) {
  Shape<Traits<A>::rank> shape{};
  if constexpr (IsTensorInMemory<A>::value) {
    for (std::size_t i = 0; i < shape.size(); ++i) shape[i] = extent_of(array, i);
  } else if constexpr (is_tensor<A>) {
    const Eigen::DefaultDevice device;
    const Eigen::TensorEvaluator<const A, Eigen::DefaultDevice> evaluator(array, device);
    for (std::size_t i = 0; i < shape.size(); ++i) shape[i] = Index(evaluator.dimensions()[i]);
  } else if constexpr (is_dense<A>) {
    if constexpr (Traits<A>::rank == 1) {
      shape[0] = Index(array.size());
    } else {
      shape = {Index(array.rows()), Index(array.cols())};
    }
  }
  (void)array;
  return shape;
}

// ---- Sources: where a view's numbers come from. ----

template <class A, class = void>
struct Source;

// One type for all containers of S in memory.
template <class S>
struct MemorySource {
  using Scalar = S;
  using Shared = MemorySource;
  Lines<const S> lines;

  const S* pointer() const { return lines.contiguous() ? lines.data : nullptr; }
  S at(Index i) const { return *lines.at(i); }
  template <class T>
  void copy(Index first, Index count, T* to) const {
    lines.pieces(first, count, [&to](const S* from, Index n, Index stride) {
      if (stride == 1) {
        convert(from, n, to);
      } else {
        for (Index i = 0; i < n; ++i) to[i] = convert<T>(from[i * stride]);
      }
      to += n;
    });
  }
};
template <class A>
struct Source<A, std::enable_if_t<in_memory<A>()>> : MemorySource<typename Traits<A>::Scalar> {
  explicit Source(const A& array) : MemorySource<typename Traits<A>::Scalar>{read_only(lines_of(array))} {}
};

template <class A>
struct Source<A, std::enable_if_t<is_tensor<A> && !in_memory<A>()>> {
  using Scalar = typename Traits<A>::Scalar;
  using Shared = Source;
  using Evaluator = Eigen::TensorEvaluator<const A, Eigen::DefaultDevice>;
  Eigen::DefaultDevice device;
  mutable Evaluator evaluator;

  explicit Source(const A& expression) : evaluator(expression, device) {
    evaluator.evalSubExprsIfNeeded(nullptr);
  }
  Source(const Source&) = delete;
  ~Source() { evaluator.cleanup(); }
  const Scalar* pointer() const { return nullptr; }
  Scalar at(Index i) const { return evaluator.coeff(static_cast<typename Evaluator::Index>(i)); }
  template <class T>
  void copy(Index first, Index count, T* to) const {
    Index i = 0;
    if constexpr (bool(Evaluator::PacketAccess) && std::is_same<T, Scalar>::value) {
      constexpr Index width = Eigen::internal::packet_traits<Scalar>::size;
      for (; i + width <= count; i += width) {
        Eigen::internal::pstoreu(
            to + i, evaluator.template packet<Eigen::Unaligned>(
                        static_cast<typename Evaluator::Index>(first + i)));
      }
    }
    for (; i < count; ++i) to[i] = convert<T>(at(first + i));
  }
};

template <class A>
struct Source<A, std::enable_if_t<is_dense<A> && !in_memory<A>()>> {
  using Scalar = typename Traits<A>::Scalar;
  using Shared = Source;
  using Evaluator = Eigen::internal::evaluator<DenseOf<A>>;
  using Packet = typename Eigen::internal::packet_traits<Scalar>::type;
  static constexpr bool packets = (int(Evaluator::Flags) & int(Eigen::PacketAccessBit)) != 0 &&
                                  bool(Eigen::internal::packet_traits<Scalar>::Vectorizable);
  Evaluator evaluator;
  Index inner;

  explicit Source(const A& expression)
      : evaluator(expression.derived()), inner((std::max)(Index(expression.innerSize()), Index(1))) {}
  Source(const Source&) = delete;
  const Scalar* pointer() const { return nullptr; }
  static Eigen::Index row(Index outer_index, Index inner_index) {
    return static_cast<Eigen::Index>(A::IsRowMajor ? outer_index : inner_index);
  }
  static Eigen::Index col(Index outer_index, Index inner_index) {
    return static_cast<Eigen::Index>(A::IsRowMajor ? inner_index : outer_index);
  }
  Scalar at(Index i) const { return at(i / inner, i % inner); }
  Scalar at(Index o, Index i) const { return evaluator.coeff(row(o, i), col(o, i)); }
  template <class T>
  void copy(Index first, Index count, T* to) const {
    Index outer_index = first / inner, begin = first % inner;
    while (count > 0) {
      const Index end = (std::min)(inner, begin + count);
      Index i = begin;
      if constexpr (packets && std::is_same<T, Scalar>::value) {
        constexpr Index width = Eigen::internal::packet_traits<Scalar>::size;
        for (; i + width <= end; i += width) {
          Eigen::internal::pstoreu(to + (i - begin),
                                   evaluator.template packet<Eigen::Unaligned, Packet>(
                                       row(outer_index, i), col(outer_index, i)));
        }
      }
      for (; i < end; ++i) to[i - begin] = convert<T>(at(outer_index, i));
      to += end - begin;
      count -= end - begin;
      ++outer_index;
      begin = 0;
    }
  }
};

template <class A>
struct Source<A, std::enable_if_t<is_number<A>>> {
  using Scalar = A;
  using Shared = Source;
  A number;

  explicit Source(const A& value) : number(value) {}
  const Scalar* pointer() const { return nullptr; }
  Scalar at(Index) const { return number; }
  template <class T>
  void copy(Index, Index count, T* to) const {
    for (Index i = 0; i < count; ++i) to[i] = convert<T>(number);
  }
};

// ---- Reading, whatever the container. ----

// What the engines read from: the numbers of a view, of type T, in storage order. It knows nothing of the
// container, so that an engine is compiled once for all of them. It refers to what it reads from.
template <class T>
class Reader {
 public:
  // A source has at(i) and copy(first, count, T* to); `contiguous` are its numbers in place, if they are.
  template <class S>
  Reader(const S& source, const T* contiguous)
      : contiguous_(contiguous), source_(&source), at_(&at_of<S>), copy_(&copy_of<S>) {}

  // The numbers in place, or nullptr where they must be copied.
  const T* data() const { return contiguous_; }
  T at(Index i) const { return contiguous_ ? contiguous_[i] : at_(source_, i); }
  // The numbers [first, first + count), in place or in the buffer.
  const T* read(Index first, Index count, T* buffer) const {
    if (contiguous_) return contiguous_ + first;
    copy_(source_, first, count, buffer);
    return buffer;
  }
  // Every step-th number from `first` on.
  void gather(Index first, Index step, Index count, T* buffer) const {
    for (Index i = 0; i < count; ++i) buffer[i] = at(first + i * step);
  }

 private:
  template <class S>
  static T at_of(const void* source, Index i) {
    return convert<T>(static_cast<const S*>(source)->at(i));
  }
  template <class S>
  static void copy_of(const void* source, Index first, Index count, T* to) {
    static_cast<const S*>(source)->copy(first, count, to);
  }

  const T* contiguous_;
  const void* source_;
  T (*at_)(const void*, Index);
  void (*copy_)(const void*, Index, Index, T*);
};

// ---- The view itself. ----

template <class T, class A>
class View {
 public:
  using Scalar = typename Traits<A>::Scalar;
  static constexpr std::size_t rank = Traits<A>::rank;
  static constexpr bool row_major = Traits<A>::row_major;

  explicit View(const A& argument) : shape_(shape_of(argument)), source_(argument) {
    if constexpr (std::is_same<T, Scalar>::value) contiguous_ = source_.pointer();
  }

  const Shape<rank>& shape() const { return shape_; }
  Index size() const {
    Index size = 1;
    for (Index extent : shape_) size *= extent;
    return size;
  }
  Reader<T> reader() const {
    return Reader<T>(static_cast<const typename Source<A>::Shared&>(source_), contiguous_);
  }
  const T* data() const { return contiguous_; }
  T at(Index i) const { return convert<T>(source_.at(i)); }
  const T* read(Index first, Index count, T* buffer) const { return reader().read(first, count, buffer); }

 private:
  Shape<rank> shape_;
  Source<A> source_;
  const T* contiguous_ = nullptr;
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
  Broadcast(const Reader<T>& numbers, const Shape<Rank>& own, const Shape<Rank>& shape, bool row_major)
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
    if constexpr (Rank == 0) return 1;
    else return shape_[row_major_ ? Rank - 1 : 0];
  }
  Index line_step() const {
    if constexpr (Rank == 0) return 0;
    else return step_[row_major_ ? Rank - 1 : 0];
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

// ---- The plain containers that results come back in. ----

template <class A, class = void>
struct Plain;
template <class S, int N, int O, class I>
struct Plain<Eigen::Tensor<S, N, O, I>> {
  using type = Eigen::Tensor<std::remove_const_t<S>, N, O, I>;
};
template <class S, class D, int O, class I>
struct Plain<Eigen::TensorFixedSize<S, D, O, I>> {
  using type = Eigen::TensorFixedSize<std::remove_const_t<S>, D, O, I>;
};
template <class P, int O, template <class> class M>
struct Plain<Eigen::TensorMap<P, O, M>> : Plain<std::remove_const_t<P>> {};
template <class A>
struct Plain<A, std::enable_if_t<is_tensor<A> && !IsTensorInMemory<A>::value>> {
  using type = Eigen::Tensor<typename Traits<A>::Scalar, int(Traits<A>::rank),
                             Traits<A>::row_major ? Eigen::RowMajor : Eigen::ColMajor,
                             typename Eigen::internal::traits<A>::Index>;
};
template <class A>
struct Plain<A, std::enable_if_t<is_dense<A>>> {
  using type = typename A::PlainObject;
};
template <class A>
using PlainOf = typename Plain<A>::type;

// The container of one S for each unit, where the unit takes `Less` dimensions away from the input A.
template <class A, class S, std::size_t Less>
auto units_of() {
  if constexpr (is_tensor<A>) {
    return Eigen::Tensor<S, int(Traits<A>::rank - (std::min)(Less, Traits<A>::rank)),
                         Traits<A>::row_major ? Eigen::RowMajor : Eigen::ColMajor,
                         typename Eigen::internal::traits<A>::Index>();
  } else if constexpr (Less > 0) {
    if constexpr (std::is_base_of<Eigen::ArrayBase<DenseOf<A>>, A>::value) {
      return Eigen::Array<S, Eigen::Dynamic, 1>();
    } else {
      return Eigen::Matrix<S, Eigen::Dynamic, 1>();
    }
  } else if constexpr (std::is_same<S, typename Traits<A>::Scalar>::value) {
    return typename A::PlainObject();
  } else {
    return typename decltype(std::declval<const PlainOf<A>&>().template cast<S>())::PlainObject();
  }
}
template <class A, class S, std::size_t Less>
using UnitsOf = decltype(units_of<A, S, Less>());

}  // namespace detail
}  // namespace eigenloss
