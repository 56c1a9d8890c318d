// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "ctc_emissions.hpp"
#include "ctc_scaled.hpp"
#include "ctc_wide.hpp"
#include "packet_math.hpp"

// CTC of one sequence, on plain pointers. The loss is
//   -log of the sum, over the paths that collapse to the label, of e^(sum over t of lp[t, path_t]),
// with lp the log-probabilities as given, or log-softmax of logits. Its slope is -posterior, or
// softmax - posterior, where posterior[t, c] is the share of the paths with path_t = c in that sum.
// The caller gathers frames that are not contiguous, and converts 16-bit ones.
namespace eigenloss::detail {

struct CtcResult {
  double value;
  bool wide;  // whether the sequence left the range of scaled doubles
};

struct CtcNoGradient {};

// The loss of a sequence by numbers with an exponent of their own (ctc_wide.hpp), whose range has no
// limits. Reads the frames once more; `visit` as in ctc_backward.
template <class Frames, class Visit>
double ctc_wide_range(CtcTables& a, Frames frames, bool backward, Visit visit) {
  for (Index t = 0; t < a.frames; ++t) {
    double* x = a.emission + t * a.pitch;
    CtcPacket lowest = pset1<CtcPacket>(0);
    const double top = ctc_gather(a, t, frames(t), x, lowest);
    for (Index k = 0; k < a.symbols; ++k) x[k] -= top;
  }
  const CtcLattice lattice{a.frames, a.labels,   a.symbols, a.pitch,         a.blank_slot,
                           a.slot,   a.emission, a.wide,    a.wide_backward, a.wide_emission};
  const CtcWide total = ctc_wide_forward(lattice, a.rows);
  if (backward) ctc_wide_backward(lattice, a.occupancy, visit);
  return ctc_log(total.mantissa, total.exponent) + total.huge;
}

// Whether dropping what was raised leaves the probability as it is, given its logarithm.
inline bool ctc_holds(CtcTables& a, double log_probability) {
  for (Index t = 0; t < a.frames; ++t) {
    double* p = a.emission + t * a.pitch;
    for (Index k = 0; k < a.symbols; ++k) p[k] *= p[k] < 2 * ctc_least ? 0 : 1;
  }
  bool raised;
  const CtcFloor drop{pset1<CtcPacket>(0), pset1<CtcPacket>(ctc_least)};
  return log_probability - ctc_forward<false>(a, drop, &raised) <
         1e-13 * std::abs(log_probability) + 1e-14;
}

// scale * -posterior, or scale * (softmax - posterior), of one frame
template <bool from_logits, class Scalar>
void ctc_write(const CtcTables& a, Index t, const Scalar* frame, double scale,
               const double* occupancy, double total, Scalar* out) {
  using Packet = typename Eigen::internal::packet_traits<Scalar>::type;
  if constexpr (from_logits) {
    const Packet top = pset1<Packet>(static_cast<Scalar>(a.top[t]));
    const Packet share = pset1<Packet>(static_cast<Scalar>(scale / a.mass[t]));
    ctc_packets<true>(frame, a.classes, [&](const Packet& x, Index i, Index n) {
      const Packet y = pmul(packet_exp_nonpositive(psub(x, top)), share);
      constexpr Index lanes = Eigen::internal::packet_traits<Scalar>::size;
      if (lanes == 1 || n == lanes) return pstoreu(out + i, y);
      Scalar rest[lanes];
      pstoreu(rest, y);
      std::copy(rest, rest + n, out + i);
    });
  } else {
    std::fill(out, out + a.classes, Scalar(0));
  }
  const double share = scale / total;
  for (Index k = 0; k < a.symbols; ++k) {
    Scalar& entry = out[a.symbol[k]];
    entry = static_cast<Scalar>(static_cast<double>(entry) - occupancy[k] * share);
  }
}

// The same, where the emissions of frame t are its softmax times its mass
template <class Scalar>
void ctc_write_dense(const CtcTables& a, Index t, double scale, const double* occupancy,
                     double total, Scalar* out) {
  const double* emission = a.emission + t * a.pitch;
  const double softmax = scale / a.mass[t], share = scale / total;
  for (Index c = 0; c < a.classes; ++c) {
    out[c] = static_cast<Scalar>(emission[c] * softmax - occupancy[c] * share);
  }
}

template <class Gradient, class Scalar>
void ctc_fill(const CtcShape& shape, Gradient& gradient, Scalar value) {
  for (Index t = shape.frames - 1; t >= 0; --t) {
    std::fill_n(gradient.row(t), shape.classes, value);
    gradient.done(t);
  }
}

// Bytes of workspace for any sequence with at most so many frames and labels.
inline std::size_t ctc_workspace_bytes(Index frames, Index labels, Index classes, bool gradient) {
  CtcArena arena(nullptr);
  CtcTables(CtcShape{frames, labels, classes, 0}, gradient, arena);
  return arena.used() + 64;
}

// The loss, and its gradient unless `gradient` is a CtcNoGradient.
//
// label(s) is the class of label s. frames(t) is a const Scalar*, Scalar float or double, to the
// inputs of frame t; it need only stay valid until the next call. It is called for t = 0, 1, ...,
// for the gradient of logits again from the last frame down, and over again for a sequence that
// takes the wide numbers. gradient.row(t) is a Scalar* to room for the outputs of frame t; once
// they are there, gradient.done(t) follows. They come from the last frame down, and again after the
// wide numbers. `scale` multiplies the gradient. The workspace needs no alignment.
template <bool from_logits, class Label, class Frames, class Gradient>
CtcResult ctc_sequence(const CtcShape& shape, Label label, Frames frames, Gradient&& gradient,
                       double scale, bool zero_infinity, void* workspace) {
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
  const bool fits = ctc_prepare<from_logits>(a, label);
  if (!ctc_load<from_logits>(a, frames)) return constant(Limits::quiet_NaN(), Limits::quiet_NaN());
  const CtcFloor floor{pset1<CtcPacket>(ctc_least), pset1<CtcPacket>(0)};
  const auto impossible = [&] {
    return zero_infinity ? constant(0, 0) : constant(Limits::infinity(), Limits::quiet_NaN());
  };
  if (!fits) return impossible();
  double log_p = -Limits::infinity();
  bool holds = !(wanted && a.raised), raised = false;
  const auto write = [&](Index t, const double* occupancy, double total) {
    if constexpr (wanted) {
      if (holds && a.dense) {
        ctc_write_dense(a, t, scale, occupancy, total, gradient.row(t));
        return gradient.done(t);
      }
      const Scalar* frame = nullptr;
      if constexpr (from_logits) frame = frames(t);
      ctc_write<from_logits>(a, t, frame, scale, occupancy, total, gradient.row(t));
      gradient.done(t);
    }
  };
  if (holds) {
    log_p = ctc_forward<!wanted>(a, floor, &raised);
    holds = !a.dropped || log_p > ctc_least_after_drop(a.frames);
    if (holds && log_p == -Limits::infinity()) return impossible();
  }
  if (holds) {
    if constexpr (wanted) {
      holds = ctc_backward(a, floor, write) > 0x1p240;
    } else {
      holds = !(raised || a.raised) || ctc_holds(a, log_p);
    }
  }
  if (!holds) log_p = ctc_wide_range(a, frames, wanted, write);
  if (log_p == -Limits::infinity()) return impossible();
  const double loss = -(log_p + a.log_scale);
  return {from_logits && loss < 0 ? 0 : loss, !holds};  // a probability above 1 is rounding
}
}  // namespace eigenloss::detail
