// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "eigenloss/detail/ctc_log_domain.hpp"
#include "eigenloss/detail/packet_math.hpp"

// CTC of one sequence, on plain pointers:
//   loss = -log of the sum, over the paths that collapse to the label, of e^(sum over t of lp[t,
//   path_t]),
// lp being the log-probabilities as given, or log-softmax of logits. Slope: -posterior, or softmax
// - posterior.
//
// States: blanks b_0 .. b_S and labels l_0 .. l_(S-1), b_s before l_s; K_s is 1 where l_s differs
// from l_(s-1).
//   forward, with the frame's emissions p:  b_s' = p_blank (b_s + l_(s-1));  l_s' = p[l_s] (l_s +
//   b_s + K_s l_(s-1))
// and the same backwards; posterior of a state = forward * backward / their sum over the frame's
// states. Both run in double on probabilities, without a logarithm per state, scaled in three exact
// ways:
//   emissions relative to the frame's largest (its logarithm goes into the loss);
//   every row by a power of two, so that its largest state is 2^480;
//   a factor w = 2^tilt per label entered, which every complete path meets S times: with a flat
//   model the forward variables would else run ahead to the last label, the backward ones to the
//   first, and hardly overlap.
//
// Why no state that matters is lost. A positive sum below 2^-500 is raised to it, and so is a
// positive emission; products then stay normal numbers, true zeros stay zero, and every state is an
// upper bound of its true value. Raising adds at most 2^-500 to a state of a row whose other factor
// is below n 2^490: relative to the total Z_t of a frame, in which nothing can be missing as
// nothing is below its true value, at most n 2^-8 / Z_t; a raised emission, at most n 2^480 / Z_t.
// With every Z_t above 2^240, or 2^720 where an emission was raised, all frames and n states
// together are wrong by less than T n 2^-240. The value alone has no Z_t: if anything was raised,
// it runs again with such states dropped, a lower bound, and the two must agree. What fails these
// tests runs in numbers with exponents of their own.
namespace eigenloss::detail {

struct CtcResult {
  double value;
  bool wide;  // whether the sequence left the range of scaled doubles
};

struct CtcNoGradient {};

// What a call needs to know: the sequence's label is `labels` classes, label(0), label(1), ...; the
// caller has checked that they lie in [0, classes) and are not `blank`.
struct CtcShape {
  Eigen::Index frames, labels, classes, blank;
};

// One vector of numbers after the other, 64-byte aligned; with a null base, only their size.
class CtcArena {
 public:
  explicit CtcArena(void* base) : base_(static_cast<unsigned char*>(base)) {
    if (base) used_ = (64 - reinterpret_cast<std::uintptr_t>(base) % 64) % 64;
  }
  template <class T>
  T* take(Eigen::Index count) {
    T* result = base_ ? reinterpret_cast<T*>(base_ + used_) : nullptr;
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return result;
  }
  std::size_t used() const { return used_; }

 private:
  unsigned char* base_;
  std::size_t used_ = 0;
};

// A row of states: the labels behind eight zeros, then the blanks. Eight is the largest packet.
struct CtcTables {
  static constexpr Eigen::Index gap = 8;
  Eigen::Index frames, labels, classes, blank, rows, symbols = 0, pitch, width, slack = 0;
  double *emission, *state, *backward, *label_emission, *skip, *product, *occupancy, *top, *mass;
  std::int32_t *slot, *earliest, *symbol, *slot_of_class;
  CtcWide *wide, *wide_backward, *wide_emission;
  double log_scale = 0;         // logarithm of the factors left out of the emissions
  double tilt = 0, weight = 1;  // 2^tilt = weight, the factor for entering a label
  bool raised = false;          // an emission was raised

