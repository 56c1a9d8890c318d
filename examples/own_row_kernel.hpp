// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <eigenloss/engine/rowwise.hpp>
#include <eigenloss/engine/softmax.hpp>

// l = -(1 - p)^gamma · log p, with p the softmax of the logits at the label.
struct Focal {
  double gamma = 2.0;     // at least 0; 0 is CrossEntropy
  std::int64_t axis = 1;  // where the classes lie: every row kernel's last option

  template <class Check>
  void check(const Check& check, std::ptrdiff_t) const {
    check.option(gamma >= 0, "gamma", gamma, "at least 0");
  }

  // A row of logits x, its label y, and the slopes to fill in. V holds a number a row, P entries.
  template <class Row, class Label, class Slope>
  typename Row::V row(const Row& x, const Label& y, const Slope& slope) const {
    using V = typename Row::V;
    using P = typename Row::P;
    const eigenloss::Softmax<Row, Slope> softmax(x, slope);
    const V log_p = (at(x, y) - softmax.maximum) - softmax.log_total;
    const V p = exp(log_p), miss = -expm1(log_p);
    const V focus = pow(miss, V(gamma));

    // d l / d x_j = (softmax_j - [j = y])·factor
    const V steeper = V(gamma) * pow(miss, V(gamma - 1)) * p * log_p;
    const V factor_of_row = gamma == 0 ? focus : where(miss == V(0), V(0), focus - steeper);
    const P factor = spread(x, factor_of_row);
    softmax.transform_slope(
        slope, [=](const P& s, const P& is_y) { return factor * (s - is_y); }, one_hot(x, y));
    return -focus * log_p;
  }
};
