// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "trial.hpp"

// What does not depend on the verb, the device, the container, the rank or the caller.
namespace laws {

inline std::vector<Verbs> reductions(const Subject& loss) {
  return {loss.unreduced,     loss.sum,       loss.mean,    loss.batch_mean,
          loss.weighted_mean, loss.root_mean, loss.average, loss.non_zero_mean};
}

inline void within_ulps(const std::string& what, const Plain& a, const Plain& b) {
  REQUIRE(a.numbers.size() == b.numbers.size());
  for (std::size_t i = 0; i < a.numbers.size(); ++i) {
    if (within_ulps(a.numbers[i], b.numbers[i], fused_ulps)) continue;
    INFO(what << ", number " << i << ": " << a.numbers[i] << " and " << b.numbers[i]);
    CHECK(within_ulps(a.numbers[i], b.numbers[i], fused_ulps));
  }
}
inline void fused_is_separate(Trial& trial) {
  const Inputs in = rough(trial, trial.inputs(9, 7));
  for (const Verbs& verbs : reductions(trial.loss)) {
    INFO(text(verbs.what, in));
    const Outcome both = now(verbs.both, in), value = now(verbs.value, in),
                  gradient = now(verbs.gradient, in);
    INFO("fused value " << both.value << ", separate " << value.value);
    CHECK(within_ulps(both.value, value.value, fused_ulps));
    within_ulps("losses", both.units, value.units);
    for (std::size_t g = 0; g < both.gradients.size(); ++g) {
      within_ulps("gradient " + std::to_string(g), both.gradients[g], gradient.gradients[g]);
    }
    for (const Outcome* outcome : {&both, &value, &gradient}) CHECK(outcome->inputs_untouched);
  }
}

inline void verbs_repeat(Trial& trial) {
  const Inputs in = trial.inputs(50, 7);
  INFO(text("Mean, again, owning and shared by threads", in));
  const Outcome first = now(trial.loss.mean.both, in);
  same_outcome(now(trial.loss.mean.both, in), first, exact);
  same_outcome(now(trial.loss.owning, in), first, exact);
  same_outcome(now(trial.loss.shared, in), first, exact);
}

inline void devices_agree(Trial& trial) {
  const Subject& loss = trial.loss;
  if (trial.seed > 1) return;
  const Inputs in =
      rough(trial, trial.inputs(27001, 13));  // enough to be shared, the last block partly filled
  const Plain w = random_weights(trial.random, units_shape(loss, in));
  for (const Verbs& verbs : loss.threaded) {
    const Outcome expected = now(verbs.value, in, w);
    for (int threads : {1, 2, 3, 7, 7}) {
      INFO(text(verbs.what, in) << " on " << threads << " threads");
      same_outcome(now(verbs.both, in, w, threads), expected, exact);
    }
  }
  same_outcome(now(loss.swapped_adverbs, in, w, 2), now(loss.weighted[1].both, in, w), exact);
}

inline void no_allocation(Trial& trial) {
  if (!allocations::are_counted) return;
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(300, 13);
  const Plain w = random_weights(trial.random, units_shape(loss, in));
  const long allowed = loss.unit == Unit::sequence ? 1 : 0;  // one workspace
  for (const Verbs& verbs : reductions(loss)) {
    if (verbs.both == loss.unreduced.both) continue;  // its values are an owning tensor
    INFO(text(verbs.what, in));
    CHECK(now(verbs.value, in).allocations <= allowed);
    CHECK(now(verbs.both, in).allocations <= allowed);
  }
  CHECK(now(loss.weighted[1].both, in, w).allocations <= allowed);
  CHECK(now(loss.weighted[3].both, in, w).allocations <= allowed);
  CHECK(now(loss.outputs[0].call, in, now(loss.unreduced.both, in).units).allocations <= allowed);
}

inline void containers_agree(Trial& trial) {
  const Subject& loss = trial.loss;
  for (const Index rows : {fixed_rows, Index(1), Index(29)}) {
    const Inputs in = rough(trial, trial.inputs(rows, rows == 29 ? 67 : fixed_columns));
    const Outcome units = now(loss.unreduced.both, in), mean = now(loss.mean.both, in);
    std::vector<Named> kinds = loss.containers;
    if (rows == fixed_rows) {
      kinds.insert(kinds.end(), loss.fixed_containers.begin(), loss.fixed_containers.end());
    }
    for (const Named& kind : kinds) {
      INFO(text(kind.what, in));
      const Outcome got = now(kind.call, in);
      CHECK(got.inputs_untouched);
      same_outcome(got, kind.what.find("Mean") == std::string::npos ? units : mean, rounding);
    }
    for (const Named& kind : loss.outputs) {
      INFO(text(kind.what, in) << ", value_into");
      same("losses", now(kind.call, in, units.units).units, units.units, rounding);
    }
  }
}

inline void skipped_gradients(Trial& trial) {
  const Inputs in = trial.inputs(9, 7);
  const Outcome all = now(trial.loss.sum.both, in);
  for (std::size_t g = 0; g < trial.loss.skipping.size(); ++g) {
    INFO(text(trial.loss.skipping[g].what, in));
    const Outcome one = now(trial.loss.skipping[g].call, in);
    same("value", one.value, all.value, fused_ulps);
    same("gradient", one.gradients[0], all.gradients[g], fused_ulps);
  }
}

// An error leaves the outputs as they were.
inline void errors_write_nothing(Trial& trial) {
  const Subject& loss = trial.loss;
  const Inputs in = trial.inputs(9, 7), longer = trial.inputs(10, 7);
  for (std::size_t wrong = 1; wrong < in.size(); ++wrong) {
    Inputs mixed = in;
    mixed[wrong] = longer[wrong];
    INFO(text("argument " + std::to_string(wrong) + " of another size", mixed));
    for (const Verbs& verbs : {loss.unreduced, loss.mean}) {
      for (Call call : {verbs.gradient, verbs.both}) {
        const Outcome got = call(mixed, no_weights, 1);
        CHECK(got.error.find("eigenloss::" + loss.name + ": ") == 0);
        for (const Plain& gradient : got.gradients) {
          for (double slope : gradient.numbers) CHECK(std::isnan(slope));
        }
      }
    }
    CHECK(!loss.mean.value(mixed, no_weights, 1).error.empty());
    const Plain before = filled(now(loss.unreduced.both, in).units.shape, 0);
    const Outcome into = loss.outputs[0].call(mixed, before, 1);
    CHECK(!into.error.empty());
    for (double l : into.units.numbers) CHECK(std::isnan(l));
    if (loss.unit == Unit::sequence) break;
  }
  std::vector<Index> shape = units_shape(loss, in);
  shape[0] += 1;
  CHECK(!loss.weighted[1].both(in, filled(shape, 1), 1).error.empty());
}

// ---- Ranks and axes. ----

inline Inputs reshaped(Inputs in, const std::vector<Index>& shape) {
  for (Plain& plain : in) plain.shape = shape;
  return in;
}
inline void ranks_agree(Trial& trial) {
  const Subject& loss = trial.loss;
  const std::vector<std::vector<Index>> shapes = {{}, {2, 3, 2, 5}};
  for (std::size_t k = 0; k < loss.ranks.size(); ++k) {
    const Inputs in = k == 0 ? trial.inputs(1, 1) : trial.inputs(12, 5);
    INFO(text(loss.ranks[k].what, reshaped(in, shapes[k])));
    const Outcome got = now(loss.ranks[k].call, reshaped(in, shapes[k]));
    same_shape("losses", got.units, shapes[k]);
    same_shape("gradient", got.gradients[0], shapes[k]);
    same_outcome(got, now(loss.unreduced.both, in), rounding);
  }
}

inline void axes_agree(Trial& trial) {
  const Subject& loss = trial.loss;
  if (loss.unit != Unit::row) return;
  for (const Index features : {1, 3, 10, 37}) {
    const Index n = 4, d = 5;
    const Inputs in = trial.inputs(n * d, features);
    const Outcome expected = now(loss.unreduced.both, in);
    for (const Named& axis : loss.axes) {
      const auto to = static_cast<std::size_t>(axis.what[0] - '0');
      const auto arrange = [&](Plain plain) {
        plain.shape.erase(plain.shape.begin());
        plain.shape.insert(plain.shape.begin(), {n, d});
        return plain.shape.size() == 3 ? move_axis(plain, 2, to) : plain;
      };
      Inputs arranged;
      for (const Plain& plain : in) arranged.push_back(arrange(plain));
      INFO(text("classes or features along axis " + axis.what, arranged));
      const Outcome got = now(axis.call, arranged);
      same_shape("losses", got.units, {n, d});
      same("losses", got.units, expected.units, rounding, epsilon, 1);
      for (std::size_t g = 0; g < got.gradients.size(); ++g) {
        same("gradient", got.gradients[g], arrange(expected.gradients[g]), rounding, epsilon, 1);
      }
    }
    INFO("one row alone, " << features << " classes or features");
    const Inputs one = take(loss, in, {7});
    Inputs alone = one;
    for (Plain& plain : alone) plain.shape.erase(plain.shape.begin());
    const Outcome got = now(loss.lone_row, alone);
    same_shape("losses", got.units, {});
    const Outcome row = now(loss.unreduced.both, one);
    same("losses", got.units, row.units, rounding, epsilon, 1);
    for (std::size_t g = 0; g < got.gradients.size(); ++g) {
      same("gradient", got.gradients[g], row.gradients[g], rounding, epsilon, 1);
    }
  }
}

inline std::vector<Law> laws_of_results() {
  return {{"fused is separate", fused_is_separate},
          {"calls repeat, owning or not, shared or not", verbs_repeat},
          {"devices agree bit for bit", devices_agree},
          {"nothing is allocated", no_allocation},
          {"containers and layouts agree", containers_agree},
          {"gradients may be skipped", skipped_gradients},
          {"errors write nothing", errors_write_nothing},
          {"ranks agree", ranks_agree},
          {"axes agree", axes_agree}};
}

}  // namespace laws
