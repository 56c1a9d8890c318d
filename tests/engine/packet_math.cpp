// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <eigenloss/detail/packet_math.hpp>
#include <eigenloss/detail/registers.hpp>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

namespace {

namespace detail = eigenloss::detail;

// Each function: its name, domain, stated bounds in ulp, and the standard library's function of the same name.
struct Exp {
  static constexpr const char* name = "packet_exp";
  static constexpr double low = -1e308, high = 1e308, float_ulp = 1.5, double_ulp = 1.5;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_exp(x);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::exp(x);
  }
};

struct ExpNonpositive {
  static constexpr const char* name = "packet_exp_nonpositive";
  static constexpr double low = -1e308, high = 0, float_ulp = 1.5, double_ulp = 1.5;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_exp_nonpositive(x);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::exp(x);
  }
};

struct Expm1 {
  static constexpr const char* name = "packet_expm1";
  static constexpr double low = -1e308, high = 1e308, float_ulp = 1.5, double_ulp = 2;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_expm1(x);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::expm1(x);
  }
};

struct Log {
  static constexpr const char* name = "packet_log";
  static constexpr double low = 0, high = 1e308, float_ulp = 1.25, double_ulp = 1.25;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_log(x);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::log(x);
  }
};

struct Log1p {
  static constexpr const char* name = "packet_log1p";
  static constexpr double low = -1, high = 1e308, float_ulp = 1.25, double_ulp = 1.25;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_log1p(x);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::log1p(x);
  }
};

struct Log1pUnit {
  static constexpr const char* name = "packet_log1p_unit";
  static constexpr double low = 0, high = 1, float_ulp = 1.75, double_ulp = 1.5;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_log1p_unit(x);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::log1p(x);
  }
};

struct LogUnit {
  static constexpr const char* name = "packet_log_unit";
  static constexpr double low = 0, high = 1, float_ulp = 1.25, double_ulp = 1.25, least = -100;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_log_unit(x, least);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::max(std::log(x), Real(least));
  }
};

struct Log1mUnit {
  static constexpr const char* name = "packet_log1m_unit";
  static constexpr double low = 0, high = 1, float_ulp = 1.25, double_ulp = 1.25, least = -100;
  template <class Packet>
  Packet operator()(const Packet& x) const {
    return detail::packet_log1m_unit(x, least);
  }
  template <class Real>
  static Real reference(Real x) {
    return std::max(std::log1p(-x), Real(least));
  }
};

// The reference's own error is below 1e-8 ulp (float) and 1e-3 ulp (double).
template <class Scalar>
struct Wider;
template <>
struct Wider<float> {
  using type = double;
};
template <>
struct Wider<double> {
  using type = long double;
};

template <class Packet, class Function, class Scalar>
void evaluate(const Function& function, const std::vector<Scalar>& inputs,
              std::vector<Scalar>& outputs) {
  constexpr std::size_t lanes = sizeof(Packet) / sizeof(Scalar);
  outputs.resize(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); i += lanes) {
    const Packet x = Eigen::internal::ploadu<Packet>(&inputs[i]);
    Eigen::internal::pstoreu(&outputs[i], function(x));
  }
}

// |result - exact| in units in the last place of the exact value; infinite where only one of them is NaN or infinite
template <class Scalar, class Real>
double error_in_ulp(Scalar result, Real exact) {
  using Limits = std::numeric_limits<Scalar>;
  const bool overflows = !(std::abs(exact) <= Real(Limits::max()));  // also NaN
  if (overflows && !std::isnan(exact) && std::isinf(result) && (result > 0) == (exact > 0))
    return 0;
  if (std::isnan(exact) || std::isnan(result)) {
    return std::isnan(exact) && std::isnan(result) ? 0 : std::numeric_limits<double>::infinity();
  }
  if (std::isinf(exact)) return std::numeric_limits<double>::infinity();
  const int exponent = exact == 0 ? Limits::min_exponent : std::ilogb(exact);
  const int ulp_exponent = std::max(exponent, Limits::min_exponent - 1) - (Limits::digits - 1);
  return static_cast<double>(std::ldexp(std::abs(Real(result) - exact), -ulp_exponent));
}

