// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// CosineEmbedding: the cosine of the angle between two vectors, which should be alike or not.
///
/// Value:     y = 1: 1 - cos; y = -1: max(0, cos - margin), with cos = (sum of a·b) / √(A·B),
///            A = e + sum of a², B = e + sum of b² and e = 1e-12 rounded to float, which keeps the
///            zero vector finite: cos is 0 there.
/// Slope:     for a: s·(b/√(A·B) - cos·a/A), and alike for b, with s = -1 for y = 1, s = 1 for y =
///            -1 where cos >= margin, else 0. So that of cos at the kink cos == margin, and
///            b/√(e·B), near 1e6, at a zero vector.
/// Arguments: (input1 a, input2 b, target y); the unit is a row. a and b are (D), (N, D) or (N,
///            ..., D), features along `axis`; y is 1 or -1, one for each row, of any number type (a
///            plain number or a rank-0 tensor for (D)). Gradients for a and b, in this order.
/// Options:   margin = 0, any number; axis = -1, the last dimension (negative counts from the end).
/// Accuracy:  cos 4 ulp of 1, plus those of three sums of D terms. NaN gives NaN, and so does
///            infinity. e makes cos smaller where |a| or |b| is near 1e-6. Where A·B overflows, from
///            |a|·|b| = 1.8e19 on (float; double 1.3e154), cos and the slopes are 0; where A does,
///            the slope for b is NaN, and alike for B. Vectors without features: 1 (y = 1) or max(0,
///            -margin).
/// PyTorch:   torch.nn.CosineEmbeddingLoss, which gives 0 for a target other than 1 and -1: an
///            error here.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
struct CosineEmbedding {
  static constexpr std::size_t inputs = 3;
  static constexpr const char* arguments[] = {"input1", "input2", "target"};
  static constexpr const char* expected = "1 or -1";
  using Predictions = std::index_sequence<0, 1>;

  double margin = 0.0;     ///< any number; cos below it costs nothing where y = -1
  std::int64_t axis = -1;  ///< where the features lie

  template <class Scalar>
  static constexpr Role role(std::size_t i) {
    return i == 2 ? Role::number : Role::row;
  }
  template <class T>
  static bool accepts(const T& y) {
    return y == T(1) || y == T(-1);
  }

  template <class A, class B, class SlopeA, class SlopeB>
  typename A::V row(const A& a, const B& b, const typename A::V& y, const SlopeA& slope_a,
                    const SlopeB& slope_b) const {
    using V = typename A::V;
    using P = typename A::P;
    constexpr double e = 9.999999960041972e-13;
    const auto total = sums<3>(
        [](const P& a_i, const P& b_i) {
          return std::array<P, 3>{{a_i * b_i, a_i * a_i, b_i * b_i}};
        },
        a, b);
    const V aa = total[1] + V(e), bb = total[2] + V(e);
    const V root = sqrt(aa * bb), cos = total[0] / root;
    const auto alike = y > V(0);
    const V excess = cos - V(margin);
    const V s = where(alike, V(-1), where(excess < V(0), V(0), V(1)));
    // 1/A and 1/B are written so that they are NaN where A and B overflow, as PyTorch's are.
    const P other = spread(a, s / root), own_a = spread(a, s * cos * (bb / (aa * bb))),
            own_b = spread(a, s * cos * (aa / (aa * bb)));
    transform(
        std::tie(slope_a, slope_b),
        [=](const P& a_i, const P& b_i) {
          return std::array<P, 2>{{other * b_i - own_a * a_i, other * a_i - own_b * b_i}};
        },
        a, b);
    return where(alike, V(1) - cos, detail::positive_part(excess));
  }
};

}  // namespace kernel

/// One minus the cosine of two vectors that are alike, the cosine beyond `margin` of two that are
/// not.
/// Options and details: kernel::CosineEmbedding.
template <class Reduction = Mean>
using CosineEmbedding = Rowwise<kernel::CosineEmbedding, Reduction>;

}  // namespace eigenloss
