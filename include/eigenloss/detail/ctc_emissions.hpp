// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "ctc_packets.hpp"
#include "ctc_tables.hpp"
#include "packet_math.hpp"

// The emissions of one sequence for CTC (ctc_sequence.hpp): the probabilities of the symbols in use,
// frame by frame.
namespace eigenloss::detail {

inline constexpr double ctc_least = 0x1p-500;  // positive sums and emissions below are raised to it
inline constexpr double ctc_least_log = -346.5735902799;  // slightly above its logarithm

// An emission below e^deepest is dropped. Fewer than e^(1.1 frames) paths lead through it, so it
// takes less than e^-745, nothing that a double can show, from a probability above
// e^least_after_drop.
inline double ctc_deepest(Index frames) { return -2000.0 - 2.0 * static_cast<double>(frames); }
inline double ctc_least_after_drop(Index frames) {
  return ctc_deepest(frames) + 1.1 * static_cast<double>(frames) + 745.0;
}

// The symbols in use, blank first, the slot of every label among them, the frame from which a label
// can be reached (it can be left behind `slack` frames later), and w K_s. Returns whether the label
// fits into the frames.
template <bool from_logits, class Label>
bool ctc_prepare(CtcTables& a, Label label) {
  std::fill(a.slot_of_class, a.slot_of_class + a.classes, -1);
  a.symbol[a.symbols++] = static_cast<std::int32_t>(a.blank);
  const double r =
      static_cast<double>(a.labels) / static_cast<double>((std::max<Index>)(a.frames, 1));
  // A uniform model drifts by sqrt(w / (w + 4)) labels a frame; this w makes that S / T.
  if (a.labels > 0) {
    a.tilt = r < 0.95 ? (std::max)(std::round(std::log2(4 * r * r / (1 - r * r))), -30.0) : 5.0;
  }
  a.weight = std::exp2(a.tilt);
  std::fill(a.skip, a.skip + a.width + a.gap, 0.0);
  Index repeats = 0;
  for (Index s = 0; s < a.labels; ++s) {
    const auto c = static_cast<std::int32_t>(label(s));
    std::int32_t& known = a.slot_of_class[c];
    if (known < 0) {
      known = static_cast<std::int32_t>(a.symbols);
      a.symbol[a.symbols++] = c;
    }
    a.slot[s] = known;
    const bool repeat = s > 0 && known == a.slot[s - 1];
    repeats += repeat ? 1 : 0;
    a.skip[s] = repeat || s == 0 ? 0.0 : a.weight;
    a.earliest[s] = static_cast<std::int32_t>(s + repeats);
  }
  a.slack = a.frames - a.labels - repeats;
  a.dense = from_logits && a.classes <= 2 * a.symbols;
  std::fill(a.lowest, a.lowest + a.pitch,
            a.dense ? -std::numeric_limits<double>::infinity() : ctc_least_log);
  if (a.dense) {
    for (Index k = 0; k < a.symbols; ++k) a.lowest[a.symbol[k]] = ctc_least_log;
    for (Index s = 0; s < a.labels; ++s) a.slot[s] = a.symbol[a.slot[s]];
    a.blank_slot = a.blank;
    a.symbols = a.classes;
    for (Index c = 0; c < a.classes; ++c) a.symbol[c] = static_cast<std::int32_t>(c);
  }
  return a.slack >= 0;
}

// Gathers what frame t holds of the symbols (in frame 0, unless dense, only of blank and the first
// label: no other can be met), and pads with -inf. Returns the largest, or 0 if there is none above
// -inf; `lowest` becomes at most the smallest, or -inf where not all classes have a slot.
template <class Scalar>
double ctc_gather(const CtcTables& a, Index t, const Scalar* frame, double* x, CtcPacket& lowest) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const CtcPacket none = pset1<CtcPacket>(-infinity);
  CtcPacket largest = none, smallest = none;
  Index k = 0;
  if (a.dense && a.symbols >= ctc_lanes) {
    smallest = lowest;
    const auto copy = [&](Index first) {
      const CtcPacket y = ctc_widened(frame + first);
      largest = larger(largest, y);
      smallest = smaller(smallest, y);
      pstoreu(x + first, y);
    };
    for (; k + ctc_lanes <= a.symbols; k += ctc_lanes) copy(k);
    if (k < a.symbols) {
      pstore(x + k, none);
      copy(a.symbols - ctc_lanes);
    }
  } else {
    const Index count = t == 0 && !a.dense ? (std::min<Index>)(a.symbols, 2) : a.symbols;
    for (; k < count; ++k) x[k] = static_cast<double>(frame[a.symbol[k]]);
    for (; k < a.round_up(a.symbols); ++k) x[k] = -infinity;
    for (k = 0; k < a.symbols; k += ctc_lanes) largest = larger(largest, pload<CtcPacket>(x + k));
  }
  lowest = smallest;
  const double top = largest_of(largest);
  return top == -infinity ? 0 : top;
}

// What is met among the emissions: the lowest log-probability relative to its frame's largest, the
// lowest that is not dropped, and a sum that is NaN if one is.
struct CtcExtremes {
  CtcPacket lowest, lowest_kept, sum;
};

