// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../detail/ctc_any_number.hpp"
#include "../detail/ctc_sequence.hpp"
#include "../detail/ctc_workspace.hpp"
#include "verbs.hpp"

// The walk over sequences: CTC's alone. Its kernels are options, `blank`, `zero_infinity` and `workspace`, and
//   from_logits   whether the inputs are logits or log-probabilities
// The maths of one sequence is in detail/ctc_sequence.hpp. Here is what surrounds it: the shapes, the lengths and
// labels, the frames of any layout and type, and the division by the target's length.
namespace eigenloss {
namespace detail {

// Where frame t of a sequence lies in (T, N, C) or (T, C).
struct FrameShape {
  Index frames, sequences, classes;

  // Row-major: the first number of a frame; the others follow.
  Index first_of_row(Index t, Index sequence) const { return (t * sequences + sequence) * classes; }
  // Column-major: the first frame of a class; the others follow.
  Index first_of_column(Index c, Index sequence) const { return (c * sequences + sequence) * frames; }
};

// Frames of a column-major array are copied so many at once: what a cache line holds of each class, and more.
constexpr Index frames_at_once = 32;

// The frames of one sequence lie a batch apart, which no processor foresees: asks for the one that comes soon.
template <class T>
void prefetch_frame(const T* frame, Index classes) {
  for (Index c = 0; c < classes; c += Index(64 / sizeof(T))) Eigen::internal::prefetch(frame + c);
}
constexpr Index frames_ahead = 4;

// Hands out the frames of one sequence as contiguous numbers, and reads none but its first `length` ones.
template <class T, class View_>
class FrameReader {
 public:
  static Index room(Index classes) {
    return View_::row_major ? classes : frames_at_once * (classes + 1);
  }
  FrameReader(const View_& view, const FrameShape& shape, Index sequence, Index length, T* room)
      : view_(view), shape_(shape), sequence_(sequence), length_(length), copies_(room) {}
  FrameReader(const FrameReader&) = delete;

  const T* frame(Index t) {
    if constexpr (View_::row_major) {
      if (std::is_arithmetic<T>::value && view_.data() && t + frames_ahead < length_) {
        prefetch_frame(view_.data() + shape_.first_of_row(t + frames_ahead, sequence_), shape_.classes);
      }
      return view_.read(shape_.first_of_row(t, sequence_), shape_.classes, copies_);
    } else {
      if (shape_.classes == 1 && view_.data()) return view_.data() + shape_.first_of_column(0, sequence_) + t;
      if (t < first_ || t >= first_ + frames_at_once) copy(t - t % frames_at_once);
      return copies_ + (t - first_) * shape_.classes;
    }
  }

 private:
  void copy(Index first) {
    first_ = first;
    const Index count = (std::min)(frames_at_once, length_ - first);
    T* line = copies_ + frames_at_once * shape_.classes;
    for (Index c = 0; c < shape_.classes; ++c) {
      const T* numbers = view_.read(shape_.first_of_column(c, sequence_) + first, count, line);
      for (Index k = 0; k < count; ++k) copies_[k * shape_.classes + c] = numbers[k];
    }
  }

  const View_& view_;
  const FrameShape shape_;
  const Index sequence_, length_;
  T* const copies_;
  Index first_ = -frames_at_once;
};

// Takes the gradient of one sequence, frame by frame from the last to the first, perhaps twice (the second time
// is right), and writes it or, with `add`, adds it to what stands in the storage.
template <class T, class Out, bool RowMajor>
class FrameWriter {
 public:
  static Index room(Index frames, Index classes, bool add) {
    const Index held = add ? frames : RowMajor ? 1 : frames_at_once;
    return held * classes + (std::max)(classes, frames_at_once);
  }
  FrameWriter(const Sink<T, Out>& sink, const FrameShape& shape, Index sequence, Index length, bool add, T* room)
      : sink_(sink), shape_(shape), sequence_(sequence), length_(length), add_(add),
        held_(add ? length : RowMajor ? 1 : frames_at_once), copies_(room), line_(room + held_ * shape.classes) {}
  FrameWriter(const FrameWriter&) = delete;

