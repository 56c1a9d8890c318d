// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// Negative log likelihood of log-probabilities x with a class y.
///
///   l = -w_y·x_y, with class weights w (1 without)
///
/// Slope: -w_y at y, 0 elsewhere. There are no kinks.
///
/// Shapes: input (C), (N, C) or (N, C, d1, ...), classes along `axis`; target integers, one class
///   for each row (a plain integer or a rank-0 tensor for input (C)). Unit: a row. One entry of
/// each row is read. Mean divides by the sum of w_y over the rows that are not ignored.
/// Special values: x is not checked to be log-probabilities. A class weight of 0 makes the loss
///   exactly 0, even at a log-probability of -inf.
/// Accuracy: half an ulp.
/// Differences from PyTorch: every integer type is a class.
/// Source: torch.nn.NLLLoss, PyTorch 2.13.
struct NLL {
  Eigen::ArrayXd weight{};           ///< one for each class; none: 1
  std::int64_t ignore_index = -100;  ///< rows with this class count nothing
  std::int64_t axis = 1;             ///< where the classes lie

  static constexpr bool takes_classes = true;

  bool ignores(std::int64_t label) const { return label == ignore_index; }
  double share(std::int64_t label) const {
    return weight.size() == 0 ? 1.0 : weight[static_cast<Eigen::Index>(label)];
  }

  template <class Check>
  void check(const Check& c, std::ptrdiff_t classes) const {
    c.has_classes(classes);
    c.class_weights("weight", weight, classes);
  }

  template <class Row, class Slope>
  typename Row::V row(const Row& x, const detail::Label<typename Row::Walk>& y,
                      const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const V w = class_weight(x, weight, y);
    fill(slope, x, P(0));
    replace(slope, y, V(0), -w);
    return where(w == V(0), V(0), -w * at(x, y));
  }
};

}  // namespace kernel

/// The negative log-likelihood of log-probabilities with a class.
/// Options and details: kernel::NLL.
template <class Reduction = Mean>
using NLL = Rowwise<kernel::NLL, Reduction>;

}  // namespace eigenloss