template <class Scalar>
struct Worst {
  double ulp = 0;
  Scalar input = 0, result = 0;

  template <class Packet, class Function>
  void include(const Function& function, const std::vector<Scalar>& inputs,
               std::vector<Scalar>& outputs) {
    using Real = typename Wider<Scalar>::type;
    evaluate<Packet>(function, inputs, outputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Scalar x = inputs[i];
      if (!(double(x) >= Function::low && double(x) <= Function::high)) continue;
      Real exact = Function::reference(Real(x));
      const bool flushes = std::is_same_v<Function, ExpNonpositive>;
      if (flushes && exact < Real(std::numeric_limits<Scalar>::min())) exact = 0;
      const double error = error_in_ulp(outputs[i], exact);
      if (!(error <= ulp)) *this = {error, x, outputs[i]};
    }
  }

  std::string text(const char* name) const {
    const int digits = std::numeric_limits<Scalar>::max_digits10;
    char line[200];
    std::snprintf(line, sizeof(line), "%s of %d bytes: %.3f ulp at %.*g, which gives %.*g", name,
                  int(sizeof(Scalar)), ulp, digits, double(input), digits, double(result));
    return line;
  }
};

// Every stride-th of the 2^32 floats, in the order of their bits.
template <class Function, class Packet>
Worst<float> worst_of_floats(std::uint64_t stride, Packet) {
  constexpr std::uint64_t all = std::uint64_t(1) << 32, block = 4096;
  Worst<float> worst;
  std::vector<float> inputs(block), outputs;
  for (std::uint64_t first = 0; first < all; first += block * stride) {
    for (std::uint64_t i = 0; i < block; ++i) {
      const auto bits =
          static_cast<std::uint32_t>(first + i * stride);  // the last block wraps round
      std::memcpy(&inputs[i], &bits, sizeof(bits));
    }
    worst.template include<Packet>(Function{}, inputs, outputs);
  }
  return worst;
}

// Random bits (every exponent), random numbers of the sizes that matter, and the neighbours of multiples of ln 2 / 2
// and of products of powers of two and of sqrt(2), where the range reductions change over.
std::vector<double> some_doubles(std::size_t count) {
  std::mt19937_64 random(20260101);
  std::vector<double> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bits = random();
    double x;
    std::memcpy(&x, &bits, sizeof(x));
    const double unit = double(bits >> 11) * 0x1p-53;
    const double small = std::exp2(-60 * unit);
    for (double y : {x, unit, 4 * unit - 2, 80 * unit - 40, 1500 * unit - 750, small, -small})
      inputs.push_back(y);
  }
  for (int i = -2200; i <= 2200; ++i) {
    const double halves = i * 0.34657359027997264, power = std::exp2(0.5 * i);
    for (double centre : {halves, power, power - 1, 1 - power, 1 / (1 + std::abs(halves))}) {
      double below = centre, above = centre;
      for (int step = 0; step < 8; ++step) {
        inputs.push_back(below = std::nextafter(below, -HUGE_VAL));
        inputs.push_back(above = std::nextafter(above, HUGE_VAL));
      }
    }
  }
  while (inputs.size() % 16 != 0) inputs.push_back(0);
  return inputs;
}

template <class Function, class Packet>
Worst<double> worst_of_doubles(std::size_t count, Packet) {
  Worst<double> worst;
  std::vector<double> outputs;
  worst.include<Packet>(Function{}, some_doubles(count), outputs);
  return worst;
}

using FloatPacket = Eigen::internal::packet_traits<float>::type;
using DoublePacket = Eigen::internal::packet_traits<double>::type;