  T* row(Index t) {
    if (RowMajor && !add_) {
      if (std::is_arithmetic<T>::value && sink_.data() && t >= frames_ahead) {
        prefetch_frame(sink_.data() + shape_.first_of_row(t - frames_ahead, sequence_), shape_.classes);
      }
      return sink_.place(shape_.first_of_row(t, sequence_), copies_);
    }
    return copies_ + t % held_ * shape_.classes;
  }
  void done(Index t) {
    if (add_) return;
    if constexpr (RowMajor) {
      sink_.write(shape_.first_of_row(t, sequence_), shape_.classes, copies_);
    } else {
      if (t % held_ == 0) flush(t);
    }
  }
  // The frames past the end are 0.
  void finish() {
    if (add_) {
      for (Index t = 0; t < length_; t += RowMajor ? 1 : frames_at_once) flush(t);
    } else {
      clear(sink_, shape_, sequence_, length_);
    }
  }
  // Writes 0 to the frames from `first` on.
  static void clear(const Sink<T, Out>& sink, const FrameShape& shape, Index sequence, Index first) {
    T line[frames_at_once];
    const auto zero = [&](Index begin, Index count) {
      for (Index done = 0; done < count; done += frames_at_once) {
        const Index here = (std::min)(frames_at_once, count - done);
        T* to = sink.place(begin + done, line);
        std::fill_n(to, here, T(0));
        sink.write(begin + done, here, to);
      }
    };
    if constexpr (RowMajor) {
      for (Index t = first; t < shape.frames; ++t) zero(shape.first_of_row(t, sequence), shape.classes);
    } else {
      for (Index c = 0; c < shape.classes; ++c) {
        zero(shape.first_of_column(c, sequence) + first, shape.frames - first);
      }
    }
  }

 private:
  // One frame of a row-major array, or a block of them.
  void flush(Index t) {
    const T* from = copies_ + t % held_ * shape_.classes;
    if constexpr (RowMajor) {
      put(shape_.first_of_row(t, sequence_), shape_.classes, [from](Index c) -> const T& { return from[c]; });
    } else {
      const Index classes = shape_.classes, count = (std::min)(frames_at_once, length_ - t);
      for (Index c = 0; c < classes; ++c) {
        put(shape_.first_of_column(c, sequence_) + t, count,
            [=](Index k) -> const T& { return from[k * classes + c]; });
      }
    }
  }
  template <class Numbers>
  void put(Index first, Index count, const Numbers& numbers) {
    T* to = sink_.place(first, line_);
    if (add_) {
      sink_.read(first, count, line_);  // in place or to `line_`, as `place`
      for (Index k = 0; k < count; ++k) to[k] = to[k] + numbers(k);
    } else {
      for (Index k = 0; k < count; ++k) to[k] = numbers(k);
    }
    sink_.write(first, count, to);
  }

