// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>

#include "../engine/rowwise.hpp"
#include "../engine/softmax.hpp"

namespace eigenloss {
namespace kernel {

/// CrossEntropy: of the softmax of logits with a class, or with class probabilities.
///
/// Value:     class targets: -(1 - α)·w_y·log p_y - (α/C)·sum of w_c·log p_c;
///            probabilities: -sum of w_c·t'_c·log p_c, with t' = (1 - α)·t + α/C.
///            log p = x - log(sum of e^x) along the C classes; α is label_smoothing, w the class
///            weights (1 without). The maximum is subtracted first: e^x overflows from 89 on.
/// Slope:     class targets: (1 - α)·w_y·(p_j - [j = y]) + (α/C)·(W·p_j - w_j), W the sum of w_c;
///            probabilities: p_j·(sum of w_c·t'_c) - w_j·t'_j. Smooth.
/// Arguments: (input x, target); the unit is a row. x is (C), (N, C) or (N, C, d1, ...), classes
///            along `axis`. The target is either integers y, one class for each row (a plain
///            integer or a rank-0 tensor for x (C)), or numbers t in the shape of x: probabilities,
///            which are not checked. Mean divides by the sum of w_y over the rows that are not
///            ignored; with probabilities by the number of rows.
/// Options:   weight, empty: one for each class; ignore_index = -100, any integer, below 0 with
///            probabilities; label_smoothing = 0, in [0, 1]; axis = 1, negative from the end.
/// Accuracy:  value and slope 4 ulp of max(1, |max x - x_y|) times the largest class weight, plus
///            those of a sum of C terms. A logit of -inf is a class that cannot be: its slope is 0.
///            +inf, or -inf everywhere, gives NaN. A term whose class weight or probability is 0 is
///            exactly 0; where all are, so are the slopes, even at NaN.
/// PyTorch:   torch.nn.CrossEntropyLoss. An ignored row's gradient is 0 here even where its logits
///            are NaN; every integer type is a class; label_smoothing outside [0, 1] is an error.
/// Source:    label smoothing: Szegedy et al., Rethinking the Inception Architecture (2016), 7;
///            https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
struct CrossEntropy {
  Eigen::ArrayXd weight{};           ///< one for each class; none: 1
  std::int64_t ignore_index = -100;  ///< rows with this class count nothing; < 0 with probabilities
  double label_smoothing = 0.0;      ///< α, in [0, 1]
  std::int64_t axis = 1;             ///< where the classes lie

  static constexpr bool takes_classes = true, takes_probabilities = true;
  bool ignores(std::int64_t label) const { return label == ignore_index; }
  bool shares_are_one() const { return weight.size() == 0; }
  double share(std::int64_t label) const { return weight[static_cast<Eigen::Index>(label)]; }

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
    const V loss = weigh(w, softmax.log_total - (at(x, y) - softmax.maximum));
    const P w_y = spread(x, w);
    if (label_smoothing == 0) {
      const auto slope_at = [=, weighted = weight.size() != 0](const P& p, const P& is_y) {
        return weighted ? weigh(w_y, p - is_y) : p - is_y;
      };
      softmax.transform_slope(slope, y, slope_at);
      return loss;
    }
    const double certain = 1 - label_smoothing, even = label_smoothing / double(x.size());
    const auto weights = class_weights(x, weight);
    const P certain_w = P(certain) * w_y, total = certain_w + P(even * weights.sum());
    const auto slope_at = [=](const P& p, const P& is_y, const P& w_c) {
      return weigh(total, p) - (certain_w * is_y + P(even) * w_c);
    };
    softmax.transform_slope(slope, slope_at, one_hot(x, y), weights);
    return V(certain) * loss + V(even) * softmax.negative_log(weights);
  }

  template <class Row, class Slope>
  typename Row::V row(const Row& x, const Row& t, const Slope& slope) const {
    using P = typename Row::P;
    const auto weights = class_weights(x, weight);
    const P certain(1 - label_smoothing), even(label_smoothing / double(x.size()));
    const auto w_t = [=](const P& t_c, const P& w_c) { return w_c * (certain * t_c + even); };
    const Softmax<Row, Slope> softmax(x, slope);
    const auto loss = softmax.negative_log(w_t, t, weights);
    if constexpr (Slope::wanted) {
      const P total = spread(x, sum(w_t, t, weights));
      const auto slope_at = [=](const P& p, const P& t_c, const P& w_c) {
        return weigh(total, p) - w_t(t_c, w_c);
      };
      softmax.transform_slope(slope, slope_at, t, weights);
    }
    return loss;
  }

 private:
  // w·number, exactly 0 where w is.
  template <class N>
  static EIGEN_STRONG_INLINE N weigh(const N& w, const N& number) {
    return where(w == N(0), N(0), w * number);
  }
};

}  // namespace kernel

/// The cross entropy of the softmax of logits with a class, or with class probabilities.
/// Options and details: kernel::CrossEntropy.
template <class Reduction = Mean>
using CrossEntropy = Rowwise<kernel::CrossEntropy, Reduction>;

}  // namespace eigenloss
