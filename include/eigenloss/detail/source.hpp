// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>

#include "memory.hpp"

// Where a view's numbers come from: memory, a tensor expression, a matrix expression, or one
// number.
namespace eigenloss {
namespace detail {

template <class A, class = void>
struct Source;

template <class A>
struct Source<A, std::enable_if_t<in_memory<A>()>> {
  using Scalar = typename Traits<A>::Scalar;
  const A& array;

  explicit Source(const A& memory) : array(memory) {}
  auto lines() const { return read_only(lines_of(array)); }
  const Scalar* pointer() const { return lines().contiguous() ? lines().data : nullptr; }
  Scalar at(Index i) const { return *lines().at(i); }
  template <class T>
  void copy(Index first, Index count, T* to) const {
    lines().pieces(first, count, [&to](const Scalar* from, Index numbers, Index stride) {
      if (stride == 1) {
        convert(from, numbers, to);
      } else {
        for (Index i = 0; i < numbers; ++i) to[i] = convert<T>(from[i * stride]);
      }
      to += numbers;
    });
  }
};

template <class A>
struct Source<A, std::enable_if_t<is_tensor<A> && !in_memory<A>()>> {
  using Scalar = typename Traits<A>::Scalar;
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
        Eigen::internal::pstoreu(to + i, evaluator.template packet<Eigen::Unaligned>(
                                             static_cast<typename Evaluator::Index>(first + i)));
      }
    }
    for (; i < count; ++i) to[i] = convert<T>(at(first + i));
  }
};

template <class A>
struct Source<A, std::enable_if_t<is_dense<A> && !in_memory<A>()>> {
  using Scalar = typename Traits<A>::Scalar;
  using Evaluator = Eigen::internal::evaluator<DenseOf<A>>;
  using Packet = typename Eigen::internal::packet_traits<Scalar>::type;
  static constexpr bool packets = (int(Evaluator::Flags) & int(Eigen::PacketAccessBit)) != 0 &&
                                  bool(Eigen::internal::packet_traits<Scalar>::Vectorizable);
  Evaluator evaluator;
  Index inner;

  explicit Source(const A& expression)
      : evaluator(expression.derived()),
        inner((std::max)(Index(expression.innerSize()), Index(1))) {}
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
  A number;

  explicit Source(const A& value) : number(value) {}
  const Scalar* pointer() const { return nullptr; }
  Scalar at(Index) const { return number; }
  template <class T>
  void copy(Index, Index count, T* to) const {
    for (Index i = 0; i < count; ++i) to[i] = convert<T>(number);
  }
};

}  // namespace detail
}  // namespace eigenloss