  const Sink<T, Out>& sink_;
  const FrameShape shape_;
  const Index sequence_, length_;
  const bool add_;
  const Index held_;
  T *const copies_, *const line_;
};

// ---- The problem. ----

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
  using Inputs = Arguments<Kernel, std::tuple<T, std::int64_t, std::int64_t, std::int64_t>, LogProbs, Targets,
                           InputLengths, TargetLengths>;
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
      Check<Kernel>::fail(Check<Kernel>::argument(0), " has shape ", shape, ", expected at least one ",
                          frames_.classes == 0 ? "class" : "frame");
    }
    if (kernel.blank < 0 || kernel.blank >= frames_.classes) {
      Check<Kernel>::fail("blank = ", kernel.blank, " is not a class of ", Check<Kernel>::argument(0),
                          " with shape ", shape);
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

  template <bool Value, bool Gradient, class R, class D, class Weights, class N, class ValueOut, class Outs>
  Partial<T> pass(const D& device, const Weights& weights, const N& scale, const Term& term, ValueOut& value_out,
                  const Outs& outs) const {
    const auto value_sink = sink_of<T, Value>(value_out);
    const auto sink = gradient_sink<Gradient>(outs);
    const bool concatenated = !padded && number_of_units() > 1;
    const CtcLease lease(kernel_.workspace, concatenated ? sizeof(Index) * std::size_t(number_of_units()) : 0);
    Index* const offsets = concatenated ? static_cast<Index*>(lease.data()) : nullptr;
    for (Index n = 0, sum = 0; offsets && n < number_of_units(); sum += labels_of(n++)) offsets[n] = sum;
    const double cycles = double(longest_) * (4.0 * double(frames_.classes) + 20.0 * double(most_labels_));
    return reduce_blocks<T>(device, number_of_units(), cycles, [&](Index n) {
      Partial<T> partial;
      const T w = weight(weights, n);
      Number loss(0);
      if (w == T(0)) {
        if (term.first) clear(sink, n);
      } else {
        const Number each = labels_to_divide_by<R>(n);
        loss = evaluate(sink, n, offsets ? offsets[n] : 0, Number(scale) * Number(w) / each, !term.first) / each;
        if constexpr (Counts<R, Single<T>>::value) {
          partial.counted.add(Number(R::count(Single<T>(T(loss))).parts[0]));
        }
        loss = loss * Number(w);
      }
      if constexpr (!std::is_same<std::decay_t<decltype(value_sink)>, Sink<T, Skip>>::value) {
        const T number(loss * Number(scale));
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
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", shape, ", expected one row of labels for each of ",
                          frames_.sequences, " sequences");
    } else if constexpr (targets_rank != 1) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", shape, ", expected one dimension or two");
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
      sum += labels_of(n);
    }
    if (!padded && sum != room) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", targets, ", expected ", Shape<1>{{sum}},
                          ", the sum of ", Check<Kernel>::argument(3));
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
      Check<Kernel>::fail(Check<Kernel>::argument(1), index_text(targets, i), " = ", label, " is the blank");
    }
    if (label < 0 || label >= frames_.classes) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), index_text(targets, i), " = ", label, " is not a class of ",
                          Check<Kernel>::argument(0), " with shape ", inputs_.shape());
    }
  }
  template <class V>
  static std::string index_text(const V& view, Index i) {
    return V::rank == 0 ? "" : check::text(position(i, view.shape(), V::row_major));
  }

  // ---- One sequence. ----
  // Where label s of sequence n lies among the targets; `offset` is the number of labels before them.
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
    if constexpr (!is_skip<Out>) count += std::size_t(Writer<Out>::room(longest_, frames_.classes, add));
    return count;
  }

  template <class Out>
  void clear(const Sink<T, Out>& sink, Index n) const {
    if constexpr (!is_skip<Out>) Writer<Out>::clear(sink, frames_, n, 0);
    (void)sink, (void)n;
  }

  // The loss of sequence n; its gradient, times `scale`, goes into the sink.
  template <class Out>
  Number evaluate(const Sink<T, Out>& sink, Index n, Index offset, const Number& scale, bool add) const {
    const auto call = [&](T* room, auto&& compute) {
      Reader reader(inputs_.template view<0>(), frames_, n, length_of(n), room);
      const CtcShape shape{length_of(n), labels_of(n), frames_.classes, Index(kernel_.blank)};
      const auto label = [&](Index s) { return Index(inputs_.template view<1>().at(label_index(n, offset, s))); };
      const auto frames = [&reader](Index t) { return reader.frame(t); };
      if constexpr (is_skip<Out>) {
        return compute(shape, label, frames, CtcNoGradient{});
      } else {
        Writer<Out> writer(sink, frames_, n, length_of(n), add, room + Reader::room(frames_.classes));
        const Number loss = compute(shape, label, frames, writer);
        writer.finish();
        return loss;
      }
    };
    if constexpr (Total<T>::builtin) {
      const std::size_t work = ctc_workspace_bytes(longest_, most_labels_, frames_.classes, !is_skip<Out>);
      const CtcLease lease(kernel_.workspace, work + 64 + sizeof(T) * numbers<Out>(add));
      CtcArena arena(lease.data());
      T* const room = arena.take<T>(Index(numbers<Out>(add)));
      return call(room, [&](const CtcShape& shape, const auto& label, const auto& frames, auto&& gradient) {
        return ctc_sequence<Kernel::from_logits>(shape, label, frames, gradient, scale, kernel_.zero_infinity,
                                                 static_cast<unsigned char*>(lease.data()) + arena.used())
            .value;
      });
    } else {
      std::vector<T> room(numbers<Out>(add), T(0));
      return call(room.data(), [&](const CtcShape& shape, const auto& label, const auto& frames, auto&& gradient) {
        return ctc_any_number<Kernel::from_logits>(shape, label, frames, gradient, scale, kernel_.zero_infinity);
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
