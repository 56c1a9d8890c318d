// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../detail/ctc_any_number.hpp"
#include "../detail/ctc_sequence.hpp"
#include "../detail/ctc_workspace.hpp"
#include "frames.hpp"
#include "sequence_targets.hpp"
#include "verbs.hpp"

// The walk over sequences: CTC's alone. Its kernels are the options `blank`, `zero_infinity` and
// `workspace`, and
//   from_logits   whether the inputs are logits or log-probabilities
// The maths of one sequence is in detail/ctc_sequence.hpp. Here is what surrounds it: the shapes,
// the lengths and labels, and the division by the target's length.
namespace eigenloss {
namespace detail {

template <class Kernel_, class LogProbs, class Targets, class InputLengths, class TargetLengths>
class SequenceProblem {
 public:
  using Kernel = Kernel_;
  using T = Computed<typename Traits<LogProbs>::Scalar>;
  static constexpr std::size_t inputs = 4;
  static constexpr std::size_t rank = Traits<LogProbs>::rank;
  static constexpr std::size_t dimensions_of_a_unit = 2;
  static constexpr std::size_t unit_rank = rank == 3 ? 1 : 0;

 private:
  using Inputs = Arguments<Kernel, std::tuple<T, std::int64_t, std::int64_t, std::int64_t>,
                           LogProbs, Targets, InputLengths, TargetLengths>;
  using AllTargets = SequenceTargets<Kernel, Inputs, unit_rank>;

 public:
  SequenceProblem(const Kernel& kernel, const LogProbs& log_probs, const Targets& targets,
                  const InputLengths& input_lengths, const TargetLengths& target_lengths)
      : kernel_(kernel),
        inputs_(kernel, log_probs, targets, input_lengths, target_lengths),
        frames_(checked_frames(kernel, inputs_.shape())),
        targets_(inputs_, frames_) {
    check::labels_and_lengths<is_label<Targets>, is_label<InputLengths>, is_label<TargetLengths>>();
    if constexpr (unit_rank == 1) units_[0] = frames_.sequences;
  }

  const Inputs& arguments() const { return inputs_; }
  const Shape<unit_rank>& units() const { return units_; }
  Index number_of_units() const { return frames_.sequences; }
  double divisor() const { return double(frames_.sequences); }
  double batch() const { return double(frames_.sequences); }
  void shares(Index, Index count, T* to) const { std::fill_n(to, count, T(1)); }
  static constexpr bool shares_are_0_or_1() { return true; }

  // The labels; those of masked sequences are not looked at.
  template <class Weights>
  void check_units(const Weights& weights) const {
    Index offset = 0;
    for (Index n = 0; n < number_of_units(); offset += targets_.labels_of(n++)) {
      if (weight(weights, n) != T(0)) targets_.check_labels(n, offset, Index(kernel_.blank));
    }
  }

  template <bool Value, bool Gradient, class R, class Workers, class Weights, class N,
            class ValueOut, class Outs>
  Partial<T> pass(const Workers& workers, const Weights& weights, const N& scale, const Term& term,
                  ValueOut& value_out, const Outs& outs) const {
    const auto value_sink = sink_of<T, Value>(value_out);
    const auto sink = gradient_sink<Gradient>(outs);
    const bool concatenated = !AllTargets::padded && number_of_units() > 1;
    std::optional<CtcLease> lease;
    if (concatenated)
      lease.emplace(kernel_.workspace, sizeof(Index) * std::size_t(number_of_units()));
    Index* const offsets = concatenated ? static_cast<Index*>(lease->data()) : nullptr;
    for (Index n = 0, sum = 0; offsets && n < number_of_units(); sum += targets_.labels_of(n++))
      offsets[n] = sum;
    const double cycles = (Gradient ? 2.0 : 1.0) * double(targets_.most_frames()) *
                          (double(frames_.classes) + 6.0 * double(targets_.most_labels()));
    return workers.template reduce<T>(number_of_units(), 1, cycles, [&](Index n, Index) {
      Partial<T> partial;
      const T w = weight(weights, n);
      Number loss(0);
      if (w == T(0)) {
        if (term.first) clear(sink, n);
      } else {
        const Number each = labels_to_divide_by<R>(n);
        loss = evaluate(sink, n, offsets ? offsets[n] : 0, Number(scale) * Number(w) / each,
                        !term.first) /
               each;
        if constexpr (Counts<R, Single<T>>::value) {
          partial.counted.add(Number(R::count(Single<T>(T(loss))).parts[0]));
        }
        loss = loss * Number(w);
      }
      if constexpr (!std::is_same<std::decay_t<decltype(value_sink)>, Sink<T, Skip>>::value) {
        const T number = T(loss * Number(scale));
        value_sink.set(n, term.first ? number : T(value_sink.at(n) + number));
      } else if constexpr (Value) {
        partial.loss.add(loss);
      }
      return partial;
    });
  }

