// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <eigenloss/reductions.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>
#include <utility>
#include <vector>

#include "support/catch.hpp"

// PyTorch's numbers for every loss: reads data/reference.txt, whose format data/generate.py describes, and
// compares with every verb of a loss. Everything that can be is a plain function: this is compiled often.
namespace reference {

using Index = Eigen::Index;
using Numbers = std::vector<double>;

// ---- The file. ----

enum class Kind { numbers, classes, number, integer };

struct Array {
  Kind kind = Kind::numbers;
  std::vector<Index> shape;
  Numbers values;          // row-major
  std::vector<bool> free;  // `any` in the file: no promise
  std::size_t rank() const { return shape.size(); }
};

struct Case {
  std::string loss, name;
  std::map<std::string, std::string> options;
  std::vector<Array> arguments, gradients;
  std::vector<std::size_t> gradient_of;  // which argument
  Array none, weights, sum, mean, batch_mean, weighted_mean;
  bool weighted = false, has_batch_mean = false;
  double divisor = 0;
  Numbers scale;
  std::vector<Numbers> gradient_scale;

  const Array& input() const { return arguments.front(); }
};

inline double parse_number(const std::string& text) {
  if (text == "nan" || text == "any") return std::nan("");
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0')
    throw std::runtime_error("reference: not a number: " + text);
  return number;
}

inline Numbers parse_list(const std::string& text) {
  Numbers list;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, ',');) list.push_back(parse_number(item));
  return list;
}

inline std::vector<Index> parse_shape(const std::string& text) {
  std::vector<Index> shape;
  if (text == "scalar") return shape;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, 'x');) shape.push_back(std::stol(item));
  return shape;
}

// "... : values", where the words before the colon are already split off.
inline Array parse_values(std::istringstream& in, std::vector<Index> shape) {
  Array array;
  array.shape = std::move(shape);
  for (std::string item; in >> item;) {
    array.free.push_back(item == "any");
    array.values.push_back(parse_number(item));
  }
  std::size_t size = 1;
  for (Index n : array.shape) size *= static_cast<std::size_t>(n);
  if (array.values.size() != size) throw std::runtime_error("reference: wrong number of values");
  return array;
}

inline Array parse_argument(std::istringstream& in, const std::string& type) {
  if (type == "number" || type == "integer") {
    std::string colon;
    in >> colon;
    Array array = parse_values(in, {});
    array.kind = type == "number" ? Kind::number : Kind::integer;
    return array;
  }
  if (type != "f64" && type != "i64") throw std::runtime_error("reference: unknown type " + type);
  std::string shape, colon;
  in >> shape >> colon;
  Array array = parse_values(in, parse_shape(shape));
  array.kind = type == "f64" ? Kind::numbers : Kind::classes;
  return array;
}

