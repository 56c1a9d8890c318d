// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "../engine/sequences.hpp"

namespace eigenloss {
namespace kernel {

/// CTC of the log-softmax of logits x, in one pass and never negative.
///
///   lp[t] = x[t] - log(sum of e^x[t]) along the classes
///   l = -log of the sum, over the paths, of e^(sum over t of lp[t, path_t])
/// with the paths of CTC: one class in each frame, which read as the labels once repeats are merged
/// and blanks dropped.
///
/// Slope: softmax(x) - posterior, with posterior[t, c] the share in that sum of the paths with
/// path_t = c. There are no kinks. It is the gradient that PyTorch gives for
/// ctc_loss(log_softmax(x)).
///
/// Shapes: logits (T, N, C) or (T, C); targets, integers, (N, S) padded, of which the first target
///   length labels of a row are read, or (sum of lengths) concatenated; input_lengths and
///   target_lengths, integers, (N), or for (T, C) plain integers, rank-0 tensors or vectors of one.
/// Unit: a sequence. Mean, WeightedMean, RootMean and a user's mean divide each sequence's loss by
///   its number of labels (no labels: by
///   1) before they average; Sum, BatchMean and Unreduced do not. D is N. BatchMean divides by N,
///   or by 1 for (T, C).
/// Special values: no labels: the path of blanks. Labels that no path reads as: inf, with the
///   gradient NaN, or with zero_infinity both 0. A logit of -inf is a class that cannot be, its
///   slope is 0. NaN, +inf, or -inf at every class of a frame makes the loss and the whole
///   sequence's gradient NaN. Frames past the input length are never read and have the gradient 0.
/// Range and accuracy: logits of any size; the maximum is subtracted before the exponential. In
///   double, the value is within 1e-14·max(1, |l|) plus T ulp of the largest |x|, the slope within
///   1e-12; in float, the softmax is that of float, the rest in double: the value is within
///   3e-7·max(1, |l|), the slope within 1e-6. A probability of 10^-4000 is as accurate as 1. Other
///   number types run in the log domain.
/// Memory: work of T·S in one buffer for each thread, see CTCWorkspace.
/// Differences from PyTorch: it has no such loss. Labels equal to the blank, negative or >= C are
///   errors.
/// Source: Graves et al., Connectionist Temporal Classification, 2006; torch.nn.CTCLoss, PyTorch
///   2.13.
struct CTCWithLogits {
  std::int64_t blank = 0;             ///< the class of the blank
  bool zero_infinity = false;         ///< labels that do not fit count 0
  CTCWorkspace* workspace = nullptr;  ///< none: each thread's own

  static constexpr std::size_t inputs = 4;
  static constexpr const char* arguments[] = {"logits", "targets", "input_lengths",
                                              "target_lengths"};
  static constexpr bool from_logits = true;
};

}  // namespace kernel

/// The negative log-probability of labels without an alignment, from logits.
/// Options and details: kernel::CTCWithLogits.
template <class Reduction = Mean>
using CTCWithLogits =
    Loss<kernel::CTCWithLogits, Reduction, detail::SingleEngine<detail::SequenceProblem>>;

}  // namespace eigenloss
