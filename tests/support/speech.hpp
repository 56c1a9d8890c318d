// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <eigenloss/losses/ctc.hpp>
#include <eigenloss/losses/ctc_with_logits.hpp>
#include <limits>
#include <random>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

#include "samples.hpp"

// Batches of sequences for the tests of CTC and CTCWithLogits, and their loss in the log domain.
namespace speech {

using Eigen::Index;
using Ints = Eigen::Tensor<int, 1>;
using Labels = Eigen::Tensor<int, 2>;
template <class T, int Layout = Eigen::ColMajor>
using Frames = Eigen::Tensor<T, 3, Layout>;

inline Ints ints(std::initializer_list<int> numbers) {
  Ints tensor(static_cast<Index>(numbers.size()));
  Index i = 0;
  for (int number : numbers) tensor(i++) = number;
  return tensor;
}

// The golden logits of SEMANTICS: four frames of three classes.
inline samples::Table z() {
  return samples::table(3, {.5, -.2, .1, .3, .3, -.4, 0, 1, .2, -.6, .1, .4});
}
inline samples::Table log_softmax(samples::Table x) {
  for (Index t = 0; t < x.rows(); ++t) {
    const double top = x.row(t).maxCoeff();
    x.row(t).array() -= top + std::log((x.row(t).array() - top).exp().sum());
  }
  return x;
}
inline Eigen::VectorXi vector(std::initializer_list<int> numbers) {
  Eigen::VectorXi list(static_cast<Index>(numbers.size()));
  Index i = 0;
  for (int number : numbers) list[i++] = number;
  return list;
}

// Two sequences: z, and 1.5 z with its rows in reverse order.
inline Frames<double> two(bool logits) {
  Frames<double> batch(4, 2, 3);
  const samples::Table first = logits ? z() : log_softmax(z());
  samples::Table second = 1.5 * z().colwise().reverse();
  if (!logits) second = log_softmax(second);
  for (Index t = 0; t < 4; ++t) {
    for (Index c = 0; c < 3; ++c) {
      batch(t, 0, c) = first(t, c);
      batch(t, 1, c) = second(t, c);
    }
  }
  return batch;
}

// Random sequences of random lengths, padded; padding holds labels and numbers that must not be read.
struct Batch {
  Frames<double> frames;
  Labels targets;
  Ints concatenated, input_lengths, target_lengths;

  Batch(unsigned seed, Index T, Index N, Index C, Index S, int blank = 0)
      : frames(T, N, C), targets(N, S), input_lengths(N), target_lengths(N) {
    std::mt19937 generator(seed);
    std::normal_distribution<double> normal;
    std::vector<int> all;
    const auto below = [&](Index n) {
      return static_cast<int>(generator() % static_cast<unsigned>(n));
    };
    for (Index n = 0; n < N; ++n) {
      target_lengths(n) = below(S + 1);
      input_lengths(n) = static_cast<int>((std::min)(T, 2 * Index(target_lengths(n)) + below(T)));
      for (Index s = 0; s < S; ++s) {
        const int label = below(C - 1);
        targets(n, s) = s < target_lengths(n) ? label + (label >= blank) : -9;
        if (s < target_lengths(n)) all.push_back(targets(n, s));
      }
      for (Index t = 0; t < T; ++t) {
        for (Index c = 0; c < C; ++c)
          frames(t, n, c) = t < input_lengths(n) ? normal(generator) : samples::NaN;
      }
    }
    concatenated.resize(static_cast<Index>(all.size()));
    for (std::size_t i = 0; i < all.size(); ++i) concatenated(static_cast<Index>(i)) = all[i];
  }
};

inline long double log_add(long double a, long double b) {
  if (a < b) std::swap(a, b);
  return b == -std::numeric_limits<long double>::infinity() ? a : a + std::log1p(std::exp(b - a));
}

// The loss of one sequence of log-probabilities in the log domain, in long double.
inline long double reference(const samples::Table& lp, const std::vector<int>& label,
                             int blank = 0) {
  const long double none = -std::numeric_limits<long double>::infinity();
  std::vector<int> symbols{blank};
  for (int l : label) symbols.insert(symbols.end(), {l, blank});
  const std::size_t states = symbols.size();
  std::vector<long double> before(states, none), now(states, none);
  for (Index t = 0; t < lp.rows(); ++t) {
    for (std::size_t s = 0; s < states; ++s) {
      long double sum = t == 0 ? (s < 2 ? 0 : none) : before[s];
      if (t > 0 && s > 0) sum = log_add(sum, before[s - 1]);
      if (t > 0 && s > 1 && s % 2 == 1 && symbols[s] != symbols[s - 2])
        sum = log_add(sum, before[s - 2]);
      now[s] = sum + static_cast<long double>(lp(t, symbols[s]));
    }
    before = now;
  }
  return -(states > 1 ? log_add(now[states - 1], now[states - 2]) : now[0]);
}

template <class A, class B>
void check_same(const A& found, const B& expected, double tolerance = 0) {
  REQUIRE(found.size() == expected.size());
  for (Index i = 0; i < found.size(); ++i) {
    INFO("number " << i << ": found " << found.data()[i] << ", expected " << expected.data()[i]);
    const double difference =
        std::abs(static_cast<double>(found.data()[i]) - static_cast<double>(expected.data()[i]));
    CHECK((difference <= tolerance));
  }
}

}  // namespace speech