inline void parse_line(const std::string& line, std::vector<Case>& cases,
                       std::vector<Array>& before) {
  std::istringstream in(line);
  std::string key, word, colon;
  in >> key;
  if (key == "case") {
    if (!cases.empty()) before = cases.back().arguments;
    cases.emplace_back();
    in >> cases.back().loss;
    std::getline(in >> std::ws, cases.back().name);
    return;
  }
  if (cases.empty()) throw std::runtime_error("reference: no case before: " + line);
  Case& c = cases.back();
  if (key == "options") {
    while (in >> word) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) throw std::runtime_error("reference: bad option " + word);
      c.options[word.substr(0, equals)] = word.substr(equals + 1);
    }
  } else if (key == "argument") {
    in >> word;
    c.arguments.push_back(parse_argument(in, word));
  } else if (key == "arguments") {
    c.arguments = before;
  } else if (key == "weights") {
    in >> word >> colon;
    c.weights = parse_values(in, parse_shape(word));
    c.weighted = true;
  } else if (key == "none") {
    in >> word >> colon;
    c.none = parse_values(in, parse_shape(word));
  } else if (key == "sum" || key == "mean" || key == "batchmean" || key == "weightedmean" ||
             key == "divisor") {
    in >> colon;
    const Array value = parse_values(in, {});
    if (key == "sum") c.sum = value;
    if (key == "mean") c.mean = value;
    if (key == "batchmean") c.batch_mean = value, c.has_batch_mean = true;
    if (key == "weightedmean") c.weighted_mean = value;
    if (key == "divisor") c.divisor = value.values[0];
  } else if (key == "gradient") {
    std::size_t argument = 0;
    in >> argument >> colon;
    c.gradients.push_back(parse_values(in, c.arguments.at(argument).shape));
    c.gradient_of.push_back(argument);
    c.gradient_scale.emplace_back();
  } else if (key == "scale" || key == "gradient_scale") {
    std::size_t argument = 0;
    if (key == "gradient_scale") in >> argument;
    in >> colon;
    Numbers numbers;
    while (in >> word) numbers.push_back(parse_number(word));
    if (key == "scale") c.scale = numbers;
    for (std::size_t g = 0; key == "gradient_scale" && g < c.gradient_of.size(); ++g) {
      if (c.gradient_of[g] == argument) c.gradient_scale[g] = numbers;
    }
  } else if (key != "note") {
    throw std::runtime_error("reference: unknown line: " + line);
  }
}

struct File {
  std::vector<Case> cases;
  std::map<std::string, int> counts;  // of the cases of each loss, as the header says
};

inline const File& file() {
  static const File whole = [] {
    const std::string path = std::string(EIGENLOSS_TEST_DATA_DIR) + "/reference.txt";
    std::ifstream in(path);
    if (!in) throw std::runtime_error("reference: cannot read " + path);
    File result;
    std::vector<Array> before;
    for (std::string line; std::getline(in, line);) {
      if (line.rfind("# Cases:", 0) == 0) {
        std::istringstream words(line.substr(8));
        for (std::string word; words >> word;) {
          const std::size_t equals = word.find('=');
          result.counts[word.substr(0, equals)] = std::stoi(word.substr(equals + 1));
        }
      } else if (!line.empty() && line[0] != '#') {
        parse_line(line, result.cases, before);
      }
    }
    return result;
  }();
  return whole;
}

// ---- What a reduction should give. ----

enum class Reduce { none, sum, mean, batch_mean, weighted_mean, root_mean };

template <class R>
constexpr Reduce reduce_of =
    std::is_same<R, eigenloss::Unreduced>::value      ? Reduce::none
    : std::is_same<R, eigenloss::Sum>::value          ? Reduce::sum
    : std::is_same<R, eigenloss::Mean>::value         ? Reduce::mean
    : std::is_same<R, eigenloss::BatchMean>::value    ? Reduce::batch_mean
    : std::is_same<R, eigenloss::WeightedMean>::value ? Reduce::weighted_mean
                                                      : Reduce::root_mean;

inline const char* name_of(Reduce r) {
  const char* names[] = {"Unreduced", "Sum", "Mean", "BatchMean", "WeightedMean", "RootMean"};
  return names[static_cast<int>(r)];
}

struct Expected {
  Array value;
  Numbers value_scale;  // the sum of the |terms| of each number
  std::vector<Array> gradients;
  std::vector<Numbers> gradient_scales;
  bool check_gradients = true;
};

inline double scale_at(const Numbers& scale, const Numbers& values, std::size_t i) {
  const double own = std::isfinite(values[i]) ? std::abs(values[i]) : 0;
  return scale.empty() ? own : (std::max)(own, scale.size() == 1 ? scale[0] : scale[i]);
}

inline bool is_ctc(const Case& c) { return c.loss == "CTC" || c.loss == "CTCWithLogits"; }

inline bool unit_is_row(const Case& c) {
  return !is_ctc(c) && c.none.rank() + 1 == c.input().rank();
}

