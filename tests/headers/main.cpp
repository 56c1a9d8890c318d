// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstdio>

#include "two_files.hpp"

int main() {
  // -log softmax of (1, 2, 3) at 2 and at 0 is log(1 + 1/e + 1/e^2) and that plus 2.
  const double expected = std::log(1.0 + std::exp(-1.0) + std::exp(-2.0)) + 1.0;
  const double with = loss_with_threads();
  const double without = loss_without_threads();
  std::printf("with EIGEN_USE_THREADS %.17g, without %.17g, expected %.17g\n", with, without,
              expected);
  return with == without && std::abs(with - expected) < 1e-14 ? 0 : 1;
}
