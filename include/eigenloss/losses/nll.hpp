// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>

#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// NLL: the negative log-likelihood of a class, from log-probabilities.
///
/// Value:     -w_y·x_y, with class weights w (1 without)
/// Slope:     -w_y at y, 0 elsewhere. Linear.
/// Arguments: (input x, target y); the unit is a row, of which one entry is read. x is (C), (N, C)
///            or (N, C, d1, ...), classes along `axis`; y are integers, one class for each row (a
///            plain integer or a rank-0 tensor for x (C)). x is not checked to be
///            log-probabilities. Mean divides by the sum of w_y over the rows that are not ignored.
/// Options:   weight, empty: one for each class; ignore_index = -100, any integer; axis = 1,
///            negative counts from the end.
/// Accuracy:  1 ulp, as w is rounded, too. A NaN that is read gives the value NaN, a class weight of
///            0 a loss of exactly 0, even at a log-probability of -inf.
/// PyTorch:   torch.nn.NLLLoss, the same, for every integer type.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
struct NLL {
  Eigen::ArrayXd weight{};           ///< one for each class; none: 1
  std::int64_t ignore_index = -100;  ///< rows with this class count nothing
  std::int64_t axis = 1;             ///< where the classes lie

  static constexpr bool takes_classes = true;
  static constexpr bool only_at_label = true;

  bool ignores(std::int64_t label) const { return label == ignore_index; }
  bool shares_are_one() const { return weight.size() == 0; }
  double share(std::int64_t label) const { return weight[static_cast<Eigen::Index>(label)]; }

  template <class Check>
  void check(const Check& c, std::ptrdiff_t classes) const {
    c.has_classes(classes);
    c.class_weights("weight", weight, classes);
  }

  template <class Row, class Slope>
  typename Row::V row(const Row& x, const detail::Label<typename Row::Walk>& y,
                      const Slope& slope) const {
    using V = typename Row::V;
    const V w = class_weight(x, weight, y);
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