// What the function gives, in packets and for plain scalars alike.
template <class Scalar, class Packet, class Function>
Scalar value(const Function& function, Scalar x, Packet) {
  std::vector<Scalar> inputs(sizeof(Packet) / sizeof(Scalar), x), outputs, scalars;
  evaluate<Packet>(function, inputs, outputs);
  evaluate<Scalar>(function, inputs, scalars);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    INFO(Function::name << "(" << x << ") = " << outputs[i] << ", as a scalar " << scalars[0]);
    CHECK((std::isnan(outputs[i]) ? std::isnan(scalars[0])
                                  : error_in_ulp(outputs[i], scalars[0]) <= 2));
    CHECK(
        (std::isnan(x) || outputs[i] != 0 || std::signbit(outputs[i]) == std::signbit(scalars[0])));
  }
  return outputs[0];
}

template <class Scalar, class Packet>
void check_special_values(Packet packet) {
  using Limits = std::numeric_limits<Scalar>;
  const Scalar zero = 0, one = 1, infinity = Limits::infinity(), largest = Limits::max(),
               least = Limits::min();
  const Scalar subnormal = Limits::denorm_min();
  Scalar loud_nan;  // a NaN with every bit set
  std::memset(&loud_nan, 0xff, sizeof(loud_nan));
  const auto of = [packet](auto function, Scalar x) { return value(function, x, packet); };
  const auto same = [](Scalar a, Scalar b) { return a == b && std::signbit(a) == std::signbit(b); };

  for (Scalar nan : {Limits::quiet_NaN(), -Limits::quiet_NaN(), loud_nan}) {
    CHECK(std::isnan(of(Exp{}, nan)));
    CHECK(std::isnan(of(ExpNonpositive{}, nan)));
    CHECK(std::isnan(of(Expm1{}, nan)));
    CHECK(std::isnan(of(Log{}, nan)));
    CHECK(std::isnan(of(Log1p{}, nan)));
    CHECK(std::isnan(of(Log1pUnit{}, nan)));
    CHECK(std::isnan(of(LogUnit{}, nan)));
    CHECK(std::isnan(of(Log1mUnit{}, nan)));
  }
  for (Scalar x : {zero, -zero, subnormal, -subnormal, 3 * subnormal, least,
                   -least}) {  // x + O(x^2), or 1 + x
    CHECK(of(Exp{}, x) == one);
    CHECK(of(ExpNonpositive{}, -std::abs(x)) == one);
    CHECK(same(of(Expm1{}, x), x));
    CHECK(same(of(Log1p{}, x), x));
    if (!std::signbit(x)) CHECK(same(of(Log1pUnit{}, x), x));
    if (!std::signbit(x)) CHECK(of(Log1mUnit{}, x) == -x);
  }
  CHECK(same(of(Exp{}, infinity), infinity));
  CHECK(same(of(Exp{}, largest), infinity));
  CHECK(same(of(Exp{}, -infinity), zero));
  CHECK(same(of(Exp{}, -largest), zero));
  CHECK(same(of(ExpNonpositive{}, -infinity), zero));
  CHECK(same(of(ExpNonpositive{}, -largest), zero));
  CHECK(same(of(Expm1{}, infinity), infinity));
  CHECK(same(of(Expm1{}, largest), infinity));
  CHECK(same(of(Expm1{}, -infinity), -one));
  CHECK(same(of(Expm1{}, -largest), -one));
  CHECK(same(of(Log{}, zero), -infinity));
  CHECK(same(of(Log{}, -zero), -infinity));
  CHECK(same(of(Log{}, one), zero));
  CHECK(same(of(Log{}, infinity), infinity));
  CHECK(same(of(Log1p{}, -one), -infinity));
  CHECK(same(of(Log1p{}, infinity), infinity));
  for (Scalar x : {zero, -zero}) CHECK(of(LogUnit{}, x) == -100);
  CHECK(of(LogUnit{}, one) == zero);
  CHECK(of(Log1mUnit{}, one) == -100);
  for (Scalar x : {-subnormal, -least, -one, -largest, -infinity}) CHECK(std::isnan(of(Log{}, x)));
  for (Scalar x : {std::nextafter(-one, -infinity), Scalar(-2), -largest, -infinity})
    CHECK(std::isnan(of(Log1p{}, x)));
}

