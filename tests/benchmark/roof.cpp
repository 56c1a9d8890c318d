// SPDX-License-Identifier: BSL-1.0
// The roof: a plain loop that moves the bytes of a cell and does nothing else. It reads every
// argument and, for a gradient, writes every gradient, block by block, with normal or with
// non-temporal stores. The best of its variants is the roof.
#include <immintrin.h>

#include <algorithm>

#include "cell.hpp"

namespace benchmark {
namespace {

#if defined(__AVX512F__)
using Vector = __m512i;
void stream(Vector* to, Vector value) { _mm512_stream_si512(to, value); }
#elif defined(__AVX__)
using Vector = __m256i;
void stream(Vector* to, Vector value) { _mm256_stream_si256(to, value); }
#else
using Vector = __m128i;
void stream(Vector* to, Vector value) { _mm_stream_si128(to, value); }
#endif

struct Stream {
  Vector* data;
  std::int64_t vectors;
};

// Keeps the compiler from leaving out the reads.
void use(Vector value) { asm volatile("" : : "x"(value)); }

Vector read(const Vector* data, std::int64_t count) {
  Vector a{}, b{}, c{}, d{};
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    a |= data[i];
    b |= data[i + 1];
    c |= data[i + 2];
    d |= data[i + 3];
  }
  for (; i < count; ++i) a |= data[i];
  return (a | b) | (c | d);
}

template <bool NonTemporal>
void write(Vector* data, std::int64_t count, Vector value) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (NonTemporal) {
      stream(data + i, value);
    } else {
      data[i] = value;
      asm volatile("" : : : "memory");
    }
  }
}

struct Traffic {
  std::vector<Stream> reads, writes;
  std::int64_t blocks;
};

template <bool NonTemporal>
void move(const Traffic& work, std::int64_t first, std::int64_t last) {
  const std::int64_t blocks = work.blocks;
  for (std::int64_t b = first; b < last; ++b) {
    Vector seen{};
    for (const Stream& s : work.reads) {
      const std::int64_t begin = s.vectors * b / blocks, end = s.vectors * (b + 1) / blocks;
      seen |= read(s.data + begin, end - begin);
    }
    use(seen);
    for (const Stream& s : work.writes) {
      const std::int64_t begin = s.vectors * b / blocks, end = s.vectors * (b + 1) / blocks;
      write<NonTemporal>(s.data + begin, end - begin, seen);
    }
  }
  if (NonTemporal) _mm_sfence();
}

template <bool NonTemporal>
Runner make(const Traffic& work, int threads) {
  return [work, threads](int repeats) {
    while (repeats-- > 0) {
      parallel(threads, [&](int i) {
        move<NonTemporal>(work, work.blocks * i / threads, work.blocks * (i + 1) / threads);
      });
    }
    return 0.0;
  };
}

}  // namespace

std::vector<Runner> make_roof(const Cell& cell, const Arguments& arguments) {
  // NLL reads one number a row, and CTC makes many passes: bytes are no limit for them.
  if (cell.loss == "NLL" || cell.loss.compare(0, 3, "CTC") == 0) return {};
  Traffic work{};
  std::int64_t longest = 1;
  for (const Argument& a : arguments) {
    const auto vectors =
        static_cast<std::int64_t>((a.bytes() + sizeof(Vector) - 1) / sizeof(Vector));
    work.reads.push_back({static_cast<Vector*>(a.row_major.get()), vectors});
    longest = std::max(longest, vectors);
    if (cell.work == Work::kFused && a.differentiable) {
      work.writes.push_back({static_cast<Vector*>(a.gradient.get()), vectors});
    }
  }
  std::vector<Runner> runners;
  for (const std::int64_t block_bytes : {2048, 16384, 131072}) {
    work.blocks = std::max<std::int64_t>(longest * sizeof(Vector) / block_bytes, cell.threads);
    runners.push_back(make<false>(work, cell.threads));
    if (!work.writes.empty()) runners.push_back(make<true>(work, cell.threads));
  }
  return runners;
}

}  // namespace benchmark