inline double batch_size(const Case& c) {
  const std::vector<Index>& shape = c.input().shape;
  if (is_ctc(c)) return shape.size() == 3 ? static_cast<double>(shape[1]) : 1;
  if (shape.empty() || (shape.size() == 1 && unit_is_row(c))) return 1;
  const auto axis = c.options.find("axis");
  const long rank = static_cast<long>(shape.size());
  const bool first = axis != c.options.end() && (std::stol(axis->second) + rank) % rank == 0;
  return static_cast<double>(shape[first ? 1 : 0]);
}

// CTC divides each sequence by its target's length where it averages.
inline Numbers sequence_factors(const Case& c) {
  Numbers factors;
  for (double length : c.arguments[3].values) factors.push_back(1 / (std::max)(length, 1.0));
  return factors;
}

inline double weighted_divisor(const Case& c) {
  if (!c.weighted) return c.divisor;
  if (is_ctc(c)) {
    double total = 0;
    for (std::size_t i = 0; i < c.none.values.size(); ++i) {
      total += c.weights.values[c.weights.values.size() == 1 ? 0 : i];
    }
    return total;
  }
  return c.weighted_mean.values[0] == 0 ? 0 : c.sum.values[0] / c.weighted_mean.values[0];
}

inline Expected expect(const Case& c, Reduce reduce) {
  Expected e;
  e.gradients = c.gradients;
  for (std::size_t g = 0; g < c.gradients.size(); ++g) {
    e.gradient_scales.emplace_back();
    for (std::size_t i = 0; i < c.gradients[g].values.size(); ++i) {
      e.gradient_scales[g].push_back(scale_at(c.gradient_scale[g], c.gradients[g].values, i));
    }
  }
  const bool averages =
      reduce == Reduce::mean || reduce == Reduce::weighted_mean || reduce == Reduce::root_mean;
  const Numbers parts =
      is_ctc(c) && averages ? sequence_factors(c) : Numbers(c.none.values.size(), 1.0);
  double total_scale = 0;
  for (std::size_t i = 0; i < c.none.values.size(); ++i) {
    e.value_scale.push_back(scale_at(c.scale, c.none.values, i));
    total_scale += e.value_scale.back() * parts[i];
  }
  e.value = c.none;
  if (reduce == Reduce::none) return e;

  double divisor = c.divisor;
  e.value = c.mean;
  if (reduce == Reduce::sum) {
    divisor = 1;
    e.value = c.sum;
  } else if (reduce == Reduce::batch_mean) {
    divisor = batch_size(c);
    e.value = c.sum;
    e.value.values[0] /= divisor;
    if (c.has_batch_mean) e.value = c.batch_mean;
  } else if (reduce == Reduce::weighted_mean) {
    divisor = weighted_divisor(c);
    if (c.weighted) e.value = c.weighted_mean;
    if (divisor == 0) e.value.values[0] = 0;
  }
  double value_scale = divisor == 0 ? 0 : total_scale / std::abs(divisor);
  double factor = divisor == 0 ? 0 : 1 / divisor;
  double spread = 1;
  if (reduce == Reduce::root_mean) {
    const double mean = c.mean.values[0], root = std::sqrt(mean);
    e.value.values[0] = root;
    e.check_gradients = root == 0 || divisor == 0 || (mean > 0 && std::isfinite(mean));
    spread = mean > 0 ? 1 + value_scale / mean : 1;
    value_scale = mean > 0 ? root + value_scale / root : 0;
    factor = root == 0 || divisor == 0 ? 0 : factor / (2 * root);
  }
  e.value_scale = {value_scale};
  for (std::size_t g = 0; g < e.gradients.size(); ++g) {
    Numbers& values = e.gradients[g].values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      // The classes of a frame lie together, and the sequences before them.
      const std::size_t classes = is_ctc(c) ? static_cast<std::size_t>(c.input().shape.back()) : 1;
      const double part = is_ctc(c) ? parts[(i / classes) % parts.size()] : 1;
      values[i] = factor == 0 ? 0 : values[i] * factor * part;
      e.gradient_scales[g][i] *= std::abs(factor) * part * spread;
    }
  }
  return e;
}

