// SPDX-License-Identifier: BSL-1.0
// What every consumer in this folder builds: the whole library, one loss, one number.
#include <cmath>
#include <cstdio>
#include <eigenloss/eigenloss.hpp>

#if EIGENLOSS_VERSION_MAJOR != 0 || EIGENLOSS_VERSION_MINOR != 1
#error "this consumer was written for eigenloss 0.1"
#endif

int main() {
  Eigen::Tensor<float, 2> logits(2, 3);
  logits.setValues({{1.0F, 2.0F, 3.0F}, {1.0F, 2.0F, 3.0F}});
  Eigen::Tensor<int, 1> labels(2);
  labels.setValues({2, 0});

  const float value = eigenloss::CrossEntropy<eigenloss::Mean>{}(logits, labels);
  const float expected = std::log(1.0F + std::exp(-1.0F) + std::exp(-2.0F)) + 1.0F;
  std::printf("CrossEntropy = %g, expected %g\n", static_cast<double>(value),
              static_cast<double>(expected));
  return std::abs(value - expected) < 1e-6F ? 0 : 1;
}
