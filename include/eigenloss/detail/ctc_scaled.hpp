// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "ctc_emissions.hpp"
#include "ctc_wide.hpp"

// CTC's recursions over the states of one sequence: blanks b_0 .. b_S and labels l_0 .. l_(S-1),
// b_s before l_s. With a frame's emissions p, and K_s = 1 where l_s differs from l_(s-1), else 0:
//   b_s' = p_blank (b_s + l_(s-1))
//   l_s' = p[l_s] (l_s + b_s + K_s l_(s-1))
// forward, and the same backward; the posterior of a state is the product of its two variables over
// the sum of these products in its frame. All in double and on probabilities, as a logarithm for
// every state would cost ten times as much; in three ways, all exact, the numbers are kept in
// range:
//   emissions are relative to the frame's largest, whose logarithm goes straight into the loss;
//   a row whose largest state leaves the range from 2^476 to 2^489 is scaled by the power of two
//   that brings it to 2^488;
//   entering a label costs a factor w = 2^tilt, which every complete path meets S times. With a
//   flat model, the forward variables would else run ahead to the last label and the backward ones
//   to the first, and they would hardly overlap.
//
// Why no state that matters is lost: a positive sum below 2^-500 is raised to it. Products then
// stay normal numbers, what is 0 is so because no path leads there, and every variable is an upper
// bound of its true value. Raising a state adds at most 2^-500 times the variable of the other
// direction, which is below 2^496: at most n 2^-4 in a frame of n states, of a total Z_t that
// includes every complete path. With all Z_t above 2^240, T frames add up to a relative error below
// T n 2^-240.
//
// Emissions below 2^-500 are rare. Those that are as good as 0 are dropped, if what is left proves
// that they were (ctc_least_after_drop). The others would be wrong in the digits of a posterior
// below 2^-240, and so a gradient does without scaled doubles. A value alone raises them like
// states; it has no Z_t: if anything was raised, the recursion runs again with all of that dropped,
// for a lower bound, and the two must agree. What fails these tests runs in numbers with an
// exponent of their own (ctc_wide.hpp).
namespace eigenloss::detail {

// The states in use at frame t, rounded out to whole packets: [first, end).
struct CtcBand {
  Index low = 0, high = 0;  // labels that are reachable and not too late
  Index first = 0, end = 0;

