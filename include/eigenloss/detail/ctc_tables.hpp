// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "ctc_wide.hpp"

// The tables of one sequence for CTC (ctc_sequence.hpp), and the memory that they lie in.
namespace eigenloss::detail {

// What a call needs to know: the sequence's label is `labels` classes, label(0), label(1), ...; the
// caller has checked that they lie in [0, classes) and are not `blank`.
struct CtcShape {
  Index frames, labels, classes, blank;
};

// One vector of numbers after the other, 64-byte aligned; with a null base, only their size.
class CtcArena {
 public:
  explicit CtcArena(void* base) : base_(static_cast<unsigned char*>(base)) {
    if (base) used_ = (64 - reinterpret_cast<std::uintptr_t>(base) % 64) % 64;
  }
  template <class T>
  T* take(Index count) {
    T* result = base_ ? reinterpret_cast<T*>(base_ + used_) : nullptr;
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return result;
  }
  std::size_t used() const { return used_; }

 private:
  unsigned char* base_;
  std::size_t used_ = 0;
};

// Emissions are kept for the symbols in use; of logits, most of which are in use, for all classes
// (`dense`), since their softmax is needed anyway. A class's place among them is its slot.
//
// A row of states: the labels behind eight zeros, then the blanks. Eight is the largest packet.
struct CtcTables {
  static constexpr Index gap = 8;
  Index frames, labels, classes, blank, rows, symbols = 0, pitch, width, slack = 0, blank_slot = 0;
  double *emission, *lowest, *state, *backward, *label_emission, *skip, *product, *occupancy, *top,
      *mass;
  std::int32_t *slot, *earliest, *symbol, *slot_of_class;
  CtcWide *wide, *wide_backward, *wide_emission;
  bool keeps_labels;            // the labels' emissions of all frames; else two frames take turns
  double log_scale = 0;         // logarithm of the factors left out of the emissions
  double tilt = 0, weight = 1;  // 2^tilt = weight, the factor for entering a label
  bool dense = false;           // all classes have a slot
  bool raised = false;          // an emission was raised
  bool dropped = false;         // an emission was dropped

  CtcTables(const CtcShape& shape, bool gradient, CtcArena& arena)
      : frames(shape.frames),
        labels(shape.labels),
        classes(shape.classes),
        blank(shape.blank),
        rows(gradient ? (std::max<Index>)(frames, 2) : 2),
        pitch(round_up((std::min)(2 * (labels + 1), classes))),
        width(round_up(labels + 1) + gap),
        keeps_labels(gradient && frames * width <= 16384) {
    emission = arena.take<double>(frames * pitch);
    lowest = arena.take<double>(pitch);
    backward = arena.take<double>(2 * row_size());
    label_emission = arena.take<double>((keeps_labels ? frames : 2) * width);
    skip = arena.take<double>(width + gap);
    product = arena.take<double>(width);
    occupancy = arena.take<double>(pitch);
    top = arena.take<double>(frames);
    mass = arena.take<double>(frames);
    slot = arena.take<std::int32_t>(labels);
    earliest = arena.take<std::int32_t>(labels);
    symbol = arena.take<std::int32_t>(pitch);
    slot_of_class = arena.take<std::int32_t>(classes);
    wide_backward = arena.take<CtcWide>(2 * (2 * labels + 1));
    wide_emission = arena.take<CtcWide>(pitch);
    CtcArena same = arena;  // one or the other is used
    wide = same.take<CtcWide>(rows * (2 * labels + 1));
    state = arena.take<double>(rows * row_size());
    if (same.used() > arena.used()) arena = same;
  }

  static Index round_up(Index n) { return (n + 7) / 8 * 8; }
  Index row_size() const { return gap + 2 * width; }
  double* row(Index t) const {  // without a gradient, two rows take turns
    return state + (rows > 2 ? t : t % 2) * row_size() + gap;
  }
};

}  // namespace eigenloss::detail
