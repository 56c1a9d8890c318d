// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>

#include "convert.hpp"
#include "traits.hpp"

// Numbers in memory, contiguous or with strides, and the shapes of arguments.
namespace eigenloss {
namespace detail {

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

// How many numbers a buffer on the stack holds: fewer of those that take kilobytes each, as numbers
// of automatic differentiation may.
template <class T>
constexpr Index buffered = sizeof(T) <= 32 ? Index(512)
                                           : (std::max)(Index(4), Index(16384 / sizeof(T)));

// How many numbers a container's own index type can count.
template <class A>
constexpr Index largest_count() {
  constexpr auto most = std::uintmax_t((std::numeric_limits<Index>::max)());
  if constexpr (is_tensor<A>) {
    using Own = std::numeric_limits<typename Eigen::internal::traits<A>::Index>;
    return Index((std::min)(most, std::uintmax_t((Own::max)())));
  } else {
    return Index((std::min)(most, std::uintmax_t((std::numeric_limits<Eigen::Index>::max)())));
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

}  // namespace detail
}  // namespace eigenloss