  void move(const CtcTables& a, Index t) {
    while (high < a.labels && a.earliest[high] <= t) ++high;
    while (high > 0 && a.earliest[high - 1] > t) --high;
    while (low < a.labels && a.earliest[low] + a.slack < t) ++low;
    while (low > 0 && a.earliest[low - 1] + a.slack >= t) --low;
    first = low / ctc_lanes * ctc_lanes;
    end = first + (high - first + ctc_lanes) / ctc_lanes * ctc_lanes;
  }
};

// Frame t: the states in use, and the emissions of the blank and of their labels.
struct CtcFrame {
  CtcBand band;
  double blank;
  const double* label;
};

// The next frame's labels are gathered before this one's recursion: a packet of numbers that were
// just stored one by one would have to wait for them. With `gathered`, they are there already.
inline CtcFrame ctc_frame(const CtcTables& a, Index t, CtcBand band, bool gathered) {
  band.move(a, t);
  const double* emission = a.emission + t * a.pitch;
  double* label = a.label_emission + (a.keeps_labels ? t : t % 2) * a.width;
  if (!gathered) {
    if (band.end > a.labels) pstore(label + band.end - ctc_lanes, pset1<CtcPacket>(0));
    const Index end = (std::min)(band.end, a.labels);
    for (Index s = band.first; s < end; ++s) label[s] = emission[a.slot[s]];
  }
  return {band, emission[a.blank_slot], label};
}

// The exponent of the factor that brings the next row into range; 0 for most. As a branch that the
// processor foresees, it spares a frame the wait for the largest state of the one before.
inline int ctc_rescaling(double peak) {
  if (EIGEN_PREDICT_TRUE(peak > 0x1p476 && peak < 0x1p489)) return 0;
  return (std::min)(488 - ctc_exponent(peak), 1000);
}

// The smallest number that a recursion keeps, and what it makes of a smaller one that is not 0.
struct CtcFloor {
  CtcPacket least, cut;
  CtcPacket operator()(const CtcPacket& x) const {
    return only_where(less(cut, x), larger(x, least));
  }
};

// One frame forward, from row to row. Returns the largest new state; with `watch`, adds to `raised`
// what the floor added.
template <bool watch>
double ctc_forward_step(const CtcTables& a, const CtcFrame& frame, const double* from, double* to,
                        double factor, const CtcFloor& floor, CtcPacket& raised) {
  const CtcBand& band = frame.band;
  const CtcPacket p = pset1<CtcPacket>(frame.blank), c = pset1<CtcPacket>(factor);
  const CtcPacket w = pset1<CtcPacket>(a.weight), zero = pset1<CtcPacket>(0);
  CtcPacket peak = zero, l_before = pload<CtcPacket>(from + band.first - ctc_lanes);
  for (Index s = band.first; s < band.end; s += ctc_lanes) {
    const CtcPacket b = pload<CtcPacket>(from + a.width + s);
    const CtcPacket l = pload<CtcPacket>(from + s);
    const CtcPacket before = ctc_across<ctc_lanes - 1>(l_before, l);
    l_before = l;
    const CtcPacket to_b = pmul(c, padd(b, before));
    const CtcPacket to_l = pmul(c, pmadd(pload<CtcPacket>(a.skip + s), before, pmadd(w, b, l)));
    const CtcPacket kept_b = floor(to_b), kept_l = floor(to_l);
    if constexpr (watch) {
      raised = padd(raised, padd(psub(kept_b, to_b), psub(kept_l, to_l)));
    }
    const CtcPacket new_b = pmul(kept_b, p);
    const CtcPacket new_l = pmul(kept_l, pload<CtcPacket>(frame.label + s));
    pstore(to + a.width + s, new_b);
    pstore(to + s, new_l);
    peak = larger(peak, larger(new_b, new_l));
  }
  pstore(to + band.first - ctc_lanes, zero);  // what the next frame may read around the band
  pstore(to + band.end, zero);
  pstore(to + a.width + band.end, zero);
  return largest_of(peak);
}

// log of the label's probability; -inf where it is exactly 0. With `watch`, `raised` tells whether
// the floor raised a state.
template <bool watch>
double ctc_forward(CtcTables& a, CtcFloor floor, bool* raised) {
  double* start = a.row(a.rows - 1);  // before frame 0: a path is about to enter b_0 or l_0
  const double* from = start;
  std::fill(start - a.gap, start - a.gap + a.row_size(), 0.0);
  start[a.width] = 1;
  CtcPacket added = pset1<CtcPacket>(0);
  CtcFrame next = ctc_frame(a, 0, CtcBand(), false);
  double peak = 1;
  std::int64_t exponent = 0;
  for (Index t = 0; t < a.frames; ++t) {
    const CtcFrame frame = next;
    if (t + 1 < a.frames) next = ctc_frame(a, t + 1, frame.band, false);
    const int shift = ctc_rescaling(peak);
    exponent -= shift;
    double* to = a.row(t);
    peak = ctc_forward_step<watch>(a, frame, from, to, ctc_power_of_two(shift), floor, added);
    from = to;
    if (!(peak > 0)) return -std::numeric_limits<double>::infinity();
  }
  *raised = sum_of(added) > 0;
  const double total = from[a.width + a.labels] + (a.labels > 0 ? from[a.labels - 1] : 0.0);
  const int k = ctc_exponent(total);
  const double tilted = a.tilt * static_cast<double>(a.labels);
  return ctc_log(total * ctc_power_of_two(-k), static_cast<double>(exponent + k) - tilted);
}

// Sums of forward times backward variables
struct CtcSums {
  CtcPacket blanks, labels;
};

// One frame backward, from the products of emissions and backward variables at t + 1 to those at t.
// Adds up the frame's posterior products, those of each label into `product` as well; returns the
// largest state.
inline double ctc_backward_step(const CtcTables& a, const CtcFrame& frame, const double* alpha,
                                const double* from, double* to, double factor,
                                const CtcFloor& floor, CtcSums& sums) {
  const CtcBand& band = frame.band;
  const CtcPacket p = pset1<CtcPacket>(frame.blank), c = pset1<CtcPacket>(factor);
  const CtcPacket w = pset1<CtcPacket>(a.weight), zero = pset1<CtcPacket>(0);
  CtcPacket peak = zero, l_next = pload<CtcPacket>(from + band.first),
            b_next = pload<CtcPacket>(from + a.width + band.first);
  for (Index s = band.first; s < band.end; s += ctc_lanes) {
    const CtcPacket l = l_next, b = b_next;
    l_next = pload<CtcPacket>(from + s + ctc_lanes);
    b_next = pload<CtcPacket>(from + a.width + s + ctc_lanes);
    const CtcPacket l_after = ctc_across<1>(l, l_next), b_after = ctc_across<1>(b, b_next);
    const CtcPacket skip = ploadu<CtcPacket>(a.skip + s + 1);
    const CtcPacket to_b = floor(pmul(c, pmadd(w, l, b)));
    const CtcPacket to_l = floor(pmul(c, pmadd(skip, l_after, padd(l, b_after))));
    const CtcPacket share = pmul(to_l, pload<CtcPacket>(alpha + s));
    pstore(a.product + s, share);
    sums.labels = padd(sums.labels, share);
    sums.blanks = pmadd(to_b, pload<CtcPacket>(alpha + a.width + s), sums.blanks);
    const CtcPacket new_b = pmul(to_b, p);
    const CtcPacket new_l = pmul(to_l, pload<CtcPacket>(frame.label + s));
    pstore(to + a.width + s, new_b);
    pstore(to + s, new_l);
    peak = larger(peak, larger(new_b, new_l));
  }
  for (double* row : {to, to + a.width}) {
    pstore(row + band.first - ctc_lanes, zero);
    pstore(row + band.end, zero);
  }
  return largest_of(peak);
}

// Hands the posteriors to visit(t, occupancy, their sum), from the last frame on; returns the
// smallest sum.
template <class Visit>
double ctc_backward(CtcTables& a, const CtcFloor& floor, Visit visit) {
  std::fill(a.backward, a.backward + 2 * a.row_size(), 0.0);
  double *to = a.backward + a.gap, *from = to + a.row_size();
  from[a.width + a.labels] = 1;  // after the last frame, which a path leaves from b_S or l_(S-1)
  double peak = 1, least_total = std::numeric_limits<double>::infinity();
  CtcFrame next = ctc_frame(a, a.frames - 1, CtcBand(), true);
  for (Index t = a.frames - 1; t >= 0; --t) {
    const CtcFrame frame = next;
    if (t > 0) next = ctc_frame(a, t - 1, frame.band, a.keeps_labels);
    CtcSums sums{pset1<CtcPacket>(0), pset1<CtcPacket>(0)};
    const double factor = ctc_power_of_two(ctc_rescaling(peak));
    peak = ctc_backward_step(a, frame, a.row(t), from, to, factor, floor, sums);
    std::fill(a.occupancy, a.occupancy + a.symbols, 0.0);
    const double blanks = sum_of(sums.blanks);
    a.occupancy[a.blank_slot] = blanks;
    for (Index s = frame.band.low; s < frame.band.high; ++s) a.occupancy[a.slot[s]] += a.product[s];
    const double total = blanks + sum_of(sums.labels);
    least_total = (std::min)(least_total, total);
    visit(t, static_cast<const double*>(a.occupancy), total);
    std::swap(to, from);
  }
  return least_total;
}

}  // namespace eigenloss::detail
