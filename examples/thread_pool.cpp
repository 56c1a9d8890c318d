// SPDX-License-Identifier: BSL-1.0
// A thread pool, and the same bits whatever its size.

#define EIGEN_USE_THREADS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <eigenloss/losses/bce_with_logits.hpp>

using Eigen::Tensor;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

int main() {
  constexpr Eigen::Index size = 4'000'000;
  Tensor<float, 1> logits(size), targets(size), gradient(size), first(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    logits(i) = static_cast<float>(i % 1009) / 100 - 5;
    targets(i) = static_cast<float>(i % 2);
  }

  const eigenloss::BCEWithLogits<eigenloss::Mean> loss;
  const float value = loss.value_and_gradient(logits, targets, first);
  std::printf("no pool: %.9g\n", static_cast<double>(value));

  bool same = true;
  for (const int threads : {1, 2, 7}) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    const auto start = std::chrono::steady_clock::now();
    const float again = loss.device(device).value_and_gradient(logits, targets, gradient);
    std::printf("%d threads: %.9g in %.1f ms\n", threads, static_cast<double>(again),
                milliseconds_since(start));
    same = same && again == value && std::equal(first.data(), first.data() + size, gradient.data());
  }
  std::printf("same bits: %s\n", same ? "yes" : "no");
  return same ? 0 : 1;
}
