// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

// Numbers without types, and random ones from fixed seeds: what the laws reason about.
namespace laws {

using Index = std::ptrdiff_t;

// Numbers of any shape, in row-major order, whatever container and scalar type they go to or come
// from.
struct Plain {
  std::vector<Index> shape;
  std::vector<double> numbers;

  Index size() const {
    Index size = 1;
    for (Index extent : shape) size *= extent;
    return size;
  }
};

inline Plain filled(const std::vector<Index>& shape, double number) {
  Plain plain{shape, {}};
  plain.numbers.assign(static_cast<std::size_t>(plain.size()), number);
  return plain;
}

// The same bits, or NaN both.
inline bool identical(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}
inline bool identical(const Plain& a, const Plain& b) {
  if (a.shape != b.shape) return false;
  for (std::size_t i = 0; i < a.numbers.size(); ++i) {
    if (!identical(a.numbers[i], b.numbers[i])) return false;
  }
  return true;
}

// The arguments of one call of a loss.
using Inputs = std::vector<Plain>;

// The slices `chosen`, in that order and as often as they are named, along one dimension.
inline Plain take(const Plain& from, std::size_t dimension, const std::vector<Index>& chosen) {
  Plain to{from.shape, {}};
  to.shape[dimension] = static_cast<Index>(chosen.size());
  Index outer = 1, inner = 1;
  for (std::size_t k = 0; k < dimension; ++k) outer *= from.shape[k];
  for (std::size_t k = dimension + 1; k < from.shape.size(); ++k) inner *= from.shape[k];
  for (Index o = 0; o < outer; ++o) {
    for (Index c : chosen) {
      const auto first = from.numbers.begin() + (o * from.shape[dimension] + c) * inner;
      to.numbers.insert(to.numbers.end(), first, first + inner);
    }
  }
  return to;
}

// The same numbers with one dimension moved to another place.
inline Plain move_axis(const Plain& from, std::size_t axis, std::size_t to) {
  std::vector<std::size_t> dimensions;  // of `from`, in their new order
  for (std::size_t k = 0; k < from.shape.size(); ++k) {
    if (k != axis) dimensions.push_back(k);
  }
  dimensions.insert(dimensions.begin() + static_cast<std::ptrdiff_t>(to), axis);
  Plain moved{{}, {}};
  for (std::size_t d : dimensions) moved.shape.push_back(from.shape[d]);
  std::vector<Index> at(from.shape.size(), 0);
  for (Index i = 0; i < from.size(); ++i) {
    std::vector<Index> source(at.size());
    for (std::size_t k = 0; k < at.size(); ++k) source[dimensions[k]] = at[k];
    Index offset = 0;
    for (std::size_t k = 0; k < at.size(); ++k) offset = offset * from.shape[k] + source[k];
    moved.numbers.push_back(from.numbers[static_cast<std::size_t>(offset)]);
    for (std::size_t k = at.size(); k-- > 0;) {
      if (++at[k] < moved.shape[k]) break;
      at[k] = 0;
    }
  }
  return moved;
}

inline std::vector<Index> range(Index first, Index last) {
  std::vector<Index> numbers;
  for (Index i = first; i < last; ++i) numbers.push_back(i);
  return numbers;
}

// splitmix64: the same numbers with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // One of 0, 1, ..., end - 1.
  Index below(Index end) { return static_cast<Index>(next() % static_cast<std::uint64_t>(end)); }

 private:
  std::uint64_t state_;
};

// Multiples of 1/64 in (low, high): odd ones for predictions and even ones for targets, so that the
// two are never equal, nor apart by an option such as 0.7. All of them are exact in every scalar
// type.
constexpr double grid = 1.0 / 64;
inline Plain on_grid(Random& random, const std::vector<Index>& shape, double low, double high,
                     bool odd) {
  Plain plain = filled(shape, 0);
  const Index steps = static_cast<Index>((high - low) / (2 * grid));
  for (double& number : plain.numbers) {
    number = low + 2 * grid * static_cast<double>(random.below(steps)) + (odd ? grid : 0.0);
  }
  return plain;
}
inline Plain predictions(Random& random, const std::vector<Index>& shape, double low = -2,
                         double high = 2) {
  return on_grid(random, shape, low, high, true);
}
inline Plain targets(Random& random, const std::vector<Index>& shape, double low = -2,
                     double high = 2) {
  return on_grid(random, shape, low, high, false);
}
inline Plain integers(Random& random, const std::vector<Index>& shape, Index low, Index end) {
  Plain plain = filled(shape, 0);
  for (double& number : plain.numbers) number = static_cast<double>(low + random.below(end - low));
  return plain;
}
inline Plain signs(Random& random, const std::vector<Index>& shape) {
  Plain plain = integers(random, shape, 0, 2);
  for (double& number : plain.numbers) number = 2 * number - 1;
  return plain;
}
// Predictions no two of which are 1 apart, the margin of MultiLabelMargin.
inline Plain never_one_apart(Random& random, const std::vector<Index>& shape) {
  Plain plain = predictions(random, shape, 0, 0.5);
  for (double& number : plain.numbers) {
    const Index whole = random.below(4) - 2;
    number += static_cast<double>(whole) + (whole % 2 == 0 ? 0 : 0.5);
  }
  return plain;
}
// One class for each row; every fourth is `ignored`, but not the first or the fifth.
inline Plain classes(Random& random, Index batch, Index count, double ignored) {
  Plain plain = integers(random, {batch}, 0, count);
  for (std::size_t i = 1; i < plain.numbers.size(); i += 4) plain.numbers[i] = ignored;
  return plain;
}

}  // namespace laws
