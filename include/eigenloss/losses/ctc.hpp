// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "../engine/sequences.hpp"

namespace eigenloss {
namespace kernel {

/// CTC: connectionist temporal classification, of a sequence of frames without an alignment to its
/// labels, from log-probabilities.
///
/// Value:     -log of the sum, over the paths, of e^(sum over t of lp[t, path_t]). A path takes one
///            class in each of the T frames, and reads as the labels once repeats are merged and
///            blanks dropped after that. Labels fit into T frames if there are at least as many
///            frames as labels and pairs of equal neighbours.
/// Slope:     -posterior, with posterior[t, c] the share in that sum of the paths with path_t = c.
///            Smooth.
/// Arguments: (log_probs lp, targets, input_lengths, target_lengths); the unit is a sequence.
///            lp is (T, N, C) or (T, C), as a log-softmax gives it (other numbers are taken, too;
///            the loss may then be negative); the targets are integers, (N, S) padded, of which the
///            first target length labels of a row are read, or (sum of lengths) concatenated;
///            lengths are integers, (N), or for (T, C) plain integers, rank-0 tensors or vectors of
///            one. Mean, WeightedMean, RootMean and a user's mean divide each sequence's loss by
///            its number of labels (no labels: by 1) before they average; Sum, BatchMean and
///            Unreduced do not. D is N; BatchMean divides by N, or by 1 for (T, C).
/// Options:   blank = 0, a class; zero_infinity = false; workspace, none: memory of the caller for
///            the work of T·S, in the place of a buffer that each thread keeps.
/// Accuracy:  the recursion runs on probabilities in double, scaled frame by frame, and where these
///            leave the range of double on numbers with an exponent of their own: a probability of
///            10^-4000 is as accurate as 1. In double, the value is within 1e-14·max(1, |l|) plus T
///            ulp of the largest |lp|, the slope within a relative 1e-12; in float, both are these
///            numbers, rounded once. Other number types run in the log domain, and allocate.
///            No labels: the path of blanks. Labels that no path reads as: inf, with the gradient
///            NaN, or with zero_infinity both 0. A log-probability of -inf is a class that cannot
///            be, its slope is 0. NaN or inf at a class that a path takes in that frame makes the loss
///            and the whole sequence's gradient NaN; at one that the labels use in other frames
///            alone, it may. Frames past the input length are never read and have
///            the gradient 0.
/// PyTorch:   torch.nn.CTCLoss, whose gradient is e^lp - posterior, that of the logits before a
///            log-softmax, which CTCWithLogits gives; -inf has the slope NaN there. Labels equal to
///            the blank, negative or >= C are errors here; so are floating-point targets.
/// Source:    Graves et al., Connectionist Temporal Classification (2006);
///            https://pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
struct CTC {
  std::int64_t blank = 0;             ///< the class of the blank
  bool zero_infinity = false;         ///< labels that do not fit count 0
  CTCWorkspace* workspace = nullptr;  ///< none: each thread's own

  static constexpr std::size_t inputs = 4;
  static constexpr const char* arguments[] = {"log_probs", "targets", "input_lengths",
                                              "target_lengths"};
  static constexpr bool from_logits = false;
};

}  // namespace kernel

/// The negative log-probability of labels without an alignment, from log-probabilities.
/// Options and details: kernel::CTC.
template <class Reduction = Mean>
using CTC = Loss<kernel::CTC, Reduction, detail::SingleEngine<detail::SequenceProblem>>;

}  // namespace eigenloss
