// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "../engine/rowwise.hpp"
#include "../engine/softmax.hpp"

namespace eigenloss {
namespace kernel {

/// CrossEntropy: of the softmax of logits with a class, or with class probabilities.
///
/// Value:     class targets: -(1 - α)·w_y·log p_y - (α/C)·sum of w_c·log p_c;
///            probabilities: -sum of w_c·t'_c·log p_c, with t' = (1 - α)·t + α/C.
///            log p = x - log(sum of e^x) along the classes; α is label_smoothing, C the number of
///            classes, w the class weights (1 without). The maximum is subtracted first: logits of
///            any size are fine, where the naive log(sum of e^x) overflows from x = 89 on.
/// Slope:     class targets: (1 - α)·w_y·(p_j - [j = y]) + (α/C)·(W·p_j - w_j), W the sum of w_c;
///            probabilities: p_j·(sum of w_c·t'_c) - w_j·t'_j. Smooth.
/// Arguments: (input x, target); the unit is a row. x is (C), (N, C) or (N, C, d1, ...), classes
///            along `axis`. The target is either integers y, one class for each row (a plain
///            integer or a rank-0 tensor for x (C)), or numbers t in the shape of x: probabilities,
///            which are not checked. Mean divides by the sum of w_y over the rows that are not
///            ignored; with probabilities by the number of rows.
/// Options:   weight, empty: one for each class; ignore_index = -100, any integer, below 0 with
///            probabilities; label_smoothing = 0, in [0, 1]; axis = 1, negative from the end.
/// Accuracy:  value and slope 4 ulp of max(1, |max x - x_y|), plus those of a sum of C terms in
///            order. A logit of -inf is a class that cannot be: its slope is 0. +inf, or -inf
///            everywhere, gives NaN. A class weight or probability of 0 makes its term exactly 0,
///            even at a log-probability of -inf.
/// PyTorch:   torch.nn.CrossEntropyLoss. An ignored row's gradient is 0 here even where its logits
///            are NaN; every integer type is a class; label_smoothing outside [0, 1] is an error.
/// Source:    label smoothing: Szegedy et al., Rethinking the Inception Architecture (2016), 7;
///            https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
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
    return certain * loss + even * softmax.negative_log(weights);
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