  CtcTables(const CtcShape& shape, bool gradient, CtcArena& arena)
      : frames(shape.frames),
        labels(shape.labels),
        classes(shape.classes),
        blank(shape.blank),
        rows(gradient ? std::max<Eigen::Index>(frames, 2) : 2),
        pitch(round_up(std::min(labels + 1, classes))),
        width(round_up(labels + 1) + gap) {
    emission = arena.take<double>(frames * pitch);
    backward = arena.take<double>(2 * row_size());
    label_emission = arena.take<double>(width);
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

  static Eigen::Index round_up(Eigen::Index n) { return (n + 7) / 8 * 8; }
  Eigen::Index row_size() const { return gap + 2 * width; }
  double* row(Eigen::Index t) const { return state + (t % rows) * row_size() + gap; }
};

using CtcPacket = Eigen::internal::packet_traits<double>::type;
constexpr Eigen::Index ctc_lanes = Eigen::internal::packet_traits<double>::size;
constexpr double ctc_least = 0x1p-500;  // positive sums and emissions below are raised to it
constexpr double ctc_least_log = -346.5735902799;  // slightly above its logarithm
constexpr int ctc_top_exponent = 480;

// The symbols in use, blank first, the slot of every label among them, the frame from which a label
// can be reached (it can be left behind `slack` frames later), and w K_s. Returns whether the label
// fits into the frames.
template <class Label>
bool ctc_prepare(CtcTables& a, Label label) {
  using Eigen::Index;
  std::fill(a.slot_of_class, a.slot_of_class + a.classes, -1);
  a.symbol[a.symbols++] = static_cast<std::int32_t>(a.blank);
  const double r =
      static_cast<double>(a.labels) / static_cast<double>(std::max<Index>(a.frames, 1));
  // A uniform model drifts by sqrt(w / (w + 4)) labels a frame; this w makes that S / T.
  if (a.labels > 0) {
    a.tilt = r < 0.95 ? std::max(std::round(std::log2(4 * r * r / (1 - r * r))), -30.0) : 5.0;
  }
  a.weight = std::exp2(a.tilt);
  std::fill(a.skip, a.skip + a.width + a.gap, 0.0);
  std::fill(a.label_emission, a.label_emission + a.width, 0.0);
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
  return a.slack >= 0;
}

// Gathers what frame t holds of the symbols (in frame 0, only blank and the first label can be
// met), and pads with -inf. Returns the largest, or 0 if there is none above -inf.
template <class Scalar>
double ctc_gather(const CtcTables& a, Eigen::Index t, const Scalar* frame, double* x) {
  using namespace Eigen::internal;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Eigen::Index count = t == 0 ? std::min<Eigen::Index>(a.symbols, 2) : a.symbols;
  for (Eigen::Index k = 0; k < count; ++k) x[k] = static_cast<double>(frame[a.symbol[k]]);
  for (Eigen::Index k = count; k < a.round_up(a.symbols); ++k) x[k] = -infinity;
  CtcPacket largest = pset1<CtcPacket>(-infinity);
  for (Eigen::Index k = 0; k < a.symbols; k += ctc_lanes) {
    largest = pmax(largest, pload<CtcPacket>(x + k));
  }
  const double top = predux_max(largest);
  return top == -infinity ? 0 : top;
}

// x <- e^(x - top), raised to ctc_least unless 0. Returns the sum of the exponents, which is NaN if
// one is.
inline double ctc_exponentiate(CtcTables& a, double top, double* x) {
  using namespace Eigen::internal;
  const CtcPacket infinite = pset1<CtcPacket>(-std::numeric_limits<double>::infinity());
  const CtcPacket least = pset1<CtcPacket>(ctc_least_log), shift = pset1<CtcPacket>(top);
  CtcPacket sum = pset1<CtcPacket>(0), lowest = sum;
  for (Eigen::Index k = 0; k < a.symbols; k += ctc_lanes) {
    const CtcPacket y = psub(pload<CtcPacket>(x + k), shift);
    const CtcPacket finite = pcmp_lt(infinite, y);
    sum = padd(sum, y);
    lowest = pmin(lowest, pand(finite, y));
    pstore(x + k, pand(finite, packet_exp_nonpositive(pmax(y, least))));
  }
  a.raised = a.raised || predux_min(lowest) < ctc_least_log;
  return predux(sum);
}

// Calls apply(packet, i, n) for the numbers x[i .. i + n): the first n lanes of the packet, the
// rest being -inf. With `again`, the last call may hold numbers of the one before instead.
template <bool again, class Scalar, class Apply>
EIGEN_STRONG_INLINE void ctc_packets(const Scalar* x, Eigen::Index size, Apply apply) {
  using namespace Eigen::internal;
  using Packet = typename packet_traits<Scalar>::type;
  constexpr Eigen::Index lanes = packet_traits<Scalar>::size;
  Eigen::Index i = 0;
  for (; i + lanes <= size; i += lanes) apply(ploadu<Packet>(x + i), i, lanes);
  if (i == size) return;
  if (again && i > 0) return apply(ploadu<Packet>(x + size - lanes), size - lanes, lanes);
  Scalar rest[2 * lanes];
  if (i > 0) {
    pstoreu(rest, ploadu<Packet>(x + size - lanes));
  } else {
    std::copy(x, x + size, rest + lanes - size);
  }
  pstoreu(rest + lanes, pset1<Packet>(-std::numeric_limits<Scalar>::infinity()));
  apply(ploadu<Packet>(rest + lanes - (size - i)), i, size - i);
}

// A frame's largest logit, and the sum of e^(logit - largest). The ones are counted apart, in
// double: next to them the rest would lose the digits that the loss of a sure model consists of. An
// infinite maximum gives NaN.
template <class Scalar>
void ctc_frame_mass(const Scalar* frame, Eigen::Index classes, double* top, double* mass) {
  using namespace Eigen::internal;
  using Packet = typename packet_traits<Scalar>::type;
  Packet largest = pset1<Packet>(-std::numeric_limits<Scalar>::infinity());
  ctc_packets<true>(frame, classes, [&](const Packet& x, Eigen::Index, Eigen::Index) {
    largest = pmax(largest, x);
  });
  const Scalar shift = predux_max(largest);
  const Packet at_top = pset1<Packet>(shift), one = pset1<Packet>(Scalar(1));
  *top = static_cast<double>(shift);
  *mass = *top - *top;
  for (Eigen::Index first = 0; first < classes; first += 512) {  // short sums in Scalar
    Packet rest = pset1<Packet>(Scalar(0)), ones = rest;
    ctc_packets<false>(frame + first, std::min<Eigen::Index>(512, classes - first),
                       [&](const Packet& x, Eigen::Index, Eigen::Index) {
                         const Packet is_top = pcmp_eq(x, at_top);
                         ones = padd(ones, pand(one, is_top));
                         rest =
                             padd(rest, pandnot(packet_exp_nonpositive(psub(x, at_top)), is_top));
                       });
    *mass += static_cast<double>(predux(ones)) + static_cast<double>(predux(rest));
  }
}

// Emissions of all frames, and the logarithm of the factors left out of them; false if there is a
// NaN. One logarithm serves many frames: their sums, each between 1 and `classes`, are multiplied
// first.
template <bool from_logits, class Frames>
bool ctc_load(CtcTables& a, Frames frames) {
  double nan_check = 0, masses = 1, lost = 0;
  const auto add = [&](double term) {  // compensated: the terms may cancel the logarithm of the
                                       // scaled probability
    const double sum = a.log_scale + term;
    const double kept = sum - a.log_scale;
    lost += (a.log_scale - (sum - kept)) + (term - kept);
    a.log_scale = sum;
  };
  for (Eigen::Index t = 0; t < a.frames; ++t) {
    const auto* frame = frames(t);
    double* x = a.emission + t * a.pitch;
    const double top = ctc_gather(a, t, frame, x);
    double scale = top;
    if constexpr (from_logits) {
      ctc_frame_mass(frame, a.classes, a.top + t, a.mass + t);
      scale -= a.top[t];
      masses *= a.mass[t];
      if (masses > 1e200) {
        add(-std::log(masses));
        masses = 1;
      }
    }
    add(scale);
    nan_check += ctc_exponentiate(a, top, x);
  }
  a.log_scale += lost - std::log(masses);
  return !std::isnan(nan_check) && !std::isnan(a.log_scale);
}

// The states in use at frame t, rounded out to whole packets: [first, end).
struct CtcBand {
  Eigen::Index low = 0, high = 0;  // labels that are reachable and not too late
  Eigen::Index first = 0, end = 0;

