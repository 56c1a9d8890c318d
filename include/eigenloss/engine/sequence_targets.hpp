// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "arguments.hpp"
#include "frames.hpp"

// The targets of sequences, and the lengths of targets and sequences.
namespace eigenloss {
namespace detail {

// Inputs: the Arguments (frames, targets, input lengths, target lengths). Padded targets have a row
// of labels for each sequence; concatenated ones are one row for all.
template <class Kernel, class Inputs, std::size_t UnitRank>
class SequenceTargets {
  using Targets = std::decay_t<decltype(std::declval<const Inputs&>().template view<1>())>;

 public:
  static constexpr bool padded = Targets::rank == 2;

  // Checks shapes and lengths. Labels are checked by check_labels.
  SequenceTargets(const Inputs& inputs, const FrameShape& frames)
      : inputs_(inputs), frames_(frames) {
    check_shape_of_lengths<2>();
    check_shape_of_lengths<3>();
    check_shape_of_targets();
    check_lengths();
  }

  Index frames_of(Index n) const { return Index(inputs_.template view<2>().at(n)); }
  Index labels_of(Index n) const { return Index(inputs_.template view<3>().at(n)); }
  Index most_frames() const { return most_frames_; }
  Index most_labels() const { return most_labels_; }

  // Label s of sequence n; `offset` is the number of labels of the sequences before it.
  Index label(Index n, Index offset, Index s) const {
    return Index(inputs_.template view<1>().at(label_index(n, offset, s)));
  }
  void check_labels(Index n, Index offset, Index blank) const {
    for (Index s = 0; s < labels_of(n); ++s) check_label(label_index(n, offset, s), blank);
  }

 private:
  Index label_index(Index n, Index offset, Index s) const {
    if constexpr (padded) {
      const auto& shape = inputs_.template view<1>().shape();
      return Targets::row_major ? n * shape[1] + s : n + s * shape[0];
    } else {
      return offset + s;
    }
  }

  template <std::size_t I>
  void check_shape_of_lengths() const {
    using Lengths = std::decay_t<decltype(inputs_.template view<I>())>;
    if constexpr (UnitRank == 0 && Lengths::rank == 1) {
      inputs_.template check_shape<I>(Shape<1>{{1}}, "one number for the one sequence: () or ");
    } else {
      Shape<UnitRank> units{};
      if constexpr (UnitRank == 1) units[0] = frames_.sequences;
      inputs_.template check_shape<I>(units, "one number for each sequence: ");
    }
  }
  void check_shape_of_targets() const {
    const auto& shape = inputs_.template view<1>().shape();
    if constexpr (padded) {
      if (shape[0] == frames_.sequences) return;
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", shape,
                          ", expected one row of labels for each of ", frames_.sequences,
                          " sequences");
    } else if constexpr (Targets::rank != 1) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", shape,
                          ", expected one dimension or two");
    }
  }
  void check_lengths() {
    const auto& targets = inputs_.template view<1>().shape();
    const Index room = Targets::rank == 0 ? 0 : targets[Targets::rank - 1];
    Index sum = 0;
    for (Index n = 0; n < frames_.sequences; ++n) {
      check_length<2>(n, frames_.frames, "frames");
      check_length<3>(n, room, padded ? "columns of targets" : "labels in targets");
      most_frames_ = (std::max)(most_frames_, frames_of(n));
      most_labels_ = (std::max)(most_labels_, labels_of(n));
      sum += (std::min)(labels_of(n),
                        (std::numeric_limits<Index>::max)() - sum);  // of what maps claim
    }
    if (!padded && sum != room) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), " has shape ", targets, ", expected ",
                          Shape<1>{{sum}}, ", the sum of ", Check<Kernel>::argument(3));
    }
    check_tables();
  }
  // That the tables of the largest sequence (detail/ctc_tables.hpp, ctc_any_number.hpp), which take less
  // than this, have a size.
  void check_tables() const {
    using T = typename Inputs::T;
    const double states = 2 * double(most_labels_) + 32;
    const double cells =
        (double(most_frames_) + 2) * (states + (std::min)(states, double(frames_.classes) + 8));
    if (cells * double((std::max)(std::size_t(32), 2 * sizeof(T))) <=
        double((std::numeric_limits<Index>::max)()))
      return;
    Check<Kernel>::fail("the tables of a sequence of ", most_frames_, " frames and ", most_labels_,
                        " labels are larger than memory");
  }
  template <std::size_t I>
  void check_length(Index n, Index most, const char* what) const {
    const auto& lengths = inputs_.template view<I>();
    if (lengths.at(n) >= 0 && lengths.at(n) <= most) return;
    Check<Kernel>::fail(Check<Kernel>::argument(I), inputs_.template place<I>(n), " = ",
                        lengths.original(n), " is not between 0 and ", most, ", the number of ",
                        what);
  }
  void check_label(Index i, Index blank) const {
    const std::int64_t label = inputs_.template view<1>().at(i);
    if (label == blank) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), inputs_.template place<1>(i), " = ", label,
                          " is the blank");
    }
    if (label < 0 || label >= frames_.classes) {
      Check<Kernel>::fail(Check<Kernel>::argument(1), inputs_.template place<1>(i), " = ",
                          inputs_.template view<1>().original(i), " is not a class of ",
                          Check<Kernel>::argument(0), " with shape ", inputs_.shape());
    }
  }

  const Inputs& inputs_;
  const FrameShape frames_;
  Index most_frames_ = 0, most_labels_ = 0;
};

}  // namespace detail
}  // namespace eigenloss
