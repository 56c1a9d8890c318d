// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "arguments.hpp"
#include "axis.hpp"

// Inputs of a pointwise kernel that are smaller than the first one, read as if they had its shape.
namespace eigenloss {
namespace detail {

// A number for each index along one axis: pos_weight of BCEWithLogits.
template <class T>
class AlongAxis {
 public:
  AlongAxis(const Eigen::ArrayXd& numbers, Index inner) : numbers_(numbers), inner_(inner) {}

  Reader<T> reader() const { return Reader<T>(*this, nullptr); }
  T at(Index i) const {
    return T(numbers_[static_cast<Eigen::Index>((i / inner_) % Index(numbers_.size()))]);
  }
  void copy(Index first, Index count, T* buffer) const {
    const Index size = Index(numbers_.size()), period = size * inner_;
    const Index once = (std::min)(count, period);
    Index done = 0, c = (first / inner_) % size, left = inner_ - first % inner_;
    while (done < once) {
      const Index here = (std::min)(once - done, inner_ == 1 ? size - c : left);
      if (inner_ == 1) {
        convert(numbers_.data() + c, here, buffer + done);
      } else {
        std::fill_n(buffer + done, here, T(numbers_[static_cast<Eigen::Index>(c)]));
      }
      done += here;
      left = inner_;
      c = inner_ > 1 && c + 1 < size ? c + 1 : 0;
    }
    while (done < count) {  // what is there, again and again
      const Index repeated = done - done % period;
      const Index here = (std::min)(count - done, repeated);
      std::copy_n(buffer + (done - repeated), here, buffer + done);
      done += here;
    }
  }

 private:
  const Eigen::ArrayXd& numbers_;
  Index inner_;
};

template <class T, class Kernel, std::size_t Rank>
AlongAxis<T> along_axis(const Kernel& kernel, const Shape<Rank>& shape, bool row_major) {
  const AxisCut cut(shape, checked_axis<Kernel>(kernel.axis, shape), row_major);
  const bool one = kernel.along_axis().size() == 1;
  return AlongAxis<T>(kernel.along_axis(), one ? cut.outer * cut.size * cut.inner : cut.inner);
}
template <class Kernel, std::size_t Rank>
void check_along_axis(const Kernel& kernel, const Shape<Rank>& shape) {
  const std::size_t axis = checked_axis<Kernel>(kernel.axis, shape);
  const Index given = Index(kernel.along_axis().size());
  const Index expected = AxisCut(shape, axis, true).size;
  if (given <= 1 || given == expected) return;
  Check<Kernel>::fail(Kernel::axis_option, " has ", given, " numbers, expected 1 or ", expected,
                      ", as dimension ", axis, " of input with shape ", shape);
}

// The shape of an input that may be smaller, written with all dimensions of the first one: it lacks
// the last dimension, or has size 1 in one dimension, or is a number. An error where it is none of
// these.
template <class Kernel, std::size_t I, class View_, std::size_t Rank>
Shape<Rank> broadcast_shape(const View_& view, const Shape<Rank>& shape) {
  Shape<Rank> own = shape;
  bool right = true;
  if constexpr (View_::rank + 1 == Rank) {
    own[Rank - 1] = 1;
    for (std::size_t k = 0; k + 1 < Rank; ++k) right = right && view.shape()[k] == shape[k];
  } else if constexpr (View_::rank == Rank) {
    own = view.shape();
    int repeated = 0;
    for (std::size_t k = 0; k < Rank; ++k) {
      if (own[k] == shape[k]) continue;
      ++repeated;
      right = right && own[k] == 1;
    }
    right = right && repeated <= 1;
  } else {
    right = false;
  }
  if (!right) {
    Check<Kernel>::fail(Check<Kernel>::argument(I), " has shape ", view.shape(),
                        ", expected that of the ", Check<Kernel>::argument(0), ", ", shape,
                        ", without its last dimension or with size 1 in one dimension");
  }
  return own;
}

// The axis along which a smaller input is repeated; 0 where it is not.
template <std::size_t Rank>
std::size_t repeated_axis(const Shape<Rank>& own, const Shape<Rank>& shape) {
  std::size_t axis = 0;
  while (axis + 1 < Rank && own[axis] == shape[axis]) ++axis;
  return same_shape(own, shape) ? 0 : axis;
}

}  // namespace detail
}  // namespace eigenloss
