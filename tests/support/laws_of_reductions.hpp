// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "trial.hpp"

// How the reductions hang together.
namespace laws {

// The losses of the units as an averaging reduction adds them up.
inline Plain averaged(const Subject& loss, const Inputs& in, const Plain& units) {
  const Plain shares = loss.averaging(in);
  return shares.numbers.empty() ? units : times(units, shares);
}
inline void sum_adds_up(Trial& trial) {
  const Inputs in = rough(trial, trial.inputs(40, 7));
  INFO(text("Sum and Unreduced", in));
  const Outcome units = now(trial.loss.unreduced.both, in);
  const Outcome sum = now(trial.loss.sum.both, in);
  same("Sum", sum.value, total(units.units), rounding, total_size(units.units));
  same_gradients(units, sum, exact);
}

inline void mean_divides(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("Mean", in));
  const Plain units = now(trial.loss.unreduced.both, in).units;
  const Outcome mean = now(trial.loss.mean.both, in);
  const double divisor = now(trial.loss.divisor, in).value;
  const Plain shares = ones_or(trial.loss.averaging(in), units.shape);
  const Outcome sum = now(trial.loss.weighted[1].both, in, shares);
  same("Mean", mean.value, sum.value / divisor, rounding, total_size(units) / divisor);
  for (std::size_t g = 0; g < sum.gradients.size(); ++g) {
    same("gradient", mean.gradients[g], times(sum.gradients[g], 1 / divisor), rounding);
  }
}

inline void batch_mean_divides(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("BatchMean", in));
  const Outcome sum = now(trial.loss.sum.both, in);
  const Outcome mean = now(trial.loss.batch_mean.both, in);
  const double batch = static_cast<double>(batch_of(trial.loss, in));
  same("BatchMean", mean.value, sum.value / batch, rounding);
  for (std::size_t g = 0; g < sum.gradients.size(); ++g) {
    same("gradient", mean.gradients[g], times(sum.gradients[g], 1 / batch), rounding);
  }
}

inline void root_mean_is_the_root(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("RootMean", in));
  const Outcome mean = now(trial.loss.mean.both, in);
  const Outcome root = now(trial.loss.root_mean.both, in);
  same("RootMean", root.value, std::sqrt(mean.value), rounding);
  for (std::size_t g = 0; g < mean.gradients.size() && mean.value > 0; ++g) {
    same("gradient", root.gradients[g], times(mean.gradients[g], 0.5 / std::sqrt(mean.value)),
         rounding);
  }
}

inline void weighted_mean_without_weights(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("WeightedMean without weights is Mean", in));
  same_outcome(now(trial.loss.weighted_mean.both, in), now(trial.loss.mean.both, in), rounding);
}

inline void user_mean(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("a user's reduction equal to Mean", in));
  same_outcome(now(trial.loss.average.both, in), now(trial.loss.mean.both, in), exact);
}

inline void mean_of_non_zero(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  INFO(text("a user's mean over the units with a loss", in));
  const Outcome units = now(trial.loss.unreduced.both, in);
  const Outcome mean = now(trial.loss.non_zero_mean.both, in);
  const Plain losses = averaged(trial.loss, in, units.units);
  const double counted = static_cast<double>(
      losses.size() - std::count(losses.numbers.begin(), losses.numbers.end(), 0.0));
  const double factor = counted == 0 ? 0 : 1 / counted;
  same("value", mean.value, total(losses) * factor, rounding, total_size(losses) * factor);
  const Outcome sum =
      now(trial.loss.weighted[1].both, in, ones_or(trial.loss.averaging(in), units.units.shape));
  for (std::size_t g = 0; g < sum.gradients.size(); ++g) {
    same("gradient", mean.gradients[g], times(sum.gradients[g], factor), rounding);
  }
}

// Averages over parts of a batch are exact: sums of values, gradients and divisors, divided once.
inline void parts_add_up(Trial& trial) {
  const Inputs in = trial.inputs(11, 5);
  INFO(text("Mean from parts of a batch", in));
  const Outcome whole = now(trial.loss.mean.both, in);
  double value = 0, size = 0, divisor = 0;
  for (const auto& part : {range(0, 4), range(4, 5), range(5, 11)}) {
    const Inputs piece = take(trial.loss, in, part);
    const Plain units = now(trial.loss.unreduced.both, piece).units;
    const Plain shares = ones_or(trial.loss.averaging(piece), units.shape);
    value += now(trial.loss.weighted[1].both, piece, shares).value;
    size += total_size(units);
    divisor += now(trial.loss.divisor, piece).value;
  }
  same("Mean", whole.value, value / divisor, rounding, size / divisor);
  for (const auto& part : {range(0, 4), range(4, 5), range(5, 11)}) {
    const Inputs piece = take(trial.loss, in, part);
    const Plain units = now(trial.loss.unreduced.both, piece).units;
    const Plain shares = ones_or(trial.loss.averaging(piece), units.shape);
    const Outcome sum = now(trial.loss.weighted[1].both, piece, shares);
    const Outcome expected = take(trial.loss, whole, part);
    for (std::size_t g = 0; g < sum.gradients.size(); ++g) {
      same("gradient", times(sum.gradients[g], 1 / divisor), expected.gradients[g], rounding,
           epsilon, largest(whole.gradients[g]));
    }
  }
}

inline void nothing_to_reduce(Trial& trial) {
  const Inputs in = trial.inputs(0, 4);
  INFO(text("an empty batch", in));
  const Outcome units = now(trial.loss.unreduced.both, in);
  CHECK(units.units.numbers.empty());
  same_shape("gradient", units.gradients[0], in[trial.loss.predictions[0]].shape);
  CHECK(now(trial.loss.sum.both, in).value == 0);
  CHECK(std::isnan(now(trial.loss.mean.both, in).value));
  CHECK(now(trial.loss.weighted_mean.both, in).value == 0);
  CHECK(now(trial.loss.divisor, in).value == 0);
}

inline std::vector<Law> laws_of_reductions() {
  return {{"Sum adds up Unreduced", sum_adds_up},
          {"Mean is Sum over divisor", mean_divides},
          {"BatchMean is Sum over the batch size", batch_mean_divides},
          {"RootMean is the root of Mean", root_mean_is_the_root},
          {"WeightedMean without weights is Mean", weighted_mean_without_weights},
          {"a user's Mean is Mean", user_mean},
          {"a user's reduction may count units by their losses", mean_of_non_zero},
          {"averages over parts of a batch are exact", parts_add_up},
          {"an empty batch has Sum 0 and Mean NaN", nothing_to_reduce}};
}

}  // namespace laws
