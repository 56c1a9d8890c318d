// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <eigenloss/eigenloss.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

// Hostile input. From bytes come a loss, its options, shapes, strides, labels, weights and numbers, special ones
// included, and every verb is called on them: each call gives a result or std::invalid_argument, no input changes,
// every number of an output is written and no other, and none at all where the call is refused.
//
// A family of losses is a file with one entry, `LLVMFuzzerTestOneInput`. It is run on fixed seeds by seeds.cpp
// (a test), on as many as one likes by standalone.cpp (under sanitizers), and by libFuzzer. A broken promise is a
// `Broken` that leaves the entry; any other exception but std::invalid_argument is one, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

using Eigen::Index;
using namespace eigenloss;

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Counted {
  long long calls = 0, refused = 0;
};
inline Counted counted;

// ---- Bytes. ----

// Whole numbers from bytes; 0 past their end.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  unsigned byte() { return next_ < size_ ? data_[next_++] : 0; }
  int below(int n) { return int((byte() * 256 + byte()) % unsigned(n)); }
  // Once in n.
  bool rarely(int n) { return below(n) == n - 1; }
  std::uint64_t word() {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word * 256 + byte();
    return word;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, next_ = 0;
};

// Many numbers from one word (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t word() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int below(int n) { return int(word() % std::uint64_t(n)); }
  double unit() { return double(word() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

// ---- Shapes. ----

template <int Rank>
using Shape = std::array<Index, std::size_t(Rank)>;

inline Index extent(Bytes& bytes, int rank) {
  if (bytes.rarely(40)) return 0;
  if (rank == 1 && bytes.rarely(24)) return 500 + bytes.below(540);  // around 512 and 1024
  if (rank == 2 && bytes.rarely(200)) return 500 + bytes.below(540);
  if (bytes.rarely(8)) return 1 + bytes.below(rank == 3 ? 20 : 40);
  return 1 + bytes.below(rank == 3 ? 4 : 8);
}
template <int Rank>
Shape<Rank> shape(Bytes& bytes) {
  Shape<Rank> shape{};
  for (Index& n : shape) n = extent(bytes, Rank);
  return shape;
}
// The shape, or, rarely, another one.
template <int Rank>
Shape<Rank> perhaps_wrong(Bytes& bytes, Shape<Rank> shape) {
  if constexpr (Rank > 0) {
    if (bytes.rarely(48)) shape[std::size_t(bytes.below(Rank))] = extent(bytes, Rank);
    if (bytes.rarely(96)) std::swap(shape[0], shape[Rank - 1]);
  }
  return shape;
}
// The shape, or one that is repeated up to it.
template <int Rank>
Shape<Rank> perhaps_smaller(Bytes& bytes, Shape<Rank> shape) {
  const int ones = bytes.rarely(2) ? bytes.below(1 << Rank) : 0;
  for (int k = 0; k < Rank; ++k) {
    if ((ones >> k) & 1) shape[std::size_t(k)] = 1;
  }
  return perhaps_wrong<Rank>(bytes, shape);
}
// The shape without the axis, which may not exist.
template <int Rank>
Shape<(Rank > 0 ? Rank - 1 : 0)> without(const Shape<Rank>& shape, std::int64_t axis) {
  Shape<(Rank > 0 ? Rank - 1 : 0)> rest{};
  if (axis < 0) axis += Rank;
  if (Rank < 2 || axis < 0 || axis >= Rank) axis = Rank - 1;
  std::size_t r = 0;
  for (int k = 0; k < Rank; ++k) {
    if (k != axis && r < rest.size()) rest[r++] = shape[std::size_t(k)];
  }
  return rest;
}
inline std::int64_t axis(Bytes& bytes, int rank) {
  return bytes.rarely(24) ? bytes.below(11) - 5 : bytes.below(2 * (rank > 0 ? rank : 1)) - rank;
}
template <int Rank>
Index along(const Shape<Rank>& shape, std::int64_t axis) {
  if (axis < 0) axis += Rank;
  if constexpr (Rank == 0)
    return 1;
  else
    return Rank < 2 || axis < 0 || axis >= Rank ? shape[0] : shape[std::size_t(axis)];
}

// ---- Numbers. ----

enum class Numbers { any, probabilities, positive, signs };

template <class S>
S special(int which) {
  using Limits = std::numeric_limits<S>;
  const S specials[] = {Limits::quiet_NaN(),
                        Limits::infinity(),
                        -Limits::infinity(),
                        S(0),
                        -S(0),
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        (Limits::min)(),
                        (Limits::max)(),
                        Limits::lowest(),
                        Limits::epsilon(),
                        S(1),
                        S(-1),
                        S(1e30),
                        S(-1e30),
                        S(88),
                        S(89),
                        S(-104),
                        S(710),
                        S(-746),
                        S(1e-30),
                        S(1) - Limits::epsilon(),
                        S(17.5),
                        S(-100)};
  return specials[which % int(sizeof specials / sizeof specials[0])];
}
constexpr int specials = 24;

// A number of an option.
inline double option(Bytes& bytes) {
  switch (bytes.below(12)) {
    case 0:
      return special<double>(bytes.below(specials));
    case 1:
      return -bytes.below(5) * 0.5;
    default:
      return (1 + bytes.below(8)) * 0.25;
  }
}

template <class S>
void fill(Bytes& bytes, Numbers numbers, std::vector<S>& storage) {
  const int mode = bytes.below(16);
  Random random(bytes.word());
  for (S& number : storage) {
    double x = random.unit();
    if (numbers == Numbers::any) x = 8 * x - 4;
    if (numbers == Numbers::positive) x = 3 * x;
    if (numbers == Numbers::signs) x = x < 0.5 ? -1 : 1;
    number = S(x);
    if (mode == 15) number = S(0);
    if (mode == 14) number = special<S>(random.below(specials));
    if (mode >= 12 && random.below(8) == 0) number = special<S>(random.below(specials));
  }
}

template <class S>
void fill_labels(Bytes& bytes, Index classes, std::vector<S>& storage, int lowest = 0) {
  const int mode = bytes.below(24);
  Random random(bytes.word());
  const int n = int((std::max)(classes, Index(1)));
  for (S& label : storage) {
    label = S(lowest + random.below(n - lowest));
    if (mode >= 20 && random.below(4) == 0) label = S(-100);
    if (mode == 22 && random.below(4) == 0) label = S(random.below(n + 4) - 2);
    if (mode == 23 && random.below(4) == 0) {
      label = random.below(2) ? (std::numeric_limits<S>::max)() : std::numeric_limits<S>::lowest();
    }
  }
}

inline Eigen::ArrayXd class_weights(Bytes& bytes, Index classes) {
  Index size = bytes.rarely(3) ? classes : 0;
  if (bytes.rarely(48)) size = bytes.below(12);
  std::vector<double> numbers(std::size_t(size), 0.0);
  fill(bytes, Numbers::positive, numbers);
  return Eigen::Map<const Eigen::ArrayXd>(numbers.data(), size);
}

// ---- Containers: maps over memory of exactly their size, so that a sanitizer sees what lies outside. ----

template <int Layout>
struct Tensors {
  template <class S, int Rank>
  using Map = Eigen::TensorMap<Eigen::Tensor<S, Rank, Layout>>;
  template <int Rank>
  static std::size_t room(const Shape<Rank>& shape, Index) {
    std::size_t size = 1;
    for (Index n : shape) size *= std::size_t(n);
    return size;
  }
  template <class S, int Rank>
  static Map<S, Rank> map(S* data, const Shape<Rank>& shape, Index) {
    Eigen::array<Index, std::size_t(Rank)> dimensions;
    for (std::size_t k = 0; k < shape.size(); ++k) dimensions[k] = shape[k];
    return Map<S, Rank>(data, dimensions);
  }
};
using Columns = Tensors<Eigen::ColMajor>;
using Rows = Tensors<Eigen::RowMajor>;

// Vectors with a stride, which both families of matrices share.
struct Vectors {
  template <class S>
  using Map = Eigen::Map<Eigen::Matrix<S, Eigen::Dynamic, 1>, 0, Eigen::InnerStride<>>;
  static std::size_t room(Index n, Index gap) {
    return n == 0 ? 0 : std::size_t((n - 1) * (1 + gap % 3) + 1);
  }
  template <class S>
  static Map<S> map(S* data, Index n, Index gap) {
    return Map<S>(data, n, Eigen::InnerStride<>(1 + gap % 3));
  }
};

// Row-major matrices whose rows lie apart.
struct Matrices {
  template <class S, int Rank>
  using Map = std::conditional_t<
      Rank == 2,
      Eigen::Map<Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0,
                 Eigen::OuterStride<>>,
      Vectors::Map<S>>;
  template <int Rank>
  static std::size_t room(const Shape<Rank>& shape, Index gap) {
    if constexpr (Rank == 1)
      return Vectors::room(shape[0], gap);
    else
      return shape[0] * shape[1] == 0 ? 0
                                      : std::size_t((shape[0] - 1) * (shape[1] + gap) + shape[1]);
  }
  template <class S, int Rank>
  static Map<S, Rank> map(S* data, const Shape<Rank>& shape, Index gap) {
    if constexpr (Rank == 1)
      return Vectors::map(data, shape[0], gap);
    else
      return Map<S, 2>(data, shape[0], shape[1], Eigen::OuterStride<>(shape[1] + gap));
  }
};

// Blocks of column-major matrices.
struct Blocks {
  template <class S>
  using Whole = Eigen::Map<Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>>;
  template <class S, int Rank>
  using Map = std::conditional_t<Rank == 2, Eigen::Block<Whole<S>>, Vectors::Map<S>>;
  template <int Rank>
  static std::size_t room(const Shape<Rank>& shape, Index gap) {
    if constexpr (Rank == 1)
      return Vectors::room(shape[0], gap);
    else
      return std::size_t((shape[0] + gap) * (shape[1] + gap));
  }
  template <class S, int Rank>
  static Map<S, Rank> map(S* data, const Shape<Rank>& shape, Index gap) {
    if constexpr (Rank == 1) {
      return Vectors::map(data, shape[0], gap);
    } else {
      Whole<S> whole(data, shape[0] + gap, shape[1] + gap);
      return Map<S, 2>(whole, gap / 2, gap - gap / 2, shape[0], shape[1]);
    }
  }
};

inline Index gap(Bytes& bytes) { return bytes.rarely(2) ? bytes.below(5) : 0; }

// Memory that must not change.
template <class Family, class S, int Rank>
class Input {
 public:
  // fill(vector) puts the numbers in.
  template <class Fill>
  Input(Bytes& bytes, const Shape<Rank>& shape, const Fill& fill_in)
      : gap_(gap(bytes)),
        storage_(Family::template room<Rank>(shape, gap_)),
        before_(filled(storage_, fill_in)),
        view(Family::template map<S, Rank>(storage_.data(), shape, gap_)) {}
  Input(Bytes& bytes, const Shape<Rank>& shape, Numbers numbers)
      : Input(bytes, shape, [&](std::vector<S>& storage) { fill(bytes, numbers, storage); }) {}
  Input(Input&&) = default;  // the memory stays where it is

  bool unchanged() const {
    return storage_.empty() ||
           std::memcmp(storage_.data(), before_.data(), storage_.size() * sizeof(S)) == 0;
  }

 private:
  template <class Fill>
  static std::vector<S> filled(std::vector<S>& storage, const Fill& fill_in) {
    fill_in(storage);
    return storage;
  }
  Index gap_;
  std::vector<S> storage_;
  std::vector<S> before_;

 public:
  typename Family::template Map<S, Rank> view;
};

// Memory that is written as a whole, but for the gaps, or not at all.
template <class Family, class S, int Rank>
class Output {
 public:
  Output(Bytes& bytes, const Shape<Rank>& shape)
      : gap_(gap(bytes)),
        storage_(Family::template room<Rank>(shape, gap_), mark),
        view(Family::template map<S, Rank>(storage_.data(), shape, gap_)) {}
  Output(Output&&) = default;

  void reset() { std::fill(storage_.begin(), storage_.end(), mark); }
  bool untouched() const { return marks() == Index(storage_.size()); }
  bool written() const {
    return marks() == Index(storage_.size()) - Index(view.size()) && !any_in_view();
  }

 private:
  static constexpr S mark = S(-12345.5);
  Index marks() const { return Index(std::count(storage_.begin(), storage_.end(), mark)); }
  bool any_in_view() const {
    if constexpr (std::is_same<Family, Columns>::value || std::is_same<Family, Rows>::value) {
      return marks() > 0;
    } else {
      return (view.array() == mark).any();
    }
  }
  Index gap_;
  std::vector<S> storage_;

 public:
  typename Family::template Map<S, Rank> view;
};

// ---- Calls. ----

// Errors that are only found during the pass: what was written until then is unspecified.
inline bool found_in_the_pass(const std::string& message) {
  return message.rfind("eigenloss::BCE: input", 0) == 0 ||
         message.rfind("eigenloss::BCE: target", 0) == 0 ||
         message.rfind("eigenloss::GaussianNLL: variance", 0) == 0;
}

// All verbs of a loss on inputs and weights (an Input each), with storage for gradients and values (an Output each).
template <class Inputs, class Weights, class Gradients, class Values>
class Verbs {
 public:
  Verbs(const char* name, const Inputs& inputs, const Weights& weights, const Gradients& gradients,
        Values& values)
      : name_(name), inputs_(inputs), weights_(weights), gradients_(gradients), values_(values) {}

  template <class L>
  void run(const L& loss) const {
    using std::apply;
    apply(
        [&](const auto&... in) {
          const auto weighted = loss.weighted(weights_.view);
          attempt("()", [&] { loss(in.view...); });
          attempt(".divisor", [&] { loss.divisor(in.view...); });
          attempt(".weighted.divisor", [&] { weighted.divisor(in.view...); });
          attempt(".gradient", [&] { loss.gradient(in.view...); });
          apply(
              [&](auto&... out) {
                attempt(
                    ".value_and_gradient into",
                    [&] { loss.value_and_gradient(in.view..., out.view...); }, out...);
                attempt(
                    ".weighted.gradient into", [&] { weighted.gradient(in.view..., out.view...); },
                    out...);
                attempt(
                    ".weighted.value_and_gradient into",
                    [&] { weighted.value_and_gradient(in.view..., out.view...); }, out...);
                if constexpr (sizeof...(out) > 1) {
                  skipping_the_first(loss, std::tie(in...), out...);
                }
              },
              gradients_);
          if constexpr (std::is_same<typename L::Reduction, Unreduced>::value) {
            attempt(
                ".value_into", [&] { loss.value_into(values_.view, in.view...); }, values_);
            attempt(
                ".weighted.value_into", [&] { weighted.value_into(values_.view, in.view...); },
                values_);
          } else {
            attempt(".weighted()", [&] { weighted(in.view...); });
          }
        },
        inputs_);
  }

 private:
  template <class L, class In, class First, class... Out>
  void skipping_the_first(const L& loss, const In& inputs, First&, Out&... out) const {
    if constexpr (std::is_same<typename L::Reduction, Sum>::value) {
      std::apply(
          [&](const auto&... in) {
            attempt(
                ".gradient with skip", [&] { loss.gradient(in.view..., skip, out.view...); },
                out...);
          },
          inputs);
    }
  }
  template <class Call, class... Out>
  void attempt(const char* verb, const Call& call, Out&... out) const {
    ++counted.calls;
    (out.reset(), ...);
    std::string refused;
    try {
      call();
    } catch (const std::invalid_argument& error) {
      ++counted.refused;
      refused = error.what();
      if (refused.rfind("eigenloss::", 0) != 0)
        broken(verb, "not an error of the library: " + refused);
    }
    std::apply(
        [&](const auto&... in) {
          if (!(in.unchanged() && ...)) broken(verb, "an input was changed");
        },
        inputs_);
    if (!weights_.unchanged()) broken(verb, "the weights were changed");
    if (refused.empty() && !(out.written() && ...))
      broken(verb, "storage was not written, or more than it");
    if (!refused.empty() && !found_in_the_pass(refused) && !(out.untouched() && ...)) {
      broken(verb, "storage was written in spite of " + refused);
    }
  }
  [[noreturn]] void broken(const char* verb, const std::string& what) const {
    throw Broken(std::string(name_) + verb + ": " + what);
  }

  const char* name_;
  const Inputs& inputs_;
  const Weights& weights_;
  const Gradients& gradients_;
  Values& values_;
};

template <class... Reductions>
struct List {};

// Calls f(reduction) for each.
template <class... Reductions, class F>
void for_each(List<Reductions...>, const F& f) {
  (f(Reductions()), ...);
}

// What a case is run on: a family of containers, a scalar type, a rank and some reductions. Between them, all
// reductions, both scalar types, both layouts and ranks 0 to 3, but not every combination.
template <class Family_, class S_, int Rank_, class... Reductions>
struct On {
  using Family = Family_;
  using S = S_;
  static constexpr int rank = Rank_;
  static constexpr List<Reductions...> reductions{};
};
template <class F>
void choose(Bytes& bytes, const F& f) {
  switch (bytes.below(8)) {
    case 0:
    case 1:
      return f(On<Columns, double, 2, Mean, RootMean, Unreduced, BatchMean>());
    case 2:
    case 3:
      return f(On<Rows, float, 3, Sum, WeightedMean, Unreduced>());
    case 4:
    case 5:
      return f(On<Matrices, float, 2, Mean, Unreduced>());
    case 6:
      return f(On<Blocks, double, 2, Mean, Sum>());
    default:
      return f(On<Columns, float, 1, Mean, Unreduced>());
  }
}

}  // namespace fuzz
