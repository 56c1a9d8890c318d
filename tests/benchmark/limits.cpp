// SPDX-License-Identifier: BSL-1.0
// Limits: what the parts of a loss take on this machine when nothing else is done, so that a time
// can be told from what it could be. limits.md says what follows from them.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <eigenloss/eigenloss.hpp>
#include <vector>

namespace {

using namespace eigenloss;
using Index = std::int64_t;
using detail::Vector;
using Array = std::vector<float, Eigen::aligned_allocator<float>>;  // begins with a cache line

template <class T>
void use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// The least of many times, in nanoseconds.
template <class Work>
double least(int runs, const Work& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e300;
  for (int k = 0; k < runs; ++k) {
    const auto begin = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
  }
  return best;
}

// ---- Functions of numbers in the nearest cache, four registers at a time. ----

template <class T, class F>
void function(const char* name, const F& f) {
  using V = Vector<T, 4>;
  constexpr int size = 1024, repeats = 200;
  alignas(64) static T in[size], out[size];
  for (int i = 0; i < size; ++i) in[i] = T(-0.005) * T(i + 1);
  const double time = least(100, [&] {
    for (int k = 0; k < repeats; ++k) {
      for (int i = 0; i < size; i += int(V::lanes)) f(V::load(in + i)).store(out + i);
      use(out);
    }
  });
  std::printf("  %-44s %7.3f\n", name, time / (repeats * size));
}

template <class T>
void functions(const char* type) {
  using V = Vector<T, 4>;
  std::printf("functions of %s, ns a number\n", type);
  function<T>("none: a copy", [](const V& x) { return x; });
  function<T>("exp of x <= 0", [](const V& x) { return exp_nonpositive(x); });
  function<T>("exp", [](const V& x) { return exp(x); });
  function<T>("log", [](const V& x) { return log(-x); });
  function<T>("log x and log(1 - x), x in [0, 1]", [](const V& x) {
    const V p = x * V(T(-0.1));
    return detail::log_unit(p, -100) + detail::log1m_unit(p, -100);
  });
  function<T>("softplus", [](const V& x) { return softplus(x); });
  function<T>("softplus and sigmoid, for one exp", [](const V& x) {
    const detail::SoftplusAndSigmoid<V> both(x);
    return both.softplus + both.sigmoid;
  });
}

// ---- Chains: what one number has to wait for. ----

template <class F>
double chain(const char* name, const F& f) {
  using V = Vector<float>;
  constexpr int steps = 1000;
  V x(0.5f);
  const double time = least(200, [&] {
    for (int k = 0; k < steps; ++k) x = f(x);
    use(x);
  });
  std::printf("  %-44s %7.1f\n", name, time / steps);
  return time / steps;
}

void chains() {
  using V = Vector<float>;
  std::printf("chains of float, ns from an argument to a result\n");
  const double e = chain("exp of x <= 0", [](const V& x) { return exp_nonpositive(-x); });
  const double l1p = chain("log(1 + e)", [](const V& x) { return log1p_unit(x); });
  const double l = chain("log", [](const V& x) { return log(x + V(1.5f)); });
  const double m =
      chain("largest lane", [](const V& x) { return V(detail::largest_of_lanes(x)) * V(0.5f); });
  const double s =
      chain("sum of lanes", [](const V& x) { return V(detail::sum_of_lanes(x)) * V(0.01f); });
  std::printf("  %-44s %7.1f\n", "one element of BCEWithLogits", e + l1p);
  std::printf("  %-44s %7.1f\n", "one row of CrossEntropy", m + e + s + l);
}

// ---- Columns: tiles of a column-major array, some cache lines of each column. ----

void columns() {
  constexpr Index rows = 4096, classes = 1000, line = 16, ahead = 16;
  Array x(rows * classes + 64), g(rows * classes + 64);
  using V = Vector<float>;
  std::printf(
      "tiles of a column-major (4096, 1000), ns a number: lines of a step, read, written\n");
  for (Index lines = 1; lines <= rows / line; lines *= 2) {
    const Index width = lines * line;
    V largest(0);
    const double read = least(10, [&] {
      for (Index r = 0; r < rows; r += width) {
        for (Index c = 0; c < classes; ++c) {
          const float* const step = x.data() + c * rows + r;
          detail::prefetch(step + ahead * rows, width);
          for (Index k = 0; k < width; k += V::lanes) largest = larger(largest, V::load(step + k));
        }
      }
      use(largest);
    });
    const double write = least(10, [&] {
      for (Index r = 0; r < rows; r += width) {
        for (Index c = 0; c < classes; ++c) {
          float* const step = g.data() + c * rows + r;
          detail::prefetch<true>(step + ahead * rows, width);
          for (Index k = 0; k < width; k += V::lanes) largest.store(step + k);
        }
      }
      use(g);
    });
    std::printf("  %6d %37.3f %7.3f\n", int(lines), read / (rows * classes),
                write / (rows * classes));
  }
}

// What a loss of column-major rows does to memory, and nothing else: tile by tile, `inputs` arrays are
// read and, with gradient, read again and as many written.
void tiles(const char* name, Index rows, Index size, int inputs, Index lines) {
  constexpr Index line = 16, ahead = 16;
  using V = Vector<float>;
  const Index width = lines * line;
  std::vector<Array> x(inputs, Array(rows * size)), g(inputs, Array(rows * size));
  V largest(0);
  const auto read = [&](Index r) {
    for (Index c = 0; c < size; ++c) {
      for (const Array& a : x) {
        const float* const step = a.data() + c * rows + r;
        detail::prefetch(step + ahead * rows, width);
        for (Index k = 0; k < width; k += V::lanes) largest = larger(largest, V::load(step + k));
      }
    }
    use(largest);
  };
  const auto write = [&](Index r) {
    for (Index c = 0; c < size; ++c) {
      for (int i = 0; i < inputs; ++i) {
        const Index at = c * rows + r;
        detail::prefetch(x[i].data() + at + ahead * rows, width);
        detail::prefetch<true>(g[i].data() + at + ahead * rows, width);
        for (Index k = 0; k < width; k += V::lanes) {
          (V::load(x[i].data() + at + k) * V(0.5f)).store(g[i].data() + at + k);
        }
      }
    }
    use(g);
  };
  const double value = least(10, [&] {
    for (Index r = 0; r < rows; r += width) read(r);
  });
  const double both = least(10, [&] {
    for (Index r = 0; r < rows; r += width) read(r), write(r);
  });
  const double numbers = double(rows * size);
  std::printf("  %-30s %d %5d %14.3f %7.3f\n", name, inputs, int(lines), value / numbers,
              both / numbers);
}

// ---- Labels: the plainest loops of NLL, without a check, a weight or an ignored class. ----

// Held back, at most 16 reads are under way: each address waits for the entry of 16 rows before.
void labels(const char* name, Index outer, Index classes, Index inner) {
  const Index rows = outer * inner;
  Array x(rows * classes), g(rows * classes);
  std::vector<int> y(rows);
  for (Index r = 0; r < rows; ++r) y[r] = int(r * 7919 % classes);
  const auto entry = [&](Index r) {
    return r / inner * classes * inner + y[r] * inner + r % inner;
  };
  const auto value = [&] {
    float sum = 0;
    for (Index r = 0; r < rows; ++r) sum -= x[entry(r)];
    use(sum);
  };
  volatile std::int32_t unknown_zero = 0;
  const auto held_back = [&, zero = std::int32_t(unknown_zero)] {
    float sum = 0;
    std::int32_t before[16] = {};
    for (Index r = 0; r < rows; ++r) {
      const float found = x[entry(r) + (before[r % 16] & zero)];
      before[r % 16] = Eigen::numext::bit_cast<std::int32_t>(found);
      sum -= found;
    }
    use(sum);
  };
  const double reading = least(200, value), reading_held_back = least(200, held_back);
  const double writing = least(20, [&] {
    value();
    std::fill(g.begin(), g.end(), 0.0f);
    for (Index r = 0; r < rows; ++r) g[entry(r)] = -1.0f / float(rows);
    use(g);
  });
  std::printf("  %-36s %7.2f %7.2f %7.2f\n", name, reading / double(rows),
              reading_held_back / double(rows), writing / double(rows));
}

}  // namespace

int main() {
  functions<float>("float");
  functions<double>("double");
  chains();
  columns();
  std::printf(
      "tiles read, and read again and written: inputs, lines of a step, ns a number of one\n");
  for (const Index lines : {2, 4, 16}) tiles("(4096, 1000)", 4096, 1000, 1, lines);
  for (const Index lines : {2, 4, 16}) tiles("(512, 32000)", 512, 32000, 1, lines);
  for (const Index lines : {2, 4, 16}) tiles("(4096, 512)", 4096, 512, 2, lines);
  for (const Index lines : {2, 4, 16}) tiles("(4096, 512)", 4096, 512, 3, lines);
  std::printf("plain loops of NLL, ns a row: value, held back, value and gradient\n");
  labels("(4096, 1000) row-major", 4096, 1000, 1);
  labels("(4096, 1000) column-major", 1, 1000, 4096);
  labels("(8, 21, 128, 128) row-major", 8, 21, 128 * 128);
  labels("(8, 21, 128, 128) column-major", 128 * 128, 21, 8);
}