// ---- Comparing. ----

struct Context {
  const Case& c;
  Reduce reduce;
  const char* scalar;
  const char* layout;
  double epsilon;   // allowed error, as a part of the sum of the |terms|
  double smallest;  // below it numbers may vanish
  double largest;
};

inline bool close(double expected, double got, double scale, const Context& at) {
  if (std::isnan(expected)) return std::isnan(got);
  if (std::isinf(expected) || std::abs(expected) > at.largest)
    return std::isinf(got) && (got > 0) == (expected > 0);
  if (expected == 0 && scale == 0) return got == 0;
  return std::abs(got - expected) <= at.epsilon * scale + at.smallest;
}

inline std::string index_text(std::size_t i, const std::vector<Index>& shape) {
  std::string text;
  for (std::size_t d = shape.size(); d-- > 0;) {
    const std::size_t n = static_cast<std::size_t>(shape[d]);
    text = (d ? ", " : "") + std::to_string(i % n) + text;
    i /= n;
  }
  return "(" + text + ")";
}

inline void compare(const Context& at, const std::string& what, const Array& expected,
                    const Numbers& scale, const std::vector<Index>& shape, const Numbers& got) {
  std::ostringstream report;
  report.precision(17);
  int wrong = shape != expected.shape;
  if (wrong)
    report << "\n  wrong dimensions: rank " << shape.size() << ", " << got.size() << " numbers";
  for (std::size_t i = 0; shape == expected.shape && i < got.size(); ++i) {
    if (expected.free[i] || close(expected.values[i], got[i], scale[i], at)) continue;
    if (++wrong > 5) break;
    report << "\n  at " << index_text(i, shape) << " expected " << expected.values[i] << " got "
           << got[i] << " (sum of |terms| " << scale[i] << ")";
  }
  if (wrong == 0) return;
  FAIL_CHECK(at.c.loss << "<" << name_of(at.reduce) << ">, case '" << at.c.name << "', "
                       << at.scalar << " " << at.layout << ", " << what << ":" << report.str());
}

// ---- Tensors from and to row-major numbers. ----

template <class Sequence>
void advance(Sequence& index, const std::vector<Index>& shape) {
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (++index[d] < shape[d]) return;
    index[d] = 0;
  }
}

template <class T, int Rank, int Layout>
Eigen::Tensor<T, Rank, Layout> tensor(const Array& array) {
  Eigen::DSizes<Index, Rank> sizes, index;
  for (int d = 0; d < Rank; ++d) {
    sizes[d] = array.shape.at(static_cast<std::size_t>(d));
    index[d] = 0;
  }
  Eigen::Tensor<T, Rank, Layout> result(sizes);
  for (double value : array.values) {
    if constexpr (Rank == 0) {
      result() = static_cast<T>(value);
    } else {
      result(index) = static_cast<T>(value);
      advance(index, array.shape);
    }
  }
  return result;
}

template <class T, int Rank, int Layout>
void flatten(const Eigen::Tensor<T, Rank, Layout>& values, std::vector<Index>& shape,
             Numbers& numbers) {
  Eigen::DSizes<Index, Rank> index;
  for (int d = 0; d < Rank; ++d) {
    shape.push_back(values.dimension(static_cast<std::size_t>(d)));
    index[d] = 0;
  }
  for (Index i = 0; i < values.size(); ++i) {
    if constexpr (Rank == 0) {
      numbers.push_back(static_cast<double>(values()));
    } else {
      numbers.push_back(static_cast<double>(values(index)));
      advance(index, shape);
    }
  }
}
inline void flatten(double value, std::vector<Index>&, Numbers& numbers) {
  numbers.push_back(value);
}

// ---- The verbs. ----

class Checker {
 public:
  Checker(const Context& at, const Expected& expected) : at_(at), expected_(expected) {}

