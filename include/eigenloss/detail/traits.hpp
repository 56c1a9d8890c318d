// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>

#include "check.hpp"

// What the library knows of a container by its type, and the plain containers that results come
// back in.
namespace eigenloss {
namespace detail {

template <class A>
constexpr bool is_tensor =
    std::is_base_of<Eigen::TensorBase<A, Eigen::ReadOnlyAccessors>, A>::value;
template <class D>
std::true_type derives_from_dense(
    const Eigen::DenseBase<D>*);  // D is not A for x.head(n): VectorBlock
std::false_type derives_from_dense(const void*);
template <class A>
constexpr bool is_dense = decltype(derives_from_dense(static_cast<const A*>(nullptr)))::value;
template <class A>
using DenseOf = std::decay_t<decltype(std::declval<const A&>().derived())>;
template <class A>
constexpr bool is_number = std::numeric_limits<A>::is_specialized;  // Eigen's 16-bit types, too

template <class S>
constexpr bool is_16_bit =
    std::is_same<S, Eigen::half>::value || std::is_same<S, Eigen::bfloat16>::value;

// The type that numbers of type S are computed in.
template <class S>
using Computed = std::conditional_t<is_16_bit<S>, float, S>;

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

template <class A, class = void>
struct IsComplex : std::false_type {};
template <class A>
struct IsComplex<A, std::enable_if_t<bool(Eigen::NumTraits<typename Traits<A>::Scalar>::IsComplex)>>
    : std::true_type {};

// ---- Whether it is numbers in memory, not an expression. ----

template <class A>
struct IsTensorInMemory : std::false_type {};
template <class S, int N, int O, class I>
struct IsTensorInMemory<Eigen::Tensor<S, N, O, I>> : std::true_type {};
template <class S, class D, int O, class I>
struct IsTensorInMemory<Eigen::TensorFixedSize<S, D, O, I>> : std::true_type {};
template <class P, int O, template <class> class M>
struct IsTensorInMemory<Eigen::TensorMap<P, O, M>> : std::true_type {};

template <class A, class = void>
struct HasData : std::false_type {};
template <class A>
struct HasData<A, std::void_t<decltype(std::declval<const A&>().data())>> : std::true_type {};

// .real() and .imag(): Eigen 3.4 finds the data of those of whole arrays only.
template <class A>
struct HasDirectData : HasData<A> {};
template <class F, class... M>
struct HasDirectData<Eigen::CwiseUnaryView<F, M...>>
    : std::integral_constant<
          bool, (int(Eigen::internal::evaluator<Eigen::CwiseUnaryView<F, M...>>::Flags) &
                 int(Eigen::LinearAccessBit)) != 0> {};

template <class A>
constexpr bool in_memory() {
  if constexpr (is_dense<A>) {  // Eigen 3.4's indexed views have the bit and no data
    return (int(A::Flags) & int(Eigen::DirectAccessBit)) != 0 && HasDirectData<A>::value;
  } else {
    return IsTensorInMemory<A>::value;
  }
}

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

// The container of one S for each unit, where the unit takes `Less` dimensions away from the input
// A.
template <class A, class S, std::size_t Less>
auto units_of() {
  if constexpr (is_tensor<A>) {
    return Eigen::Tensor < S, int(Traits<A>::rank - (std::min)(Less, Traits<A>::rank)),
           Traits<A>::row_major ? Eigen::RowMajor : Eigen::ColMajor,
           typename Eigen::internal::traits<A>::Index > ();
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
