// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <exception>
#include <mutex>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>

#include "check.hpp"
#include "total.hpp"

// Devices. Work is cut in blocks whose size does not depend on the device, and their results are
// added in order: the same bits on any number of threads.
namespace eigenloss {
namespace detail {

// What blocks give: sums over their units, and the first unit of the first block where a number is
// out of range (-1: none is).
template <class T>
struct Partial {
  Total<T> loss, counted;
  Index refused = -1;

  void add(const Partial& later) {
    loss.add(later.loss);
    counted.add(later.counted);
    if (refused < 0) refused = later.refused;
  }
};

template <class Device, class = void>
struct IsDevice : std::false_type {};
template <class Device>
struct IsDevice<Device, std::void_t<decltype(std::declval<const Device&>().numThreads())>>
    : std::true_type {};
template <class Device, class = void>
struct HasThreads : std::false_type {};
template <class Device>
struct HasThreads<Device, std::void_t<decltype(std::declval<const Device&>().numThreads()),
                                      decltype(std::declval<const Device&>().numThreadsInPool())>>
    : std::true_type {};

// Runs body(i) for i in [begin, end) on the device's threads. The exception of the lowest i that
// throws reaches the caller.
template <class Device, class Body>
void run_parallel(const Device& device, Index begin, Index end, double cycles, const Body& body) {
  const Eigen::TensorOpCost cost(0, 0, cycles);
#if defined(__cpp_exceptions)
  std::mutex mutex;
  std::exception_ptr error;
  Index failed = end;
#endif
  device.parallelFor(static_cast<Eigen::Index>(end - begin), cost,
                     [&](Eigen::Index first, Eigen::Index last) {
                       for (Index i = begin + Index(first); i < begin + Index(last); ++i) {
#if defined(__cpp_exceptions)
                         try {
                           body(i);
                         } catch (...) {
                           const std::lock_guard<std::mutex> lock(mutex);
                           if (i < failed) {
                             failed = i;
                             error = std::current_exception();
                           }
                         }
#else
                         body(i);
#endif
                       }
                     });
#if defined(__cpp_exceptions)
  if (error) std::rethrow_exception(error);
#endif
}

// The threads of a device, as engines see them.
template <class Device>
class Workers {
 public:
  explicit Workers(const Device& device) : device_(device) {}

  // The sum over blocks of `block` units, in order, of their Partial: body(first, count). `cycles`: what
  // a block costs, about; Eigen shares work of 210,000 and more, to wake a thread takes as long.
  template <class T, class Body>
  Partial<T> reduce(Index units, Index block, double cycles, const Body& body) const {
    if (units > 0 && units <= block) return body(0, units);
    const Index blocks = (units + block - 1) / block;
    const auto partial = [&](Index i) {
      return body(i * block, (std::min)(block, units - i * block));
    };
    Partial<T> total;
    if constexpr (HasThreads<Device>::value) {
      if (device_.numThreads() > 1) {
        constexpr auto wave =
            (std::max)(Index(16), (std::min)(Index(512), Index(32768 / sizeof(Partial<T>))));
        Partial<T> partials[wave];
        for (Index first = 0; first < blocks; first += wave) {
          const Index last = (std::min)(blocks, first + wave);
          run_parallel(device_, first, last, cycles,
                       [&](Index i) { partials[i - first] = partial(i); });
          for (Index i = first; i < last; ++i) total.add(partials[i - first]);
        }
        return total;
      }
    }
    for (Index i = 0; i < blocks; ++i) total.add(partial(i));
    return total;
  }

 private:
  const Device& device_;
};

}  // namespace detail
}  // namespace eigenloss