  template <class V>
  void value(const char* verb, const V& got) const {
    std::vector<Index> shape;
    Numbers numbers;
    flatten(got, shape, numbers);
    compare(at_, std::string("value of ") + verb, expected_.value, expected_.value_scale, shape,
            numbers);
  }
  template <class G>
  void gradient(const char* verb, std::size_t which, const G& got) const {
    if (!expected_.check_gradients) return;
    std::vector<Index> shape;
    Numbers numbers;
    flatten(got, shape, numbers);
    compare(at_, "gradient " + std::to_string(which) + " of " + verb, expected_.gradients[which],
            expected_.gradient_scales[which], shape, numbers);
  }
  template <class T, int Rank, int Layout>
  void gradients(const char* verb, const Eigen::Tensor<T, Rank, Layout>& got) const {
    gradient(verb, 0, got);
  }
  template <class... G>
  void gradients(const char* verb, const std::tuple<G...>& got) const {
    std::size_t which = 0;
    std::apply([&](const auto&... one) { (gradient(verb, which++, one), ...); }, got);
  }

 private:
  const Context& at_;
  const Expected& expected_;
};

// Wrt: the positions of the differentiable arguments. `loss` is a loss, or one with adverbs.
template <bool EveryVerb, std::size_t... Wrt, class Loss, class... Arguments>
void check_verbs(const Checker& check, const Loss& loss, std::index_sequence<Wrt...>,
                 const Arguments&... arguments) {
  const auto both = loss.value_and_gradient(arguments...);
  check.value("value_and_gradient", both.first);
  check.gradients("value_and_gradient", both.second);
  if constexpr (EveryVerb) {
    check.value("operator()", loss(arguments...));
    check.gradients("gradient", loss.gradient(arguments...));
    const auto all = std::tie(arguments...);
    auto storage =
        std::make_tuple(std::get<Wrt>(all)...);  // of the right size, full of other numbers
    const auto value = std::apply(
        [&](auto&... gradients) { return loss.value_and_gradient(arguments..., gradients...); },
        storage);
    check.value("value_and_gradient into storage", value);
    check.gradients("value_and_gradient into storage", storage);
  }
}

// ---- Options by name. ----

inline void assign(double& option, const std::string& text) { option = parse_number(text); }
inline void assign(bool& option, const std::string& text) { option = parse_number(text) != 0; }
inline void assign(std::int64_t& option, const std::string& text) { option = std::stol(text); }
inline void assign(Eigen::ArrayXd& option, const std::string& text) {
  const Numbers list = parse_list(text);
  option = Eigen::Map<const Eigen::ArrayXd>(list.data(), static_cast<Index>(list.size()));
}

template <class Loss, class Member>
constexpr bool has(Member) {
  return std::is_invocable<Member, Loss&>::value;
}

