// SPDX-License-Identifier: BSL-1.0
// What the sides of the benchmark share. Neither Eigen nor libtorch is included here, so that each
// side is a translation unit with compiler flags of its own.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace benchmark {

enum class Scalar { kFloat, kDouble, kHalf, kBfloat16, kInt64 };
enum class Work { kValue, kFused };
enum class Family { kPointwise, kClass, kEmbedding, kSequence };
using Shape = std::vector<std::int64_t>;

inline std::size_t size_of(Scalar scalar) {
  return scalar == Scalar::kFloat                                ? 4
         : scalar == Scalar::kDouble || scalar == Scalar::kInt64 ? 8
                                                                 : 2;
}

inline std::int64_t elements(const Shape& shape) {
  std::int64_t product = 1;
  for (const std::int64_t size : shape) product *= size;
  return product;
}

// Memory on a 64-byte boundary.
using Buffer = std::shared_ptr<void>;
inline Buffer make_buffer(std::size_t bytes) {
  return Buffer(std::aligned_alloc(64, (bytes + 127) / 64 * 64), std::free);
}

// One argument of a loss: the same numbers row-major (libtorch reads these, in every cell) and,
// where a column-major cell needs them, column-major. A differentiable argument has storage for its
// gradient.
struct Argument {
  Scalar scalar;
  Shape shape;
  bool differentiable;
  Buffer row_major, col_major, gradient;

  std::size_t bytes() const { return size_of(scalar) * static_cast<std::size_t>(elements(shape)); }
};

struct Cell {
  std::string loss;
  Shape shape;
  bool row_major;
  Scalar scalar;
  int threads;
  Work work;

  std::string id() const;  // "MSE/16M/row/float/1t/fused"
};

using Arguments = std::vector<Argument>;

// Runs the cell so many times and returns something that depends on the results.
using Runner = std::function<double(int repeats)>;
using Factory = Runner (*)(const Cell&, const Arguments&);
using Losses = std::map<std::string, Factory>;  // by the name of the loss

// Each makes a runner, an empty one where the side does not have the loss or the case.
Runner make_torch(const Cell& cell, const Arguments& arguments);
Runner make_eigenloss(const Cell& cell, const Arguments& arguments);
std::vector<Runner> make_roof(const Cell& cell, const Arguments& arguments);

// The losses that the library has, one function a file.
void add_pointwise(Losses& losses);
void add_rowwise(Losses& losses);
void add_sequence(Losses& losses);
void add_compositions(Losses& losses);

void set_torch_threads(int threads);
void parallel(int threads, const std::function<void(int)>& work);  // work(0) ... work(threads - 1)

std::string describe_torch();
std::string describe_eigenloss();

}  // namespace benchmark
