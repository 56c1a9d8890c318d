// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "../engine/sequences.hpp"

namespace eigenloss {
namespace kernel {

/// CTCWithLogits: CTC of the log-softmax of logits, in one pass and never negative.
///
/// Value:     -log of the sum, over the paths, of e^(sum over t of lp[t, path_t]), with lp[t] =
///            x[t] - log(sum of e^x[t]) along the classes, and the paths of CTC: one class in each
///            of the T frames, which read as the labels once repeats are merged and blanks dropped.
/// Slope:     softmax(x) - posterior, with posterior[t, c] the share in that sum of the paths with
///            path_t = c. Smooth. It is what PyTorch gives for ctc_loss(log_softmax(x)).
/// Arguments: (logits x, targets, input_lengths, target_lengths); the unit is a sequence.
///            x is (T, N, C) or (T, C); the targets are integers, (N, S) padded, of which the first
///            target length labels of a row are read, or (sum of lengths) concatenated; lengths are
///            integers, (N), or for (T, C) plain integers, rank-0 tensors or vectors of one. Mean,
///            WeightedMean, RootMean and a user's mean divide each sequence's loss by its number of
///            labels (no labels: by 1) before they average; Sum, BatchMean and Unreduced do not. D
///            is N; BatchMean divides by N, or by 1 for (T, C).
/// Options:   blank = 0, a class; zero_infinity = false; workspace, none: memory of the caller for
///            the work of T·S, in the place of a buffer that each thread keeps.
/// Accuracy:  logits of any size; the maximum is subtracted before the exponential. In double, the
///            value is within 1e-14·max(1, |l|) plus T ulp of the largest |x|, the slope within
///            1e-12; in float, the softmax is that of float, the rest in double: the value is
///            within 3e-7·max(1, |l|), the slope within 1e-6. A probability of 10^-4000 is as
///            accurate as 1. Other number types run in the log domain, and allocate.
///            No labels: the path of blanks. Labels that no path reads as: inf, with the gradient
///            NaN, or with zero_infinity both 0. A logit of -inf is a class that cannot be, its
///            slope is 0. NaN, +inf, or -inf at every class of a frame makes the loss and the whole
///            sequence's gradient NaN. Frames past the input length are never read and have the
///            gradient 0.
/// PyTorch:   has no such loss. Labels equal to the blank, negative or >= C are errors.
/// Source:    Graves et al., Connectionist Temporal Classification (2006);
///            https://pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
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
