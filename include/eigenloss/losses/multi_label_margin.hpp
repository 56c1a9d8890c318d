// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../engine/label_margin.hpp"
#include "../engine/label_margin_tile.hpp"
#include "../engine/rowwise.hpp"

namespace eigenloss {
namespace kernel {

/// MultiLabelMargin: wants the score of every class that applies above that of every class that
/// does not, by 1.
///
/// Value:     1/C · sum over j in T and i not in T of max(0, 1 - x_j + x_i), with C classes and T
///            the row's targets, up to the first -1. A class that is listed twice counts twice as
///            j.
/// Slope:     for each pair with 1 - x_j + x_i > 0: -1/C at j, 1/C at i. So 0 at the kink, a pair
///            at 0.
/// Arguments: (input x, target); the unit is a row. x is (C), (N, C) or (N, C, d1, ...), classes
///            along `axis`, or () for one class; the target holds integers in the shape of x: along
///            `axis` the classes that apply, then -1. What stands behind the first -1 is not used,
///            but must be a class or -1.
/// Options:   axis = 1, negative counts from the end.
/// Accuracy:  each pair within an ulp of max(|x_j|, |x_i|, 1), and the sum within those of C terms.
///            NaN gives NaN; inf - inf counts 0; no targets, or every class, give 0. A row takes
///            C·T steps for up to 128 targets T, of all lanes, a row in each for up to 16; more are
///            sorted, 8192 classes at a time on the stack: C·log(C) steps, and C/4096 passes over
///            the row, which are felt beyond some millions of classes.
/// PyTorch:   torch.nn.MultiLabelMarginLoss, in which NaN counts 0. Every integer type is a class
///            here.
/// Source:    https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html
struct MultiLabelMargin {
  static constexpr bool accepts_rank_0 = true;
  static constexpr std::ptrdiff_t most_labels = 16;

  std::int64_t axis = 1;  ///< where the classes lie

  static constexpr bool takes_classes = true;

  template <class Scalar>
  static constexpr Role role(std::size_t i) {
    return i == 0 ? Role::row : Role::label_row;
  }

  template <class Check>
  void check(const Check& c, std::ptrdiff_t classes) const {
    c.has_classes(classes);
  }

  template <class Row, class Labels, class Slope>
  typename Row::V row(const Row& x, const Labels& targets, const Slope& slope) const {
    using Pairs = std::conditional_t<Row::Walk::across, detail::LabelMarginTile<Row, Labels, Slope>,
                                     detail::LabelMargin<Row, Labels, Slope>>;
    return Pairs(x, targets, slope).sum() / typename Row::V(double(x.size()));
  }
};

}  // namespace kernel

/// Wants the score of every class that applies above that of every other class, by 1.
/// Options and details: kernel::MultiLabelMargin.
template <class Reduction = Mean>
using MultiLabelMargin = Rowwise<kernel::MultiLabelMargin, Reduction>;

}  // namespace eigenloss