 private:
  using Number = typename Total<T>::Value;
  using Reader = FrameReader<T, View<T, LogProbs>>;
  template <class A>
  static constexpr bool is_label = std::is_integral<typename Traits<A>::Scalar>::value;

  static FrameShape checked_frames(const Kernel& kernel, const Shape<rank>& shape) {
    check::sequences_of_frames<rank == 2 || rank == 3>();
    const FrameShape frames{shape[0], unit_rank == 1 ? shape[1] : 1, shape[rank - 1]};
    if (frames.frames == 0 || frames.classes == 0) {
      Check<Kernel>::fail(Check<Kernel>::argument(0), " has shape ", shape,
                          ", expected at least one ", frames.classes == 0 ? "class" : "frame");
    }
    if (kernel.blank < 0 || kernel.blank >= frames.classes) {
      Check<Kernel>::fail("blank = ", kernel.blank, " is not a class of ",
                          Check<Kernel>::argument(0), " with shape ", shape);
    }
    return frames;
  }

  // ---- One sequence. ----
  template <class Weights>
  static T weight(const Weights& weights, Index n) {
    if constexpr (Weights::given) return weights.at(n);
    (void)weights, (void)n;
    return T(1);
  }
  // What a sequence is divided by where the reduction averages.
  template <class R>
  Number labels_to_divide_by(Index n) const {
    return Number(
        double(Averages<R>::value ? (std::max)(targets_.labels_of(n), Index(1)) : Index(1)));
  }

  template <bool Gradient, class Outs>
  static auto gradient_sink(const Outs& outs) {
    if constexpr (Gradient) {
      return sink_of<T, true>(std::get<0>(outs));
    } else {
      (void)outs;
      return Sink<T, Skip>();
    }
  }

  // Calls use(writer) with the writer of sequence n, or with CtcNoGradient.
  template <class Out>
  using Writer = FrameWriter<T, Out, View<T, LogProbs>::row_major>;
  template <class Out>
  std::size_t numbers(bool add) const {
    std::size_t count = std::size_t(Reader::room(frames_.classes));
    if constexpr (!is_skip<Out>)
      count += std::size_t(Writer<Out>::room(targets_.most_frames(), frames_.classes, add));
    return count;
  }

  template <class Out>
  void clear(const Sink<T, Out>& sink, Index n) const {
    if constexpr (!is_skip<Out>) Writer<Out>::clear(sink, frames_, n, 0);
    (void)sink, (void)n;
  }

  // The loss of sequence n; its gradient, times `scale`, goes into the sink.
  template <class Out>
  Number evaluate(const Sink<T, Out>& sink, Index n, Index offset, const Number& scale,
                  bool add) const {
    const auto call = [&](T* room, auto&& compute) {
      Reader reader(inputs_.template view<0>(), frames_, n, targets_.frames_of(n), room);
      const CtcShape shape{targets_.frames_of(n), targets_.labels_of(n), frames_.classes,
                           Index(kernel_.blank)};
      const auto label = [&](Index s) { return targets_.label(n, offset, s); };
      const auto frames = [&reader](Index t) { return reader.frame(t); };
      if constexpr (is_skip<Out>) {
        return compute(shape, label, frames, CtcNoGradient{});
      } else {
        Writer<Out> writer(sink, frames_, n, targets_.frames_of(n), add,
                           room + Reader::room(frames_.classes));
        const Number loss = compute(shape, label, frames, writer);
        writer.finish();
        return loss;
      }
    };
    if constexpr (Total<T>::builtin) {
      const std::size_t work = ctc_workspace_bytes(targets_.most_frames(), targets_.most_labels(),
                                                   frames_.classes, !is_skip<Out>);
      const CtcLease lease(kernel_.workspace, work + 64 + sizeof(T) * numbers<Out>(add));
      CtcArena arena(lease.data());
      T* const room = arena.take<T>(Index(numbers<Out>(add)));
      return call(
          room, [&](const CtcShape& shape, const auto& label, const auto& frames, auto&& gradient) {
            return ctc_sequence<Kernel::from_logits>(
                       shape, label, frames, gradient, scale, kernel_.zero_infinity,
                       static_cast<unsigned char*>(lease.data()) + arena.used())
                .value;
          });
    } else {
      std::vector<T> room(numbers<Out>(add), T(0));
      return call(room.data(), [&](const CtcShape& shape, const auto& label, const auto& frames,
                                   auto&& gradient) {
        return ctc_any_number<Kernel::from_logits>(shape, label, frames, gradient, scale,
                                                   kernel_.zero_infinity);
      });
    }
  }

  const Kernel& kernel_;
  const Inputs inputs_;
  const FrameShape frames_;
  Shape<unit_rank> units_{};
  const AllTargets targets_;
};

}  // namespace detail
}  // namespace eigenloss
