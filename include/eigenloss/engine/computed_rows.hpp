// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "row.hpp"

// Rows that are computed and not read.
namespace eigenloss {
namespace detail {

// A row that is 1 at the label and 0 elsewhere.
template <class Walk_>
class OneHot {
 public:
  using Walk = Walk_;
  using P = typename Walk::P;
  using T = typename Walk::Number;

  OneHot(const Label<Walk>& label, Index size) : label_(label), size_(size) {}
  Index size() const { return size_; }
  struct Opened {
    P relative;

    template <class Lanes>
    EIGEN_STRONG_INLINE P load(Index i, Lanes) const {
      return where(relative == P(T(int(i))), P(1), P(0));
    }
  };
  Opened open(Index begin, Index) const {
    T relative[Walk::V::lanes];
    // More machines convert 32-bit numbers many at once.
    if (size_ <= (std::numeric_limits<std::int32_t>::max)()) {
      for (int k = 0; k < Walk::V::lanes; ++k)
        relative[k] = T(std::int32_t(label_.classes[k] - begin));
    } else {
      for (int k = 0; k < Walk::V::lanes; ++k) relative[k] = T(double(label_.classes[k] - begin));
    }
    const P of_rows = Walk::spread(Walk::V::load(relative));
    if constexpr (Walk::across) return {of_rows};
    T lane[P::lanes];
    for (int k = 0; k < P::lanes; ++k) lane[k] = T(k);
    return {of_rows - P::load(lane)};
  }

 private:
  const Label<Walk>& label_;
  Index size_;
};

// A row of one number.
template <class Walk_>
class Constant {
 public:
  using Walk = Walk_;
  using P = typename Walk::P;

  Constant(const P& number, Index size) : number_(number), size_(size) {}
  Index size() const { return size_; }
  const Constant& open(Index, Index) const { return *this; }
  template <class Lanes>
  EIGEN_STRONG_INLINE const P& load(Index, Lanes) const {
    return number_;
  }

 private:
  P number_;
  Index size_;
};

// A row of class weights, the same for every row; 1 where there are none.
template <class Walk_>
class ClassWeights {
 public:
  using Walk = Walk_;
  using P = typename Walk::P;
  using T = typename Walk::Number;

  ClassWeights(const Eigen::ArrayXd& weights, Index size) : weights_(weights), size_(size) {}
  Index size() const { return size_; }
  double sum() const {
    if (weights_.size() == 0) return double(size_);
    using V = Vector<double, 4>;
    V sum(0);
    Index i = 0;
    for (; i + V::lanes <= size_; i += V::lanes) sum += V::load(weights_.data() + i);
    double rest = 0;
    for (; i < size_; ++i) rest += weights_.data()[i];
    return sum_of_lanes(sum) + rest;
  }
  const ClassWeights& open(Index begin, Index count) const {
    begin_ = begin;
    if (Walk::across || weights_.size() == 0) return *this;
    for (Index i = 0; i < count; ++i) buffer_[i] = weight(begin + i);
    return *this;
  }
  template <class Lanes>
  EIGEN_STRONG_INLINE P load(Index i, Lanes lanes) const {
    if (weights_.size() == 0) return P(1);
    if constexpr (Walk::across) {
      return P(weight(begin_ + i));
    } else if constexpr (std::is_same<Lanes, AllLanes>::value) {
      return P::load(buffer_ + i);
    } else {
      return detail::load<P>(buffer_ + i, lanes);
    }
  }

 private:
  T weight(Index entry) const { return T(weights_[static_cast<Eigen::Index>(entry)]); }

  const Eigen::ArrayXd& weights_;
  Index size_;
  mutable Index begin_ = 0;
  mutable T buffer_[Walk::across ? 1 : row_chunk<T>];
};

}  // namespace detail
}  // namespace eigenloss
