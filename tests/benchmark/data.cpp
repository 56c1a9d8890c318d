// SPDX-License-Identifier: BSL-1.0
// The inputs: the same numbers for every side, scalar type and layout.
#include "data.hpp"

#include <cmath>
#include <cstring>

namespace benchmark {
namespace {

// A pseudo-random number that depends on its position only (splitmix64).
std::uint64_t hash(std::uint64_t index, std::uint64_t seed) {
  std::uint64_t z = (index + 1) * 0x9e3779b97f4a7c15 + seed * 0xd1342543de82ef95;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double uniform(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

// The sum of four uniform numbers, with variance 1.
double normal(std::uint64_t bits) {
  const auto sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
  return (static_cast<double>(sum) / 65536.0 - 2.0) * 1.7320508;
}

double number(Content content, std::uint64_t bits) {
  switch (content) {
    case Content::kNormal:
      return normal(bits);
    case Content::kPositive:
      return 0.5 + uniform(bits);
    case Content::kProbability:
      return 0.001 + 0.998 * uniform(bits);
    case Content::kLogProbability:
      return -0.05 - 8 * uniform(bits);
    case Content::kBinary:
      return bits >> 63 ? 1 : 0;
    default:
      return bits >> 63 ? 1 : -1;
  }
}

std::uint16_t half_bits(float value) {  // of numbers that are normal in half precision, truncated
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  return static_cast<std::uint16_t>(rest < 0x38800000 ? sign : sign | ((rest - 0x38000000) >> 13));
}

std::uint16_t bfloat16_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

void fill_numbers(const Argument& argument, Content content, std::uint64_t seed) {
  const std::int64_t n = elements(argument.shape);
  void* data = argument.row_major.get();
  for (std::int64_t i = 0; i < n; ++i) {
    const double value = number(content, hash(static_cast<std::uint64_t>(i), seed));
    switch (argument.scalar) {
      case Scalar::kFloat:
        static_cast<float*>(data)[i] = static_cast<float>(value);
        break;
      case Scalar::kDouble:
        static_cast<double*>(data)[i] = value;
        break;
      case Scalar::kHalf:
        static_cast<std::uint16_t*>(data)[i] = half_bits(static_cast<float>(value));
        break;
      default:
        static_cast<std::uint16_t*>(data)[i] = bfloat16_bits(static_cast<float>(value));
    }
  }
}

// `s` is the shape of the cell; `row` the number of entries from one class to the next, row-major.
void fill_integers(const Argument& argument, Content content, const Shape& s, std::uint64_t seed) {
  auto* data = static_cast<std::int64_t*>(argument.row_major.get());
  std::int64_t inner = 1;
  for (std::size_t d = 2; d < s.size(); ++d) inner *= s[d];
  for (std::int64_t i = 0; i < elements(argument.shape); ++i) {
    const auto bits = static_cast<std::int64_t>(hash(static_cast<std::uint64_t>(i), seed) >> 1);
    switch (content) {
      case Content::kClass:
        data[i] = bits % s[1];
        break;
      case Content::kClassList:
        data[i] = i / inner % s[1] < 5 ? bits % s[1] : -1;
        break;
      case Content::kLabels:
        data[i] = 1 + bits % (s[2] - 1);
        break;
      case Content::kInputLengths:
        data[i] = s[0];
        break;
      default:
        data[i] = s[3];
    }
  }
}

Shape shape_of(Content content, Family family, const Shape& s) {
  switch (content) {
    case Content::kClass: {
      Shape rows = s;
      rows.erase(rows.begin() + 1);
      return rows;
    }
    case Content::kRowSign:
      return {s[0]};
    case Content::kLabels:
      return {s[1], s[3]};
    case Content::kInputLengths:
    case Content::kTargetLengths:
      return {s[1]};
    default:
      return family == Family::kSequence ? Shape{s[0], s[1], s[2]} : s;
  }
}

bool is_integer(Content content) {
  return content == Content::kClass || content >= Content::kClassList;
}

template <class T>
void copy_transposed(const T* in, T* out, const Shape& shape) {
  const std::size_t rank = shape.size();
  Shape stride(rank, 1), index(rank, 0);
  for (std::size_t d = 1; d < rank; ++d) stride[d] = stride[d - 1] * shape[d - 1];
  const std::int64_t last = shape[rank - 1];
  for (std::int64_t i = 0; i < elements(shape); i += last) {
    std::int64_t offset = 0;
    for (std::size_t d = 0; d + 1 < rank; ++d) offset += index[d] * stride[d];
    for (std::int64_t j = 0; j < last; ++j) out[offset + j * stride[rank - 1]] = in[i + j];
    for (std::size_t d = rank - 1; d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
}

}  // namespace

Arguments make_arguments(const LossRow& loss, const Shape& shape, Scalar scalar) {
  Arguments arguments;
  for (const ArgumentRow& row : loss.arguments) {
    Argument a{is_integer(row.content) ? Scalar::kInt64 : scalar,
               shape_of(row.content, loss.family, shape),
               row.differentiable,
               {},
               {},
               {}};
    a.row_major = make_buffer(a.bytes());
    if (a.differentiable) {
      a.gradient = make_buffer(a.bytes());
      std::memset(a.gradient.get(), 0, a.bytes());
    }
    const std::uint64_t seed = arguments.size() + 1;
    if (a.scalar == Scalar::kInt64) {
      fill_integers(a, row.content, shape, seed);
    } else {
      fill_numbers(a, row.content, seed);
    }
    arguments.push_back(a);
  }
  return arguments;
}

void add_col_major(Arguments& arguments) {
  for (Argument& a : arguments) {
    if (a.shape.size() < 2) a.col_major = a.row_major;
    if (a.col_major) continue;
    a.col_major = make_buffer(a.bytes());
    const void* in = a.row_major.get();
    void* out = a.col_major.get();
    if (size_of(a.scalar) == 4) {
      copy_transposed(static_cast<const float*>(in), static_cast<float*>(out), a.shape);
    } else if (size_of(a.scalar) == 8) {
      copy_transposed(static_cast<const double*>(in), static_cast<double*>(out), a.shape);
    }
  }
}

}  // namespace benchmark