  void move(const CtcTables& a, Eigen::Index t) {
    while (high < a.labels && a.earliest[high] <= t) ++high;
    while (high > 0 && a.earliest[high - 1] > t) --high;
    while (low < a.labels && a.earliest[low] + a.slack < t) ++low;
    while (low > 0 && a.earliest[low - 1] + a.slack >= t) --low;
    first = low / ctc_lanes * ctc_lanes;
    end = first + (high - first + ctc_lanes) / ctc_lanes * ctc_lanes;
  }
};

// The emissions of frame t: the blank's, which is returned, and those of the labels in the band.
inline double ctc_spread(const CtcTables& a, Eigen::Index t, const CtcBand& band) {
  const double* emission = a.emission + t * a.pitch;
  const Eigen::Index end = std::min(band.end, a.labels);
  for (Eigen::Index s = band.first; s < end; ++s) a.label_emission[s] = emission[a.slot[s]];
  return emission[0];
}

// The exponent that brings a row whose largest state is `peak` up to 2^480, within the range of a
// factor.
inline int ctc_rescaling(double peak) {
  return std::min(ctc_top_exponent - ctc_exponent(peak), 1000);
}

// The smallest number that a recursion keeps, and what it makes of a smaller one that is not 0.
struct CtcFloor {
  CtcPacket least, cut;
  CtcPacket operator()(const CtcPacket& x) const {
    return Eigen::internal::pand(Eigen::internal::pcmp_lt(cut, x), Eigen::internal::pmax(x, least));
  }
};

// One frame forward, from row to row. Returns the largest new state, and adds to `raised` what the
// floor added.
inline double ctc_forward_step(const CtcTables& a, const CtcBand& band, const double* from,
                               double* to, double blank, double factor, const CtcFloor& floor,
                               CtcPacket& raised) {
  using namespace Eigen::internal;
  const CtcPacket p = pset1<CtcPacket>(blank), c = pset1<CtcPacket>(factor);
  const CtcPacket w = pset1<CtcPacket>(a.weight), zero = pset1<CtcPacket>(0);
  CtcPacket peak = zero;
  for (Eigen::Index s = band.first; s < band.end; s += ctc_lanes) {
    const CtcPacket before = ploadu<CtcPacket>(from + s - 1);
    const CtcPacket b = pload<CtcPacket>(from + a.width + s);
    const CtcPacket l = pload<CtcPacket>(from + s);
    const CtcPacket to_b = pmul(c, padd(b, before));
    const CtcPacket to_l = pmul(c, pmadd(pload<CtcPacket>(a.skip + s), before, pmadd(w, b, l)));
    const CtcPacket kept_b = floor(to_b), kept_l = floor(to_l);
    raised = padd(raised, padd(psub(kept_b, to_b), psub(kept_l, to_l)));
    const CtcPacket new_b = pmul(kept_b, p);
    const CtcPacket new_l = pmul(kept_l, pload<CtcPacket>(a.label_emission + s));
    pstore(to + a.width + s, new_b);
    pstore(to + s, new_l);
    peak = pmax(peak, pmax(new_b, new_l));
  }
  to[band.first - 1] = 0;  // what the next frame may read around the band
  pstore(to + band.end, zero);
  pstore(to + a.width + band.end, zero);
  return predux_max(peak);
}

// log of the label's probability; -inf where it is exactly 0. `raised` becomes true where the floor
// raised a state.
inline double ctc_forward(CtcTables& a, CtcFloor floor, bool* raised) {
  using Eigen::internal::pset1;
  double* virgin = a.row(a.rows - 1);  // before frame 0: a path is about to enter b_0 or l_0
  std::fill(virgin - a.gap, virgin - a.gap + a.row_size(), 0.0);
  virgin[a.width] = 1;
  CtcPacket added = pset1<CtcPacket>(0);
  CtcBand band;
  double peak = 1;
  std::int64_t exponent = 0;
  for (Eigen::Index t = 0; t < a.frames; ++t) {
    band.move(a, t);
    const double blank = ctc_spread(a, t, band);
    const int shift = ctc_rescaling(peak);
    exponent -= shift;
    peak = ctc_forward_step(a, band, a.row(t + a.rows - 1), a.row(t), blank,
                            ctc_power_of_two(shift), floor, added);
    if (!(peak > 0)) return -std::numeric_limits<double>::infinity();
  }
  *raised = Eigen::internal::predux(added) > 0;
  const double* last = a.row(a.frames - 1);
  const double total = last[a.width + a.labels] + (a.labels > 0 ? last[a.labels - 1] : 0.0);
  const int k = ctc_exponent(total);
  const double tilted = a.tilt * static_cast<double>(a.labels);
  return ctc_log(total * ctc_power_of_two(-k), static_cast<double>(exponent + k) - tilted);
}

// One frame backward, from the products of emissions and backward variables at t + 1 to those at t.
// Adds the posterior products of blanks and labels, those of each label into `product`; returns the
// largest state.
struct CtcSums {
  CtcPacket blanks, labels;
};

inline double ctc_backward_step(const CtcTables& a, const CtcBand& band, const double* alpha,
                                const double* from, double* to, double blank, double factor,
                                const CtcFloor& floor, CtcSums& sums) {
  using namespace Eigen::internal;
  const CtcPacket p = pset1<CtcPacket>(blank), c = pset1<CtcPacket>(factor);
  const CtcPacket w = pset1<CtcPacket>(a.weight), zero = pset1<CtcPacket>(0);
  CtcPacket peak = zero;
  for (Eigen::Index s = band.first; s < band.end; s += ctc_lanes) {
    const CtcPacket l = pload<CtcPacket>(from + s), l_after = ploadu<CtcPacket>(from + s + 1);
    const CtcPacket b = pload<CtcPacket>(from + a.width + s);
    const CtcPacket b_after = ploadu<CtcPacket>(from + a.width + s + 1);
    const CtcPacket skip = ploadu<CtcPacket>(a.skip + s + 1);
    const CtcPacket to_b = floor(pmul(c, pmadd(w, l, b)));
    const CtcPacket to_l = floor(pmul(c, pmadd(skip, l_after, padd(l, b_after))));
    const CtcPacket share = pmul(to_l, pload<CtcPacket>(alpha + s));
    pstore(a.product + s, share);
    sums.labels = padd(sums.labels, share);
    sums.blanks = pmadd(to_b, pload<CtcPacket>(alpha + a.width + s), sums.blanks);
    const CtcPacket new_b = pmul(to_b, p);
    const CtcPacket new_l = pmul(to_l, pload<CtcPacket>(a.label_emission + s));
    pstore(to + a.width + s, new_b);
    pstore(to + s, new_l);
    peak = pmax(peak, pmax(new_b, new_l));
  }
  for (double* row : {to, to + a.width}) {
    pstore(row + band.first - ctc_lanes, zero);
    pstore(row + band.end, zero);
  }
  return predux_max(peak);
}

// Hands the posteriors to visit(t, occupancy, their sum), from the last frame on; returns the
// smallest sum.
template <class Visit>
double ctc_backward(CtcTables& a, const CtcFloor& floor, Visit visit) {
  using namespace Eigen::internal;
  std::fill(a.backward, a.backward + 2 * a.row_size(), 0.0);
  double *to = a.backward + a.gap, *from = to + a.row_size();
  from[a.width + a.labels] = 1;  // after the last frame, which a path leaves from b_S or l_(S-1)
  double peak = 1, least_total = std::numeric_limits<double>::infinity();
  CtcBand band;
  for (Eigen::Index t = a.frames - 1; t >= 0; --t) {
    band.move(a, t);
    const double blank = ctc_spread(a, t, band);
    CtcSums sums{pset1<CtcPacket>(0), pset1<CtcPacket>(0)};
    const double factor = ctc_power_of_two(ctc_rescaling(peak));
    peak = ctc_backward_step(a, band, a.row(t), from, to, blank, factor, floor, sums);
    std::fill(a.occupancy, a.occupancy + a.symbols, 0.0);
    a.occupancy[0] = predux(sums.blanks);
    for (Eigen::Index s = band.low; s < band.high; ++s) a.occupancy[a.slot[s]] += a.product[s];
    const double total = a.occupancy[0] + predux(sums.labels);
    least_total = std::min(least_total, total);
    visit(t, static_cast<const double*>(a.occupancy), total);
    std::swap(to, from);
  }
  return least_total;
}

// The same without limits of range. Reads the frames once more; `visit` as in ctc_backward.
template <class Frames, class Visit>
double ctc_wide_range(CtcTables& a, Frames frames, bool backward, Visit visit) {
  for (Eigen::Index t = 0; t < a.frames; ++t) {
    double* x = a.emission + t * a.pitch;
    const double top = ctc_gather(a, t, frames(t), x);
    for (Eigen::Index k = 0; k < a.symbols; ++k) x[k] -= top;
  }
  const CtcLattice lattice{a.frames,   a.labels, a.symbols,       a.pitch,        a.slot,
                           a.emission, a.wide,   a.wide_backward, a.wide_emission};
  const CtcWide total = ctc_wide_forward(lattice, a.rows);
  if (backward) ctc_wide_backward(lattice, a.occupancy, visit);
  return ctc_log(total.mantissa, total.exponent) + total.huge;
}

// Whether dropping what was raised leaves the probability as it is, given its logarithm.
inline bool ctc_holds(CtcTables& a, double log_probability) {
  using Eigen::internal::pset1;
  const Eigen::Index size = a.frames * a.pitch;
  for (Eigen::Index i = 0; i < size; ++i) a.emission[i] *= a.emission[i] < 2 * ctc_least ? 0 : 1;
  bool raised;
  const CtcFloor drop{pset1<CtcPacket>(0), pset1<CtcPacket>(ctc_least)};
  return log_probability - ctc_forward(a, drop, &raised) <
         1e-13 * std::abs(log_probability) + 1e-14;
}

// scale * -posterior, or scale * (softmax - posterior), of one frame
template <bool from_logits, class Scalar>
void ctc_write(const CtcTables& a, Eigen::Index t, const Scalar* frame, double scale,
               const double* occupancy, double total, Scalar* out) {
  using namespace Eigen::internal;
  using Packet = typename packet_traits<Scalar>::type;
  if constexpr (from_logits) {
    const Packet top = pset1<Packet>(static_cast<Scalar>(a.top[t]));
    const Packet share = pset1<Packet>(static_cast<Scalar>(scale / a.mass[t]));
    ctc_packets<true>(frame, a.classes, [&](const Packet& x, Eigen::Index i, Eigen::Index n) {
      const Packet y = pmul(packet_exp_nonpositive(psub(x, top)), share);
      if (n == packet_traits<Scalar>::size) return pstoreu(out + i, y);
      Scalar rest[packet_traits<Scalar>::size];
      pstoreu(rest, y);
      std::copy(rest, rest + n, out + i);
    });
  } else {
    std::fill(out, out + a.classes, Scalar(0));
  }
  const double share = scale / total;
  for (Eigen::Index k = 0; k < a.symbols; ++k) {
    Scalar& entry = out[a.symbol[k]];
    entry = static_cast<Scalar>(static_cast<double>(entry) - occupancy[k] * share);
  }
}

template <class Gradient, class Scalar>
void ctc_fill(const CtcShape& shape, Gradient& gradient, Scalar value) {
  for (Eigen::Index t = 0; t < shape.frames; ++t) {
    std::fill_n(gradient.row(t), shape.classes, value);
    gradient.done(t);
  }
}

// Bytes of workspace for any sequence with at most so many frames and labels.
inline std::size_t ctc_workspace_bytes(Eigen::Index frames, Eigen::Index labels,
                                       Eigen::Index classes, bool gradient) {
  CtcArena arena(nullptr);
  CtcTables(CtcShape{frames, labels, classes, 0}, gradient, arena);
  return arena.used() + 64;
}

// The loss, and its gradient unless `gradient` is a CtcNoGradient.
//   label(s)         the class of label s
//   frames(t)        const Scalar* to the `classes` inputs of frame t, Scalar float or double;
//   valid until the next
//                    call. Called for t = 0, 1, ..., for the gradient of logits again from the last
//                    frame on (for log-probabilities only the pointer is taken), and once more
//                    where the range demands it.
//   gradient.row(t)  Scalar* to room for the `classes` outputs of frame t, called from the last
//   frame on; gradient.done(t) they are there. Where the range demands it, every frame comes a
//   second time.
template <bool from_logits, class Label, class Frames, class Gradient>
CtcResult ctc_sequence(const CtcShape& shape, Label label, Frames frames, Gradient&& gradient,
                       double scale, bool zero_infinity, void* workspace) {
  using Eigen::internal::pset1;
  using Limits = std::numeric_limits<double>;
  using Scalar = std::remove_cv_t<std::remove_reference_t<decltype(*frames(0))>>;
  constexpr bool wanted = !std::is_same_v<std::decay_t<Gradient>, CtcNoGradient>;
  if (shape.frames == 0)
    return {shape.labels == 0 || zero_infinity ? 0 : Limits::infinity(), false};
  const auto constant = [&](double value, double slope) {
    if constexpr (wanted) ctc_fill(shape, gradient, static_cast<Scalar>(slope));
    return CtcResult{value, false};
  };
  CtcArena arena(workspace);
  CtcTables a(shape, wanted, arena);
  const bool fits = ctc_prepare(a, label);
  if (!ctc_load<from_logits>(a, frames)) return constant(Limits::quiet_NaN(), Limits::quiet_NaN());
  const CtcFloor floor{pset1<CtcPacket>(ctc_least), pset1<CtcPacket>(0)};
  bool raised = false;
  double log_p = fits ? ctc_forward(a, floor, &raised) : -Limits::infinity();
  if (log_p == -Limits::infinity()) {
    return zero_infinity ? constant(0, 0) : constant(Limits::infinity(), Limits::quiet_NaN());
  }
  const auto write = [&](Eigen::Index t, const double* occupancy, double total) {
    if constexpr (wanted) {
      ctc_write<from_logits>(a, t, frames(t), scale, occupancy, total, gradient.row(t));
      gradient.done(t);
    }
  };
  bool holds;
  if constexpr (wanted) {
    holds = ctc_backward(a, floor, write) > (a.raised ? 0x1p720 : 0x1p240);
  } else {
    holds = !(raised || a.raised) || ctc_holds(a, log_p);
  }
  if (!holds) log_p = ctc_wide_range(a, frames, wanted, write);
  const double loss = -(log_p + a.log_scale);
  return {from_logits && loss < 0 ? 0 : loss, !holds};  // a probability above 1 is rounding
}
}  // namespace eigenloss::detail
