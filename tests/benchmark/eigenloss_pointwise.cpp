// SPDX-License-Identifier: BSL-1.0
// The pointwise losses, on vectors.
#include "eigenloss_side.hpp"

namespace benchmark {
namespace {

// `Gradients` are the arguments that have one.
template <class T, class Loss, std::size_t... Inputs, std::size_t... Gradients>
Runner make_typed(const Cell& cell, const Arguments& a, std::index_sequence<Inputs...>,
                  std::index_sequence<Gradients...>) {
  return make_runner(cell, Loss{}, std::make_tuple(numbers<T, 1>(a[Inputs])...),
                     std::make_tuple(gradient<T, 1>(a[Gradients])...));
}

template <class Loss, std::size_t Arity, std::size_t... Gradients>
Runner make(const Cell& cell, const Arguments& a) {
  const std::make_index_sequence<Arity> inputs;
  const std::index_sequence<Gradients...> gradients;
  switch (cell.scalar) {
    case Scalar::kFloat:
      return make_typed<float, Loss>(cell, a, inputs, gradients);
    case Scalar::kDouble:
      return make_typed<double, Loss>(cell, a, inputs, gradients);
    case Scalar::kHalf:
      return make_typed<Eigen::half, Loss>(cell, a, inputs, gradients);
    case Scalar::kBfloat16:
      return make_typed<Eigen::bfloat16, Loss>(cell, a, inputs, gradients);
    default:
      return {};
  }
}

}  // namespace

void add_pointwise(Losses& losses) {
#if __has_include(<eigenloss/losses/l1.hpp>)
  losses["L1"] = make<eigenloss::L1<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/smooth_l1.hpp>)
  losses["SmoothL1"] = make<eigenloss::SmoothL1<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/huber.hpp>)
  losses["Huber"] = make<eigenloss::Huber<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/mse.hpp>)
  losses["MSE"] = make<eigenloss::MSE<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/bce.hpp>)
  losses["BCE"] = make<eigenloss::BCE<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/bce_with_logits.hpp>)
  losses["BCEWithLogits"] = make<eigenloss::BCEWithLogits<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/poisson_nll.hpp>)
  losses["PoissonNLL"] = make<eigenloss::PoissonNLL<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/kl_div.hpp>)
  losses["KLDiv"] = make<eigenloss::KLDiv<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/hinge_embedding.hpp>)
  losses["HingeEmbedding"] = make<eigenloss::HingeEmbedding<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/soft_margin.hpp>)
  losses["SoftMargin"] = make<eigenloss::SoftMargin<>, 2, 0>;
#endif
#if __has_include(<eigenloss/losses/gaussian_nll.hpp>)
  losses["GaussianNLL"] = make<eigenloss::GaussianNLL<>, 3, 0, 2>;
#endif
#if __has_include(<eigenloss/losses/margin_ranking.hpp>)
  losses["MarginRanking"] = make<eigenloss::MarginRanking<>, 3, 0, 1>;
#endif
}

}  // namespace benchmark