template <class Loss>
void set_option(Loss& loss, const std::string& name, const std::string& text) {
#define EIGENLOSS_TEST_OPTION(member)                                                 \
  if constexpr (has<Loss>([](auto& l) -> decltype(static_cast<void>(l.member)) {})) { \
    if (name == #member) return assign(loss.member, text);                            \
  }
  EIGENLOSS_TEST_OPTION(beta)
  EIGENLOSS_TEST_OPTION(delta)
  EIGENLOSS_TEST_OPTION(weight)
  EIGENLOSS_TEST_OPTION(pos_weight)
  EIGENLOSS_TEST_OPTION(ignore_index)
  EIGENLOSS_TEST_OPTION(label_smoothing)
  EIGENLOSS_TEST_OPTION(log_input)
  EIGENLOSS_TEST_OPTION(full)
  EIGENLOSS_TEST_OPTION(eps)
  EIGENLOSS_TEST_OPTION(log_target)
  EIGENLOSS_TEST_OPTION(margin)
  EIGENLOSS_TEST_OPTION(p)
  EIGENLOSS_TEST_OPTION(swap)
  EIGENLOSS_TEST_OPTION(blank)
  EIGENLOSS_TEST_OPTION(zero_infinity)
  EIGENLOSS_TEST_OPTION(axis)
#undef EIGENLOSS_TEST_OPTION
  if (name == "distance") return;  // a type: chosen where the loss is
  throw std::runtime_error("reference: the loss has no option " + name);
}

// ---- One case. ----

inline bool float_holds(const Array& array) {
  for (double v : array.values) {
    if (std::isfinite(v) && static_cast<double>(static_cast<float>(v)) != v) return false;
  }
  return true;
}

// The same numbers are inputs in float.
inline bool float_holds(const Case& c) {
  for (const Array& array : c.arguments) {
    if (!float_holds(array)) return false;
  }
  return float_holds(c.weights);
}

template <class T>
Context context(const Case& c, Reduce reduce, int layout) {
  const bool single = std::is_same<T, float>::value;
  return {c,
          reduce,
          single ? "float" : "double",
          layout == int(Eigen::ColMajor) ? "ColMajor" : "RowMajor",
          single ? 16 * double(FLT_EPSILON) : 1e-12,
          single ? double(FLT_MIN) : DBL_MIN,
          single ? double(FLT_MAX) : DBL_MAX};
}

enum class Verbs { fused, every };

template <template <class> class Loss, class R, Verbs V, class T, int Layout, class Wrt,
          class... Arguments>
void check_plain(const Case& c, Wrt wrt, const Arguments&... arguments) {
  Loss<R> loss;
  for (const auto& option : c.options) set_option(loss, option.first, option.second);
  const Context at = context<T>(c, reduce_of<R>, Layout);
  const Expected expected = expect(c, at.reduce);
  check_verbs<V == Verbs::every>(Checker(at, expected), loss, wrt, arguments...);
  if constexpr (V == Verbs::every && reduce_of<R> == Reduce::mean) {
    Array divisor;
    divisor.values = {c.divisor};
    divisor.free = {false};
    compare(at, "divisor", divisor, {std::abs(c.divisor)}, {},
            {static_cast<double>(loss.divisor(arguments...))});
  }
}

template <template <class> class Loss, class R, class T, int Layout, class Wrt, class Weights,
          class... Arguments>
void check_weighted(const Case& c, Wrt wrt, const Weights& weights, const Arguments&... arguments) {
  Loss<R> loss;
  for (const auto& option : c.options) set_option(loss, option.first, option.second);
  const Context at = context<T>(c, reduce_of<R>, Layout);
  const Expected expected = expect(c, at.reduce);
  check_verbs<false>(Checker(at, expected), loss.weighted(weights), wrt, arguments...);
}

// Every verb and every reduction at one rank, which most cases have, and enough of them at the others: each
// line below is code for the compiler, for every loss and every rank.
template <template <class> class Loss, class T, int Layout, int UnitRank, bool MainRank, class Wrt,
          class... Arguments>
void check_reductions(const Case& c, Wrt wrt, const Arguments&... arguments) {
  using namespace eigenloss;
  constexpr bool column_major = Layout == int(Eigen::ColMajor),
                 precise = std::is_same<T, double>::value;
  if (c.weighted) {
    const auto weights = tensor<T, UnitRank, Layout>(c.weights);
    if constexpr (precise && column_major) {
      check_weighted<Loss, Unreduced, T, Layout>(c, wrt, weights, arguments...);
    }
    if constexpr (precise && column_major && MainRank) {
      check_weighted<Loss, Mean, T, Layout>(c, wrt, weights, arguments...);
    }
    if constexpr (MainRank)
      check_weighted<Loss, WeightedMean, T, Layout>(c, wrt, weights, arguments...);
  } else if constexpr (MainRank && precise && column_major) {
    check_plain<Loss, Unreduced, Verbs::every, T, Layout>(c, wrt, arguments...);
    check_plain<Loss, Mean, Verbs::every, T, Layout>(c, wrt, arguments...);
    check_plain<Loss, Sum, Verbs::fused, T, Layout>(c, wrt, arguments...);
    check_plain<Loss, BatchMean, Verbs::fused, T, Layout>(c, wrt, arguments...);
    check_plain<Loss, WeightedMean, Verbs::fused, T, Layout>(c, wrt, arguments...);
    check_plain<Loss, RootMean, Verbs::fused, T, Layout>(c, wrt, arguments...);
  } else if constexpr (MainRank || (precise && !column_major)) {
    check_plain<Loss, Mean, Verbs::fused, T, Layout>(c, wrt, arguments...);
  } else if constexpr (precise) {
    check_plain<Loss, Unreduced, Verbs::fused, T, Layout>(c, wrt, arguments...);
  }
}

// Calls run(rank) with the rank as a type.
template <int First, int Last, class Run>
void with_rank(std::size_t rank, const Run& run) {
  if (rank == static_cast<std::size_t>(First)) return run(std::integral_constant<int, First>{});
  if constexpr (First < Last) {
    with_rank<First + 1, Last>(rank, run);
  } else {
    throw std::runtime_error("reference: no tensor of this rank");
  }
}

// The same elements as a matrix of one column, if they are a vector: rank 2 has the most checks.
inline bool as_column(Case& c) {
  const auto several = c.options.find("pos_weight");
  if (c.input().rank() != 1 ||
      (several != c.options.end() && several->second.find(',') != std::string::npos))
    return false;
  const auto widen = [&](Array& array) {
    if (array.shape == c.none.shape) array.shape.push_back(1);
  };
  for (const Array& array : c.arguments) {
    if (array.kind != Kind::number && array.shape != c.none.shape) return false;
  }
  if (c.weighted && c.weights.shape != c.none.shape) return false;
  for (Array& array : c.arguments) {
    if (array.kind != Kind::number) widen(array);
  }
  for (Array& array : c.gradients) widen(array);
  if (c.weighted) widen(c.weights);
  c.none.shape.push_back(1);
  return true;
}

// Both layouts and scalars.
template <class Run>
void check_case(const Case& c) {
  Run::template run<double, Eigen::ColMajor>(c);
  Run::template run<double, Eigen::RowMajor>(c);
  if (!float_holds(c)) return;
  Run::template run<float, Eigen::ColMajor>(c);
  Run::template run<float, Eigen::RowMajor>(c);
}

// (input, target), both of one shape: the simplest argument of check_loss.
template <template <class> class Loss, int FirstRank = 0, bool RowUnits = false,
          class Target = void>
struct Pair {
  template <class T, int Layout>
  static void run(const Case& c) {
    with_rank<FirstRank, 4>(c.input().rank(), [&](auto rank) {
      constexpr int R = decltype(rank)::value;
      using U = std::conditional_t<std::is_void<Target>::value, T, Target>;
      check_reductions<Loss, T, Layout, RowUnits && (R > 0) ? R - 1 : R, R == 2>(
          c, std::index_sequence<0>{}, tensor<T, R, Layout>(c.arguments[0]),
          tensor<U, R, Layout>(c.arguments[1]));
    });
  }
};

// Every case of a loss. Nothing is left out: their number is that of the header of the file.
template <class Run>
void check_loss(const std::string& loss) {
  int run = 0, in_float = 0;
  for (const Case& c : file().cases) {
    if (c.loss != loss) continue;
    ++run;
    try {
      in_float += float_holds(c);
      check_case<Run>(c);
      Case column = c;
      if (as_column(column)) check_case<Run>(column);
    } catch (const std::exception& error) {
      FAIL_CHECK(c.loss << ", case '" << c.name << "', threw: " << error.what());
    }
  }
  REQUIRE(file().counts.count(loss) == 1);
  CHECK(run == file().counts.at(loss));
  CHECK(2 * in_float > run);  // inputs that float holds are the rule
  WARN(loss << ": " << run << " cases, " << in_float << " of them in float too");
}

}  // namespace reference
