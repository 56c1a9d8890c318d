// SPDX-License-Identifier: BSL-1.0
#include "eigenloss_side.hpp"

#include <sched.h>

namespace benchmark {
namespace {

// Linux lets two threads that wake up share a processor for milliseconds. Here thread k of a pool
// gets the k-th processor that the program may use.
struct PinnedThreads : Eigen::StlThreadEnvironment {
  int threads = 0;

  EnvThread* CreateThread(std::function<void()> work) {
    return new EnvThread([work = std::move(work), k = threads++] {
      cpu_set_t allowed, own;
      CPU_ZERO(&own);
      sched_getaffinity(0, sizeof allowed, &allowed);
      int left = k % CPU_COUNT(&allowed);
      for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed) && left-- == 0) CPU_SET(cpu, &own);
      }
      sched_setaffinity(0, sizeof own, &own);
      work();
    });
  }
};

}  // namespace

Eigen::ThreadPoolDevice& two_threads() {
  static Eigen::ThreadPoolTempl<PinnedThreads> pool(2);
  static Eigen::ThreadPoolDevice device(&pool, 2);
  return device;
}

void parallel(int threads, const std::function<void(int)>& work) {
  if (threads == 1) return work(0);
  Eigen::Barrier done(static_cast<unsigned>(threads));
  for (int i = 0; i < threads; ++i) {
    two_threads().getPool()->ScheduleWithHint(
        [&, i] {
          work(i);
          done.Notify();
        },
        i, i + 1);
  }
  done.Wait();
}

Runner make_eigenloss(const Cell& cell, const Arguments& arguments) {
  static const Losses losses = [] {
    Losses all;
    add_pointwise(all);
    add_rowwise(all);
    add_sequence(all);
    add_compositions(all);
    return all;
  }();
  const auto found = losses.find(cell.loss);
  return found == losses.end() ? Runner{} : found->second(cell, arguments);
}

std::string describe_eigenloss() {
  return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + '.' +
         std::to_string(EIGEN_MAJOR_VERSION) + '.' + std::to_string(EIGEN_MINOR_VERSION) + ", " +
         Eigen::SimdInstructionSetsInUse() + ", compiler " + __VERSION__;
}

}  // namespace benchmark
