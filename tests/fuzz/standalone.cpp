// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <cstdlib>

#include "driver.hpp"

// fuzz_<family> [number of inputs] [first seed]: the driver over pseudo-random inputs, for a run under sanitizers
// without libFuzzer. A failure prints the seed that reproduces it.
int main(int count, char** words) {
  const unsigned long long inputs = count > 1 ? std::strtoull(words[1], nullptr, 10) : 100000;
  const unsigned long long first = count > 2 ? std::strtoull(words[2], nullptr, 10) : 0;
  for (unsigned long long seed = first; seed < first + inputs; ++seed) {
    fuzz::Random random(seed);
    std::array<std::uint8_t, 256> data;
    for (std::uint8_t& byte : data) byte = std::uint8_t(random.word() >> 56);
    try {
      LLVMFuzzerTestOneInput(data.data(), data.size());
    } catch (const std::exception& error) {
      std::printf("seed %llu: %s\n", seed, error.what());
      return 1;
    }
  }
  std::printf("%llu inputs from seed %llu: %lld calls, %lld of them refused\n", inputs, first,
              fuzz::counted.calls, fuzz::counted.refused);
}
