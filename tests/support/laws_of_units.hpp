// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "trial.hpp"

// What holds unit by unit, under Unreduced.
namespace laws {

inline void gradient_is_the_derivative(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(3, 5);
  INFO(text("gradient against a central difference of Sum", in));
  const Outcome sum = now(loss.sum.both, in);
  const double step = std::cbrt(epsilon);
  for (std::size_t g = 0; g < sum.gradients.size(); ++g) {
    Plain difference = filled(sum.gradients[g].shape, 0);
    const double size = std::max(1.0, total_size(now(loss.unreduced.both, in).units));
    for (std::size_t k = 0; k < difference.numbers.size(); ++k) {
      const auto central = [&](double h) {
        Inputs moved = in;
        double& x = moved[loss.predictions[g]].numbers[k];
        const double at = x, low = at - h, high = at + h;
        x = high;
        const double above = now(loss.sum.value, moved).value;
        x = low;
        return (above - now(loss.sum.value, moved).value) / (high - low);
      };
      difference.numbers[k] =
          (4 * central(step) - central(2 * step)) / 3;  // the error in step^2 cancels
    }
    same("gradient " + std::to_string(g), sum.gradients[g], difference, difference_error,
         step * step, size);
  }
}

// At sizes around the borders of packs and blocks, in both layouts: a unit's loss and gradient are
// those it has alone.
inline void units_are_independent(Trial& trial) {
  const Subject& loss = trial.loss;
  std::vector<std::pair<Index, Index>> sizes;  // batch, features
  for (Index batch : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65})
    sizes.push_back({batch, 3});
  if (loss.unit == Unit::element) {
    for (Index batch : {1, 3, 4, 5, 7, 8, 9, 31, 32, 33, 511, 512, 513, 16383, 16384, 16385})
      sizes.push_back({batch, 1});
  } else {
    for (Index features : {4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 130, 257})
      sizes.push_back({5, features});
    for (Index batch : {127, 128, 129, 255, 257}) sizes.push_back({batch, 4});
  }
  for (const auto& size : sizes) {
    if (trial.seed > 1 && size.first > 100) continue;
    const Inputs in = trial.inputs(size.first, size.second);
    for (const Verbs& verbs : loss.pieces) {
      INFO(text(verbs.what, in));
      const bool single = verbs.what.find("float") != std::string::npos;
      const Outcome whole = now(verbs.both, in);
      for (Index first = 0, step = 1;
           first<size.first; first += step, step = size.first> 100 ? 1 + 7 * step % 1000 : 1) {
        const std::vector<Index> part = range(first, std::min(first + step, size.first));
        INFO("members " << part.front() << " to " << part.back() << " of the batch alone");
        const Outcome alone = now(verbs.both, take(loss, in, part));
        const Outcome expected = take(loss, whole, part);
        same("losses", alone.units, expected.units, rounding, single ? single_epsilon : epsilon, 1);
        // A unit's gradient may be a difference of large parts: the scale is that of the whole batch.
        same_gradients(alone, expected, rounding, single ? single_epsilon : epsilon, whole);
      }
    }
  }
}

inline void order_of_the_batch(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(13, 5);
  INFO(text("a permuted batch", in));
  std::vector<Index> order = range(0, 13);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1],
              order[static_cast<std::size_t>(trial.random.below(static_cast<Index>(i)))]);
  }
  const Inputs permuted = take(loss, in, order);
  const Outcome expected = take(loss, now(loss.unreduced.both, in), order);
  const Outcome got = now(loss.unreduced.both, permuted);
  same("losses", got.units, expected.units, rounding);
  same_gradients(got, expected, rounding);
  same("Sum", now(loss.sum.both, permuted).value, total(expected.units), rounding,
       total_size(expected.units));
}