// x <- e^(x - top), raised to ctc_least where a path may use it, or dropped to 0 where the exponent
// is below `deepest`. Returns the sum of the x.
inline double ctc_exponentiate(const CtcTables& a, double top, double deepest, double* x,
                               CtcExtremes& met) {
  const CtcPacket infinite = pset1<CtcPacket>(-std::numeric_limits<double>::infinity());
  const CtcPacket deep = pset1<CtcPacket>(deepest), shift = pset1<CtcPacket>(top);
  CtcPacket mass = pset1<CtcPacket>(0);
  for (Index k = 0; k < a.symbols; k += ctc_lanes) {
    const CtcPacket y = psub(pload<CtcPacket>(x + k), shift),
                    least = pload<CtcPacket>(a.lowest + k);
    const auto kept = less(deep, y);
    const CtcPacket used = only_where(less(infinite, least), y);
    met.sum = padd(met.sum, y);
    met.lowest = smaller(met.lowest, only_where(less(infinite, y), used));
    met.lowest_kept = smaller(met.lowest_kept, only_where(kept, used));
    const CtcPacket p = only_where(kept, packet_exp_nonpositive(larger(y, least)));
    mass = padd(mass, p);
    pstore(x + k, p);
  }
  return sum_of(mass);
}

// The same where all x, but for padding, are above top + ctc_least_log, or NaN: then so is the sum.
inline double ctc_exponentiate(const CtcTables& a, double top, double* x) {
  const CtcPacket shift = pset1<CtcPacket>(top);
  CtcPacket mass = pset1<CtcPacket>(0);
  for (Index k = 0; k < a.symbols; k += ctc_lanes) {
    const CtcPacket p = packet_exp_nonpositive(psub(pload<CtcPacket>(x + k), shift));
    mass = padd(mass, p);
    pstore(x + k, p);
  }
  return sum_of(mass);
}

// A frame's largest logit, and the sum of e^(logit - largest). The ones are counted apart, in
// double: next to them the rest would lose the digits that the loss of a sure model consists of. An
// infinite maximum gives NaN.
template <class Scalar>
void ctc_frame_mass(const Scalar* frame, Index classes, double* top, double* mass) {
  using Packet = typename Eigen::internal::packet_traits<Scalar>::type;
  Packet largest = pset1<Packet>(-std::numeric_limits<Scalar>::infinity());
  ctc_packets<true>(frame, classes,
                    [&](const Packet& x, Index, Index) { largest = larger(largest, x); });
  const Scalar shift = largest_of(largest);
  const Packet at_top = pset1<Packet>(shift), one = pset1<Packet>(Scalar(1));
  *top = static_cast<double>(shift);
  *mass = *top - *top;
  for (Index first = 0; first < classes; first += 512) {  // short sums in Scalar
    const Packet none = pset1<Packet>(Scalar(0));
    Packet rest = none, ones = none;
    ctc_packets<false>(
        frame + first, (std::min<Index>)(512, classes - first), [&](const Packet& x, Index, Index) {
          const auto is_top = equal(x, at_top);
          ones = padd(ones, only_where(is_top, one));
          rest = padd(rest, zero_where(is_top, packet_exp_nonpositive(psub(x, at_top))));
        });
    *mass += static_cast<double>(sum_of(ones)) + static_cast<double>(sum_of(rest));
  }
}

// Emissions of all frames, and the logarithm of the factors left out of them; false if there is a
// NaN. One logarithm serves many frames: their sums, each between 1 and `classes`, are multiplied
// first.
template <bool from_logits, class Frames>
bool ctc_load(CtcTables& a, Frames frames) {
  double masses = 1, lost = 0;
  const CtcPacket zero = pset1<CtcPacket>(0);
  CtcExtremes met{zero, zero, zero};
  const double deepest = ctc_deepest(a.frames);
  const auto add = [&](double term) {  // compensated: the terms may cancel the logarithm of the
                                       // scaled probability
    const double sum = a.log_scale + term;
    const double kept = sum - a.log_scale;
    lost += (a.log_scale - (sum - kept)) + (term - kept);
    a.log_scale = sum;
  };
  constexpr Index some = 8;  // frames at once: no frame waits for its largest number
  double tops[some];
  for (Index first = 0; first < a.frames; first += some) {
    const Index end = (std::min)(first + some, a.frames);
    CtcPacket lowest = pset1<CtcPacket>(std::numeric_limits<double>::infinity());
    double highest = -std::numeric_limits<double>::infinity();
    for (Index t = first; t < end; ++t) {
      const auto* frame = frames(t);
      tops[t - first] = ctc_gather(a, t, frame, a.emission + t * a.pitch, lowest);
      highest = (std::max)(highest, tops[t - first]);
      if constexpr (from_logits) {
        if (!a.dense) ctc_frame_mass(frame, a.classes, a.top + t, a.mass + t);
      }
    }
    const bool moderate =
        smallest_of(lowest) - highest > ctc_least_log;  // nothing to raise or drop
    for (Index t = first; t < end; ++t) {
      const double top = tops[t - first];
      double* const x = a.emission + t * a.pitch;
      const double mass =
          moderate ? ctc_exponentiate(a, top, x) : ctc_exponentiate(a, top, deepest, x, met);
      if constexpr (from_logits) {
        if (a.dense) {
          a.top[t] = top;
          a.mass[t] = mass > 0 ? mass : std::numeric_limits<double>::quiet_NaN();
        } else {
          add(top - a.top[t]);
        }
        masses *= a.mass[t];
        if (masses > 1e200) {
          add(-std::log(masses));
          masses = 1;
        }
      } else {
        add(top);
      }
    }
  }
  a.log_scale += lost - std::log(masses);
  a.raised = smallest_of(met.lowest_kept) < ctc_least_log;
  a.dropped = smallest_of(met.lowest) <= deepest;
  return !std::isnan(sum_of(met.sum)) && !std::isnan(a.log_scale);
}

}  // namespace eigenloss::detail
