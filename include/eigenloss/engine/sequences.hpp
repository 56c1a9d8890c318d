// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../detail/ctc_any_number.hpp"
#include "../detail/ctc_sequence.hpp"
#include "../detail/ctc_workspace.hpp"
#include "frames.hpp"
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
  static constexpr std::size_t targets_rank = Traits<Targets>::rank;
  static constexpr bool padded = targets_rank == 2;

 public:
  SequenceProblem(const Kernel& kernel, const LogProbs& log_probs, const Targets& targets,
                  const InputLengths& input_lengths, const TargetLengths& target_lengths)
      : kernel_(kernel), inputs_(kernel, log_probs, targets, input_lengths, target_lengths) {
    check::sequences_of_frames<rank == 2 || rank == 3>();
    check::labels_and_lengths<is_label<Targets>, is_label<InputLengths>, is_label<TargetLengths>>();
    const auto& shape = inputs_.shape();
    frames_ = {shape[0], 1, shape[shape.size() - 1]};
    if constexpr (unit_rank == 1) units_[0] = frames_.sequences = shape[1];
    if (frames_.frames == 0 || frames_.classes == 0) {
      Check<Kernel>::fail(Check<Kernel>::argument(0), " has shape ", shape,
                          ", expected at least one ", frames_.classes == 0 ? "class" : "frame");
    }
    if (kernel.blank < 0 || kernel.blank >= frames_.classes) {
      Check<Kernel>::fail("blank = ", kernel.blank, " is not a class of ",
                          Check<Kernel>::argument(0), " with shape ", shape);
    }
    check_shape_of_lengths<2, InputLengths>();
    check_shape_of_lengths<3, TargetLengths>();
    check_shape_of_targets();
    check_lengths();
  }

  const Inputs& arguments() const { return inputs_; }
  const Shape<unit_rank>& units() const { return units_; }
  Index number_of_units() const { return frames_.sequences; }
  double divisor() const { return double(frames_.sequences); }
  double batch() const { return double(frames_.sequences); }
  void shares(Index, Index count, T* to) const { std::fill_n(to, count, T(1)); }

  // The labels; those of masked sequences are not looked at.
  template <class Weights>
  void check_units(const Weights& weights) const {
    Index offset = 0;
    for (Index n = 0; n < number_of_units(); offset += labels_of(n++)) {
      if (masked(weights, n)) continue;
      for (Index s = 0; s < labels_of(n); ++s) check_label(label_index(n, offset, s));
    }
  }

  template <bool Value, bool Gradient, class R, class Workers, class Weights, class N,
            class ValueOut, class Outs>
  Partial<T> pass(const Workers& workers, const Weights& weights, const N& scale, const Term& term,
                  ValueOut& value_out, const Outs& outs) const {
    const auto value_sink = sink_of<T, Value>(value_out);
    const auto sink = gradient_sink<Gradient>(outs);
    const bool concatenated = !padded && number_of_units() > 1;
    const CtcLease lease(kernel_.workspace,
                         concatenated ? sizeof(Index) * std::size_t(number_of_units()) : 0);
    Index* const offsets = concatenated ? static_cast<Index*>(lease.data()) : nullptr;
    for (Index n = 0, sum = 0; offsets && n < number_of_units(); sum += labels_of(n++))
      offsets[n] = sum;
    const double cycles =
        double(longest_) * (4.0 * double(frames_.classes) + 20.0 * double(most_labels_));
    return workers.template reduce<T>(number_of_units(), cycles, [&](Index n) {
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

  Index length_of(Index n) const { return Index(inputs_.template view<2>().at(n)); }
  Index labels_of(Index n) const { return Index(inputs_.template view<3>().at(n)); }

  // ---- Checks. ----
  template <std::size_t I, class Lengths>
  void check_shape_of_lengths() const {
    if constexpr (unit_rank == 0 && Traits<Lengths>::rank == 1) {
      inputs_.template check_shape<I>(Shape<1>{{1}}, "one number for the one sequence: () or ");
    } else {
      inputs_.template check_shape<I>(units_, "one number for each sequence: ");
    }
  }
  void check_shape_of_targets() {
    const auto& shape = inputs_.template view<1>().shape();
    if constexpr (padded) {
      if (shape[0] == frames_.sequences) return;
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", shape,
                          ", expected one row of labels for each of ", frames_.sequences,
                          " sequences");
    } else if constexpr (targets_rank != 1) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", shape,
                          ", expected one dimension or two");
    }
  }
  void check_lengths() {
    const auto& targets = inputs_.template view<1>().shape();
    const Index room = targets_rank == 0 ? 0 : targets[targets_rank - 1];
    Index sum = 0;
    for (Index n = 0; n < number_of_units(); ++n) {
      check_length<2>(n, frames_.frames, "frames");
      check_length<3>(n, room, padded ? "columns of targets" : "labels in targets");
      longest_ = (std::max)(longest_, length_of(n));
      most_labels_ = (std::max)(most_labels_, labels_of(n));
      sum += (std::min)(labels_of(n),
                        (std::numeric_limits<Index>::max)() - sum);  // of what maps claim
    }
    if (!padded && sum != room) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", targets, ", expected ",
                          Shape<1>{{sum}}, ", the sum of ", Check<Kernel>::argument(3));
    }
  }
  template <std::size_t I>
  void check_length(Index n, Index most, const char* what) const {
    const auto& lengths = inputs_.template view<I>();
    if (lengths.at(n) >= 0 && lengths.at(n) <= most) return;
    Check<Kernel>::fail(Check<Kernel>::argument(I), index_text(lengths, n), " = ", lengths.at(n),
                        " is not between 0 and ", most, ", the number of ", what);
  }
  void check_label(Index i) const {
    const auto& targets = inputs_.template view<1>();
    const std::int64_t label = targets.at(i);
    if (label == kernel_.blank) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), index_text(targets, i), " = ", label,
                          " is the blank");
    }
    if (label < 0 || label >= frames_.classes) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), index_text(targets, i), " = ", label,
                          " is not a class of ", Check<Kernel>::argument(0), " with shape ",
                          inputs_.shape());
    }
  }
  template <class V>
  static std::string index_text(const V& view, Index i) {
    return V::rank == 0 ? "" : check::text(position(i, view.shape(), V::row_major));
  }

  // ---- One sequence. ----
  // Where label s of sequence n lies among the targets; `offset` is the number of labels before
  // them.
  Index label_index(Index n, Index offset, Index s) const {
    if constexpr (padded) {
      const auto& shape = inputs_.template view<1>().shape();
      return Traits<Targets>::row_major ? n * shape[1] + s : n + s * shape[0];
    } else {
      return offset + s;
    }
  }
  template <class Weights>
  static T weight(const Weights& weights, Index n) {
    if constexpr (Weights::given) return weights.at(n);
    (void)weights, (void)n;
    return T(1);
  }
  template <class Weights>
  static bool masked(const Weights& weights, Index n) {
    return weight(weights, n) == T(0);
  }
  // What a sequence is divided by where the reduction averages.
  template <class R>
  Number labels_to_divide_by(Index n) const {
    return Number(double(Averages<R>::value ? (std::max)(labels_of(n), Index(1)) : Index(1)));
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
      count += std::size_t(Writer<Out>::room(longest_, frames_.classes, add));
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
      Reader reader(inputs_.template view<0>(), frames_, n, length_of(n), room);
      const CtcShape shape{length_of(n), labels_of(n), frames_.classes, Index(kernel_.blank)};
      const auto label = [&](Index s) {
        return Index(inputs_.template view<1>().at(label_index(n, offset, s)));
      };
      const auto frames = [&reader](Index t) { return reader.frame(t); };
      if constexpr (is_skip<Out>) {
        return compute(shape, label, frames, CtcNoGradient{});
      } else {
        Writer<Out> writer(sink, frames_, n, length_of(n), add,
                           room + Reader::room(frames_.classes));
        const Number loss = compute(shape, label, frames, writer);
        writer.finish();
        return loss;
      }
    };
    if constexpr (Total<T>::builtin) {
      const std::size_t work =
          ctc_workspace_bytes(longest_, most_labels_, frames_.classes, !is_skip<Out>);
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
  FrameShape frames_{};
  Shape<unit_rank> units_{};
  Index longest_ = 0, most_labels_ = 0;
};

}  // namespace detail
}  // namespace eigenloss
