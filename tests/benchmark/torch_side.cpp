// SPDX-License-Identifier: BSL-1.0
// libtorch, called in process: the functional of torch::nn, forward under NoGradGuard, or forward
// and backward from leaves that require a gradient, the gradient discarded. Inputs are contiguous
// row-major, the layout PyTorch is made for, whatever the layout of the cell.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/torch.h>
#include <torch/version.h>

#include "cell.hpp"

namespace benchmark {
namespace {

namespace F = torch::nn::functional;
using Tensors = std::vector<torch::Tensor>;
using Forward = torch::Tensor (*)(const Tensors&);

// The C++ frontend has no GaussianNLL; these are the operations of the Python one.
torch::Tensor gaussian_nll(const Tensors& a) {
  TORCH_CHECK(!torch::any(a[2] < 0).item<bool>(), "var has negative entry/entries");
  torch::Tensor variance = a[2].clone();
  {
    torch::NoGradGuard no_gradient;
    variance.clamp_(1e-6);
  }
  return (0.5 * (torch::log(variance) + (a[0] - a[1]).square() / variance)).mean();
}

torch::Tensor sum_of_three(const Tensors& a) {
  return 0.5 * F::l1_loss(a[0], a[1]) + 0.3 * F::smooth_l1_loss(a[0], a[1]) +
         0.2 * F::mse_loss(a[0], a[1]);
}

const std::map<std::string, Forward>& losses() {
  static const std::map<std::string, Forward> table = {
      {"L1", [](const Tensors& a) { return F::l1_loss(a[0], a[1]); }},
      {"SmoothL1", [](const Tensors& a) { return F::smooth_l1_loss(a[0], a[1]); }},
      {"Huber", [](const Tensors& a) { return F::huber_loss(a[0], a[1]); }},
      {"MSE", [](const Tensors& a) { return F::mse_loss(a[0], a[1]); }},
      {"BCE", [](const Tensors& a) { return F::binary_cross_entropy(a[0], a[1]); }},
      {"BCEWithLogits",
       [](const Tensors& a) { return F::binary_cross_entropy_with_logits(a[0], a[1]); }},
      {"PoissonNLL", [](const Tensors& a) { return F::poisson_nll_loss(a[0], a[1]); }},
      {"GaussianNLL", gaussian_nll},
      {"KLDiv",  // the functional warns about Mean; this is what it calls
       [](const Tensors& a) { return torch::kl_div(a[0], a[1], at::Reduction::Mean); }},
      {"HingeEmbedding", [](const Tensors& a) { return F::hinge_embedding_loss(a[0], a[1]); }},
      {"SoftMargin", [](const Tensors& a) { return F::soft_margin_loss(a[0], a[1]); }},
      {"MarginRanking", [](const Tensors& a) { return F::margin_ranking_loss(a[0], a[1], a[2]); }},
      {"CrossEntropy", [](const Tensors& a) { return F::cross_entropy(a[0], a[1]); }},
      {"NLL", [](const Tensors& a) { return F::nll_loss(a[0], a[1]); }},
      {"MultiMargin", [](const Tensors& a) { return F::multi_margin_loss(a[0], a[1]); }},
      {"MultiLabelMargin", [](const Tensors& a) { return F::multilabel_margin_loss(a[0], a[1]); }},
      {"MultiLabelSoftMargin",
       [](const Tensors& a) { return F::multilabel_soft_margin_loss(a[0], a[1]); }},
      {"CosineEmbedding",
       [](const Tensors& a) { return F::cosine_embedding_loss(a[0], a[1], a[2]); }},
      {"TripletMargin", [](const Tensors& a) { return F::triplet_margin_loss(a[0], a[1], a[2]); }},
      {"TripletMarginWithDistance",
       [](const Tensors& a) { return F::triplet_margin_with_distance_loss(a[0], a[1], a[2]); }},
      {"CTC", [](const Tensors& a) { return F::ctc_loss(a[0], a[1], a[2], a[3]); }},
      {"CTCWithLogits",
       [](const Tensors& a) { return F::ctc_loss(a[0].log_softmax(2), a[1], a[2], a[3]); }},
      {"Sum3", sum_of_three},
      {"MSE_lambda", [](const Tensors& a) { return F::mse_loss(a[0], a[1]); }},
      {"Huber_lambda", [](const Tensors& a) { return F::huber_loss(a[0], a[1]); }},
      {"BCEWithLogits_lambda",
       [](const Tensors& a) { return F::binary_cross_entropy_with_logits(a[0], a[1]); }}};
  return table;
}

torch::ScalarType type_of(Scalar scalar) {
  switch (scalar) {
    case Scalar::kFloat:
      return torch::kFloat32;
    case Scalar::kDouble:
      return torch::kFloat64;
    case Scalar::kHalf:
      return torch::kFloat16;
    case Scalar::kBfloat16:
      return torch::kBFloat16;
    case Scalar::kInt64:
      return torch::kInt64;
  }
  return torch::kFloat32;
}

// PyTorch has these for rows only. It gets the rows of a batch of images side by side, rearranged
// outside of the measurement.
bool only_rows(const std::string& loss) { return loss.compare(0, 5, "Multi") == 0; }

torch::Tensor tensor_of(const Argument& argument, const Cell& cell, bool require_gradient) {
  torch::Tensor t =
      torch::from_blob(argument.row_major.get(), argument.shape, type_of(argument.scalar));
  if (only_rows(cell.loss) && cell.shape.size() > 2) {
    t = argument.shape.size() == cell.shape.size()
            ? t.movedim(1, -1).reshape({-1, cell.shape[1]}).contiguous()
            : t.flatten();
  }
  return require_gradient && argument.differentiable ? t.requires_grad_() : t;
}

}  // namespace

Runner make_torch(const Cell& cell, const Arguments& arguments) {
  const auto found = losses().find(cell.loss);
  if (found == losses().end()) return {};
  const Forward forward = found->second;
  Tensors inputs, leaves;
  for (const Argument& argument : arguments) {
    inputs.push_back(tensor_of(argument, cell, cell.work == Work::kFused));
    if (inputs.back().requires_grad()) leaves.push_back(inputs.back());
  }
  Runner run;
  if (cell.work == Work::kValue) {
    run = [=](int repeats) {
      torch::NoGradGuard no_gradient;
      double sum = 0;
      while (repeats-- > 0) forward(inputs);
      return sum;
    };
  } else {
    run = [=](int repeats) {
      double sum = 0;
      while (repeats-- > 0) {
        forward(inputs).backward();
        for (torch::Tensor leaf : leaves) {
          sum += leaf.grad().numel() > 0;
          leaf.mutable_grad().reset();
        }
      }
      return sum;
    };
  }
  try {
    run(1);
  } catch (const std::exception&) {
    return {};  // not implemented for this scalar type
  }
  return run;
}

void set_torch_threads(int threads) { at::set_num_threads(threads); }

std::string describe_torch() {
  return std::string("libtorch ") + TORCH_VERSION + ", " + at::get_cpu_capability();
}

}  // namespace benchmark