template <class Function>
void check_floats(std::uint64_t stride, bool report) {
  const auto packets = worst_of_floats<Function>(stride, FloatPacket{});
  const auto scalars = worst_of_floats<Function>(8 * stride + 1, float{});
  if (report) WARN(packets.text(Function::name));
  INFO(packets.text(Function::name));
  INFO("as plain scalars: " << scalars.text(Function::name));
  CHECK(packets.ulp <= Function::float_ulp);
  CHECK(scalars.ulp <= Function::float_ulp);
}

template <class Function>
void check_doubles(std::size_t count, bool report) {
  const auto packets = worst_of_doubles<Function>(count, DoublePacket{});
  const auto scalars = worst_of_doubles<Function>(count / 8, double{});
  if (report) WARN(packets.text(Function::name));
  INFO(packets.text(Function::name));
  INFO("as plain scalars: " << scalars.text(Function::name));
  CHECK(packets.ulp <= Function::double_ulp);
  CHECK(scalars.ulp <= Function::double_ulp);
}

void check_all(std::uint64_t stride, std::size_t count, bool report) {
  check_floats<Exp>(stride, report);
  check_floats<ExpNonpositive>(stride, report);
  check_floats<Expm1>(stride, report);
  check_floats<Log>(stride, report);
  check_floats<Log1p>(stride, report);
  check_floats<Log1pUnit>(stride, report);
  check_floats<LogUnit>(stride, report);
  check_floats<Log1mUnit>(stride, report);
  check_doubles<Exp>(count, report);
  check_doubles<ExpNonpositive>(count, report);
  check_doubles<Expm1>(count, report);
  check_doubles<Log>(count, report);
  check_doubles<Log1p>(count, report);
  check_doubles<Log1pUnit>(count, report);
  check_doubles<LogUnit>(count, report);
  check_doubles<Log1mUnit>(count, report);
}

// Square roots are those of the standard library, bit by bit.
template <class Packet>
void check_roots(const Packet&) {
  using Scalar = typename Eigen::internal::unpacket_traits<Packet>::type;
  using Limits = std::numeric_limits<Scalar>;
  constexpr int lanes = Eigen::internal::unpacket_traits<Packet>::size;
  std::mt19937_64 random(7);
  std::vector<Scalar> numbers = {Scalar(0),     -Scalar(0),          Limits::denorm_min(),
                                 Limits::min(), Limits::max(),       Limits::infinity(),
                                 Scalar(-1),    -Limits::infinity(), Limits::quiet_NaN()};
  while (numbers.size() < 20000)
    numbers.push_back(std::ldexp(Scalar(random() >> 40) + 1, int(random() % 240) - 150));
  numbers.resize((numbers.size() + lanes - 1) / lanes * lanes, Scalar(1));
  std::vector<Scalar> wrong;
  for (std::size_t i = 0; i < numbers.size(); i += std::size_t(lanes)) {
    Scalar roots[lanes];
    Eigen::internal::pstoreu(
        roots, detail::square_root(Eigen::internal::ploadu<Packet>(numbers.data() + i)));
    for (int k = 0; k < lanes; ++k) {
      const Scalar x = numbers[i + std::size_t(k)], expected = std::sqrt(x);
      const bool same = std::isnan(expected)
                            ? std::isnan(roots[k])
                            : std::memcmp(&roots[k], &expected, sizeof expected) == 0;
      if (!same) wrong.push_back(x);
    }
  }
  CHECK(wrong == std::vector<Scalar>());
}

}  // namespace

TEST_CASE("packet_math: square roots are correctly rounded", "[packet_math]") {
  check_roots(FloatPacket{});
  check_roots(DoublePacket{});
}

TEST_CASE("packet_math: zeros, infinities, NaN, subnormal numbers and the ends of the domains",
          "[packet_math]") {
  check_special_values<float>(FloatPacket{});
  check_special_values<double>(DoublePacket{});
}

TEST_CASE("packet_math: errors are within the stated bounds", "[packet_math]") {
  check_all(997, 20000, false);  // every 997th float
}

TEST_CASE("packet_math: errors are within the stated bounds for every float", "[.exhaustive]") {
  check_all(1, 2000000, true);
}
