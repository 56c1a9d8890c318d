// SPDX-License-Identifier: BSL-1.0
// Runs a loss of the library on maps of the benchmark's arguments. Included by the files that list
// the losses.
#pragma once

#ifndef EIGEN_USE_THREADS
#define EIGEN_USE_THREADS
#endif
#include <array>
#include <tuple>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>

#include "cell.hpp"
#if __has_include(<eigenloss/eigenloss.hpp>)
#include <eigenloss/eigenloss.hpp>
#endif

namespace benchmark {

template <class T, int Rank, int Layout = Eigen::ColMajor>
using Map = Eigen::TensorMap<Eigen::Tensor<T, Rank, Layout>, Eigen::Aligned>;

template <class T, int Rank, int Layout>
Map<T, Rank, Layout> map_of(const Argument& argument, const Buffer& data) {
  std::array<Eigen::Index, Rank> sizes{};
  for (std::size_t d = 0; d < Rank; ++d) sizes[d] = argument.shape[d];
  return Map<T, Rank, Layout>(static_cast<T*>(data.get()), sizes);
}

// The numbers of an argument, and the storage for its gradient.
template <class T, int Rank, int Layout = Eigen::ColMajor>
Map<T, Rank, Layout> numbers(const Argument& a) {
  const bool row_major = Rank == 1 || int{Layout} == int{Eigen::RowMajor};
  return map_of<T, Rank, Layout>(a, row_major ? a.row_major : a.col_major);
}
template <class T, int Rank, int Layout = Eigen::ColMajor>
Map<T, Rank, Layout> gradient(const Argument& a) {
  return map_of<T, Rank, Layout>(a, a.gradient);
}

Eigen::ThreadPoolDevice& two_threads();  // each on a processor of its own

// The compiler must take it that the memory has changed, and that the value is used.
template <class T>
void escape(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// `inputs` and `gradients` are tuples of maps; `gradients` of those arguments that have one.
template <class Loss, class Inputs, class Gradients>
Runner make_runner(const Cell& cell, const Loss& loss, const Inputs& inputs,
                   const Gradients& gradients) {
  const auto value = [=](const auto& verbs) {
    return static_cast<double>(std::apply(verbs, inputs));
  };
  const auto fused = [inputs, gradients = Gradients(gradients)](const auto& verbs) mutable {
    return static_cast<double>(std::apply(
        [&](const auto&... x) {
          return std::apply([&](auto&... g) { return verbs.value_and_gradient(x..., g...); },
                            gradients);
        },
        inputs));
  };
  const auto repeated = [loss](auto work, auto device) -> Runner {
    return [=](int repeats) mutable {
      double sum = 0;
      for (; repeats > 0; --repeats) {
        escape(loss);
        sum += work(device(loss));
      }
      return sum;
    };
  };
  const auto none = [](const Loss& l) -> const Loss& { return l; };
  const auto pool = [&threads = two_threads()](const Loss& l) { return l.device(threads); };
  if (cell.work == Work::kValue) {
    return cell.threads == 1 ? repeated(value, none) : repeated(value, pool);
  }
  return cell.threads == 1 ? repeated(fused, none) : repeated(fused, pool);
}

}  // namespace benchmark
