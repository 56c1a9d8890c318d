// SPDX-License-Identifier: BSL-1.0
// A weighted sum of losses is a loss: one call, one pass over memory, one gradient. Its weights may
// change between calls, here from L1, which outliers cannot pull, to MSE, which is exact at the
// end.

#include <cmath>
#include <cstdio>
#include <eigenloss/engine/combination.hpp>
#include <eigenloss/losses/l1.hpp>
#include <eigenloss/losses/mse.hpp>

using eigenloss::L1, eigenloss::MSE, eigenloss::Mean;

int main() {
  const Eigen::ArrayXf target = Eigen::ArrayXf::LinSpaced(1000, -1, 1);
  const Eigen::ArrayXf start = 3 - 2 * target;
  Eigen::ArrayXf x = start, gradient(1000);

  auto loss = 1.0 * L1<Mean>{} + 0.0 * MSE<Mean>{};
  const int steps = 400;
  float value = 0;
  for (int step = 0; step < steps; ++step) {
    const double share = double(step) / steps;
    loss.weights = {1 - share, share};
    value = loss.value_and_gradient(x, target, gradient);
    x -= 20 * gradient;
    if (step % 100 == 0) std::printf("step %3d: loss %.6f\n", step, static_cast<double>(value));
  }
  std::printf("at the end: loss %.6f\n", static_cast<double>(value));

  const float sum = 0.7F * L1<Mean>{}(start, target) + 0.3F * MSE<Mean>{}(start, target);
  loss.weights = {0.7, 0.3};
  const bool same = std::abs(loss(start, target) - sum) < 1e-6F * sum;
  std::printf("the same as term by term: %s\n", same ? "yes" : "no");
  return same ? 0 : 1;
}
