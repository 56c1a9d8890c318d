// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "../engine/rowwise.hpp"
#include "../engine/softmax.hpp"

namespace eigenloss {
namespace kernel {

/// Cross entropy of the softmax of logits x with a class y, or with class probabilities t.
///
///   log p = x - log(sum of e^x) along the classes
///   class targets:   l = -(1-α)·w_y·log p_y - (α/C)·sum of w_c·log p_c
///   probabilities:   l = -sum of w_c·t'_c·log p_c   with t' = (1-α)·t + α/C
/// with α = label_smoothing, C classes and class weights w (1 without).
///
/// Slope:  class targets   (1-α)·w_y·(p_j - [j = y]) + (α/C)·(W·p_j - w_j),  W = sum of w_c
///         probabilities   p_j·(sum of w_c·t'_c) - w_j·t'_j
/// There are no kinks. The maximum is subtracted before the exponential, so logits of any size are
/// fine; the naive log(sum of e^x) overflows from x = 89 on.
///
/// Shapes: input (C), (N, C) or (N, C, d1, ...), classes along `axis`; target either integers, one
///   class for each row (a plain integer or a rank-0 tensor for input (C)), or numbers in the shape
///   of the input: probabilities, which are not checked. Unit: a row.
/// Mean divides by the sum of w_y over the rows that are not ignored; with probabilities by the
/// number of rows.
/// Special values: a logit of -inf is a class that cannot be: its slope is 0. +inf, or only -inf,
///   gives NaN. A class weight or probability of 0 makes its term exactly 0, even where log p = -inf.
/// Accuracy: value and slope: 4 ulp of max(1, |max x - x_y|) plus those of a sum of C terms.
/// Differences from PyTorch: an ignored row's gradient is 0 even where its logits are NaN; every
///   integer type is a class; label_smoothing outside [0, 1] is an error.
/// Source: torch.nn.CrossEntropyLoss, PyTorch 2.13.
struct CrossEntropy {
  Eigen::ArrayXd weight{};           ///< one for each class; none: 1
  std::int64_t ignore_index = -100;  ///< rows with this class count nothing; < 0 with probabilities
  double label_smoothing = 0.0;      ///< α, in [0, 1]
  std::int64_t axis = 1;             ///< where the classes lie

  static constexpr bool takes_classes = true;
  static constexpr bool takes_probabilities = true;

  bool ignores(std::int64_t label) const { return label == ignore_index; }
  double share(std::int64_t label) const {
    return weight.size() == 0 ? 1.0 : weight[static_cast<Eigen::Index>(label)];
  }

  template <class Check>
  void check(const Check& c, std::ptrdiff_t classes) const {
    c.has_classes(classes);
    c.option(label_smoothing >= 0 && label_smoothing <= 1, "label_smoothing", label_smoothing,
             "between 0 and 1");
    c.class_weights("weight", weight, classes);
  }

  template <class Check>
  void check_with_probabilities(const Check& c) const {
    c.option(ignore_index < 0, "ignore_index", ignore_index, "negative, as probabilities need it");
  }

  template <class Row, class Slope>
  typename Row::V row(const Row& x, const detail::Label<typename Row::Walk>& y,
                      const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const Softmax<Row, Slope> softmax(x, slope);
    const V w = class_weight(x, weight, y);
    const V x_y = at(x, y);
    const V term = w * (softmax.log_total - (x_y - softmax.maximum));
    const V loss = where(w == V(0), V(0), term);
    const P w_entry = spread(x, w);
    if (label_smoothing == 0) {
      softmax.transform_slope(slope, y,
                              [&](const P& p, const P& is_y) { return w_entry * (p - is_y); });
      return loss;
    }
    const auto hot = one_hot(x, y);
    const V certain(1 - label_smoothing), even(label_smoothing / double(x.size()));
    const P certain_w = P(1 - label_smoothing) * w_entry,
            even_entry(label_smoothing / double(x.size()));
    const P all_w(weight.size() == 0 ? double(x.size()) : weight.sum());
    const auto weights = class_weights(x, weight);
    softmax.transform_slope(
        slope,
        [&](const P& p, const P& is_y, const P& w_c) {
          return certain_w * (p - is_y) + even_entry * (all_w * p - w_c);
        },
        hot, weights);
    return certain * loss + even * softmax.negative_log([](const P& w_c) { return w_c; }, weights);
  }

  template <class Row, class Slope>
  typename Row::V row(const Row& x, const Row& t, const Slope& slope) const {
    using P = typename Row::P;
    const auto weights = class_weights(x, weight);
    const P certain(1 - label_smoothing), even(label_smoothing / double(x.size()));
    const auto w_t = [&](const P& t_c, const P& w_c) { return w_c * (certain * t_c + even); };
    const Softmax<Row, Slope> softmax(x, slope);
    const auto loss = softmax.negative_log(w_t, t, weights);
    if constexpr (Slope::wanted) {
      const P total = spread(x, sum(w_t, t, weights));
      softmax.transform_slope(
          slope, [&](const P& p, const P& t_c, const P& w_c) { return total * p - w_t(t_c, w_c); },
          t, weights);
    }
    return loss;
  }
};

}  // namespace kernel

/// The cross entropy of the softmax of logits with a class, or with class probabilities.
/// Options and details: kernel::CrossEntropy.
template <class Reduction = Mean>
using CrossEntropy = Rowwise<kernel::CrossEntropy, Reduction>;

}  // namespace eigenloss
