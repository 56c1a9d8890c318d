// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "trial.hpp"

// What .weighted(w) means.
namespace laws {

inline void weights_multiply(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("weights under Unreduced", in));
  const Plain w = random_weights(trial.random, units_shape(trial.loss, in));
  const Outcome weighted = now(trial.loss.weighted[0].both, in, w);
  const Outcome plain = now(trial.loss.unreduced.both, in);
  same("w·l", weighted.units, times(plain.units, w), rounding);
  same_gradients(now(trial.loss.weighted[1].both, in, w), weighted, exact);
}

inline void weight_one(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  const Plain w = filled(units_shape(trial.loss, in), 1);
  INFO(text("weights of 1", in));
  same_outcome(now(trial.loss.weighted[0].both, in, w), now(trial.loss.unreduced.both, in),
               rounding);
  same_outcome(now(trial.loss.weighted[2].both, in, w), now(trial.loss.mean.both, in), rounding);
  same_outcome(now(trial.loss.weighted[3].both, in, w), now(trial.loss.mean.both, in), rounding);
  same_outcome(now(trial.loss.weighted[4].both, in, w), now(trial.loss.non_zero_mean.both, in),
               rounding);
}

// A masked member is as if it were not there, whatever its numbers are, and its gradient is exactly
// 0.
inline void zero_is_absence(Trial& trial) {
  const Subject& loss = trial.loss;
  for (double spoiled : {1.0, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    Inputs in = trial.inputs(9, 7);
    const std::vector<Index> kept{0, 2, 3, 7}, masked{1, 4, 5, 6, 8};
    const Inputs left = take(loss, in, kept);
    if (spoiled != 1.0) spoil(loss, in, masked, spoiled);
    std::vector<double> each(9, 0);
    for (Index i : kept) each[static_cast<std::size_t>(i)] = 1;
    const Plain w = spread(each, units_shape(loss, in));
    const Plain ones = filled(units_shape(loss, left), 1);
    for (std::size_t r : {1u, 3u, 4u}) {  // Mean counts masked units too
      INFO(text(loss.weighted[r].what, in) << ", masked members hold " << spoiled);
      const Outcome all = now(loss.weighted[r].both, in, w);
      const Outcome fewer = now(loss.weighted[r].both, left, ones);
      same("value", all.value, fewer.value, rounding);
      same_gradients(take(loss, all, kept), fewer, rounding);
      for (const Plain& gradient : take(loss, all, masked).gradients) {
        same("gradient of masked units", gradient, filled(gradient.shape, 0), exact);
      }
    }
    INFO("masked members hold " << spoiled);
    const Outcome units = take(loss, now(loss.weighted[0].both, in, w), masked);
    same("losses of masked units", units.units, filled(units.units.shape, 0), exact);
    same_outcome(now(loss.masked, in, w), now(loss.weighted[1].both, in, w), exact);
  }
}

// Single elements masked, between others in the same pack.
inline void masked_elements(Trial& trial) {
  const Subject& loss = trial.loss;
  if (loss.unit != Unit::element) return;
  Inputs in = trial.inputs(9, 7);
  INFO(text(loss.weighted[1].what, in));
  const Plain w = integers(trial.random, in[0].shape, 0, 2);
  const Outcome clean = now(loss.weighted[1].both, in, w);
  for (std::size_t k = 0; k < w.numbers.size(); ++k) {
    for (std::size_t i : loss.predictions) {
      if (w.numbers[k] == 0) in[i].numbers[k] = k % 2 == 0 ? std::nan("") : HUGE_VAL;
    }
  }
  same_outcome(now(loss.weighted[1].both, in, w), clean, exact);
}

inline void all_masked(Trial& trial) {
  const Subject& loss = trial.loss;
  Inputs in = trial.inputs(5, 4);
  spoil(loss, in, range(0, 5), std::nan(""));
  const Plain w = filled(units_shape(loss, in), 0);
  for (std::size_t r : {0u, 1u, 3u, 4u}) {
    INFO(text(loss.weighted[r].what, in) << ", all weights 0");
    const Outcome outcome = now(loss.weighted[r].both, in, w);
    if (r > 0) CHECK(outcome.value == 0);
    for (const Plain& gradient : outcome.gradients) {
      same("gradient", gradient, filled(gradient.shape, 0), exact);
    }
  }
}

inline void two_is_twice(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(6, 5);
  INFO(text("weight 2 is the unit twice, Sum and WeightedMean", in));
  const Inputs twice = take(loss, in, {0, 0, 1, 2, 3, 3, 4, 5, 5});
  const Plain w = spread({2, 1, 1, 2, 1, 2}, units_shape(loss, in));
  const Plain ones = filled(units_shape(loss, twice), 1);
  for (std::size_t r : {1u, 3u}) {
    const Outcome a = now(loss.weighted[r].both, in, w);
    const Outcome b = now(loss.weighted[r].both, twice, ones);
    same("value", a.value, b.value, rounding, std::max(std::abs(a.value), 1.0));
    const Outcome once = take(loss, b, {0, 2, 3, 4, 6, 7});
    const Outcome single = take(loss, a, {1, 2, 4});
    const Outcome single_b = take(loss, once, {1, 2, 4});
    same_gradients(single, single_b, rounding);
  }
}

inline void weights_broadcast(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(9, 7);
  const std::vector<Index> shape = units_shape(loss, in);
  for (std::size_t repeated = 1; repeated < (std::size_t(1) << shape.size()); ++repeated) {
    std::vector<Index> smaller = shape;
    Plain full = filled(shape, 0);
    for (std::size_t k = 0; k < shape.size(); ++k) {
      if ((repeated >> k) & 1) smaller[k] = 1;
    }
    const Plain w = random_weights(trial.random, smaller);
    const Index columns = shape.size() > 1 ? shape[1] : 1;
    for (Index i = 0; i < full.size(); ++i) {
      const Index row = smaller[0] == 1 ? 0 : i / columns;
      const Index column = shape.size() > 1 && smaller[1] != 1 ? i % columns : 0;
      const Index width = shape.size() > 1 ? smaller[1] : 1;
      full.numbers[static_cast<std::size_t>(i)] =
          w.numbers[static_cast<std::size_t>(row * width + column)];
    }
    INFO(text("weights of shape " + text(smaller), in));
    same_outcome(now(loss.weighted[1].both, in, w), now(loss.weighted[1].both, in, full), exact);
    same_outcome(now(loss.weighted[3].both, in, w), now(loss.weighted[3].both, in, full), rounding);
  }
}

inline void weighted_mean_divides(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(9, 7);
  INFO(text("WeightedMean is Sum over divisor", in));
  const Plain w = random_weights(trial.random, units_shape(loss, in));
  const Outcome mean = now(loss.weighted[3].both, in, w);
  const double divisor = now(loss.weighted_divisor, in, w).value;
  const Plain shares = ones_or(loss.averaging(in), w.shape);
  const Outcome sum = now(loss.weighted[1].both, in, times(w, shares));
  const double size = total_size(now(loss.weighted[0].both, in, w).units);
  same("value", mean.value, sum.value / divisor, rounding, size / divisor);
  for (std::size_t g = 0; g < sum.gradients.size(); ++g) {
    same("gradient", mean.gradients[g], times(sum.gradients[g], 1 / divisor), rounding);
  }
}

inline std::vector<Law> laws_of_weights() {
  return {{"a weight multiplies the loss of its unit", weights_multiply},
          {"weights of 1 change nothing", weight_one},
          {"weight 0 is absence", zero_is_absence},
          {"masked elements do not matter", masked_elements},
          {"all units masked: 0", all_masked},
          {"weight 2 is the unit twice", two_is_twice},
          {"weights broadcast", weights_broadcast},
          {"WeightedMean is weighted Sum over divisor", weighted_mean_divides}};
}

}  // namespace laws
