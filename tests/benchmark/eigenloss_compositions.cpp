// SPDX-License-Identifier: BSL-1.0
// Sums of losses, and losses from a formula beside those with slopes of their own.
#include "eigenloss_side.hpp"

namespace benchmark {
namespace {

template <class Loss>
Runner make(const Cell& cell, const Loss& loss, const Arguments& a) {
  return make_runner(cell, loss, std::make_tuple(numbers<float, 1>(a[0]), numbers<float, 1>(a[1])),
                     std::make_tuple(gradient<float, 1>(a[0])));
}

#if EIGENLOSS_BENCHMARK_COMPOSITIONS
using eigenloss::Mean;

Runner sum_of_three(const Cell& cell, const Arguments& a) {
  using namespace eigenloss;
  return make(cell, 0.5 * L1<Mean>{} + 0.3 * SmoothL1<Mean>{} + 0.2 * MSE<Mean>{}, a);
}

Runner mse_formula(const Cell& cell, const Arguments& a) {
  const auto formula = [](auto x, auto t) { return (x - t) * (x - t); };
  return make(cell, eigenloss::pointwise<Mean>(formula), a);
}

Runner huber_formula(const Cell& cell, const Arguments& a) {
  const auto formula = [](auto x, auto t) {
    const auto d = abs(x - t);
    return where(d <= 1, 0.5 * d * d, d - 0.5);
  };
  return make(cell, eigenloss::pointwise<Mean>(formula), a);
}

Runner bce_with_logits_formula(const Cell& cell, const Arguments& a) {
  const auto formula = [](auto x, auto t) { return softplus(x) - x * t; };
  return make(cell, eigenloss::pointwise<Mean>(formula), a);
}
#endif

}  // namespace

void add_compositions([[maybe_unused]] Losses& losses) {
#if EIGENLOSS_BENCHMARK_COMPOSITIONS
  losses["Sum3"] = sum_of_three;
  losses["MSE_lambda"] = mse_formula;
  losses["Huber_lambda"] = huber_formula;
  losses["BCEWithLogits_lambda"] = bce_with_logits_formula;
#endif
}

}  // namespace benchmark