// The inputs are exact in every scalar type, so that only the arithmetic differs.
inline void narrow_scalars(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  for (const Verbs& verbs : trial.loss.narrow) {
    INFO(text(verbs.what, in));
    const Outcome got = now(verbs.both, in);
    const Outcome expected = now(verbs.value, in);
    const double size = std::max(1.0, std::max(std::abs(expected.value), largest(expected.units)));
    same("value", got.value, expected.value, narrow_rounding, size, single_epsilon);
    same("losses", got.units, expected.units, narrow_rounding, single_epsilon, size);
    const bool half = verbs.what.find("half") != std::string::npos;
    const bool brain = verbs.what.find("bfloat16") != std::string::npos;
    for (std::size_t g = 0; g < got.gradients.size(); ++g) {
      if (half || brain) {  // the gradients themselves are rounded to 16 bits
        same("gradient", got.gradients[g], expected.gradients[g], 1, brain ? 0x1p-7 : 0x1p-10);
      } else {
        same("gradient", got.gradients[g], expected.gradients[g], narrow_rounding, single_epsilon,
             1);
      }
    }
  }
}

inline void nan_is_not_swallowed(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs clean = trial.inputs(9, 7);
  const Outcome before = now(loss.unreduced.both, clean);
  const std::vector<Index> others{0, 1, 2, 3, 5, 6, 7, 8};
  for (std::size_t spoiled : loss.predictions) {
    Inputs in = clean;
    for (double& x : in[spoiled].numbers) x = std::nan("");
    in[spoiled] = [&] {  // NaN in member 4 only
      Inputs all = clean;
      Subject one = loss;
      one.predictions = {spoiled};
      spoil(one, all, {4}, std::nan(""));
      return all[spoiled];
    }();
    INFO(text("NaN in argument " + std::to_string(spoiled), in));
    const Outcome got = loss.unreduced.both(in, no_weights, 1);
    if (loss.refuses_nan) {
      CHECK(!got.error.empty());
      continue;
    }
    CHECK(got.error.empty());
    for (double l : take(got.units, 0, {4}).numbers) CHECK(std::isnan(l));
    CHECK(std::isnan(now(loss.mean.value, in).value));
    if (loss.nan_has_gradient) {
      const Outcome member = take(loss, got, {4});
      for (std::size_t g = 0; g < member.gradients.size(); ++g) {
        if (loss.predictions[g] != spoiled) continue;
        for (double slope : member.gradients[g].numbers) {
          CHECK(std::isnan(slope));
          if (!std::isnan(slope)) break;
        }
      }
    }
    const Outcome rest = take(loss, got, others), rest_before = take(loss, before, others);
    same("losses of the other members", rest.units, rest_before.units, exact);
    same_gradients(rest, rest_before, exact);
  }
}

inline void extremes_are_finite(Trial& trial) {
  const Subject& loss = trial.loss;
  if (loss.largest == 0) return;
  Inputs in = trial.inputs(9, 7);
  for (std::size_t i : loss.predictions) {
    for (double& x : in[i].numbers)
      x = (x > 0 ? 1 : -1) * loss.largest * (trial.seed > 1 ? std::abs(x) / 4 : 1);
  }
  INFO(text("predictions as large as " + std::to_string(loss.largest), in));
  for (const Verbs& verbs : loss.pieces) {
    INFO(verbs.what);
    const Outcome got = now(verbs.both, in);
    for (double l : got.units.numbers) CHECK(std::isfinite(l));
    for (const Plain& gradient : got.gradients) {
      for (double slope : gradient.numbers) CHECK(std::isfinite(slope));
    }
  }
}

inline std::vector<Law> laws_of_units() {
  return {{"the gradient is the derivative", gradient_is_the_derivative},
          {"units do not depend on their neighbours", units_are_independent},
          {"the order of the batch does not matter", order_of_the_batch},
          {"float, half and bfloat16 agree with double", narrow_scalars},
          {"NaN is not swallowed and stays in its unit", nan_is_not_swallowed},
          {"large predictions give finite results", extremes_are_finite}};
}

}  // namespace laws
