// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"
#include "support/catch.hpp"

// The driver over fixed seeds: quick enough for every build.
TEST_CASE("hostile input gives a result or an error, and nothing else") {
  constexpr std::uint64_t inputs = 10000;
  for (std::uint64_t seed = 0; seed < inputs; ++seed) {
    INFO("seed " << seed);
    fuzz::Random random(seed);
    std::array<std::uint8_t, 256> data;
    for (std::uint8_t& byte : data) byte = std::uint8_t(random.word() >> 56);
    REQUIRE_NOTHROW(LLVMFuzzerTestOneInput(data.data(), data.size()));
  }
  CHECK(fuzz::counted.calls > 10 * static_cast<long long>(inputs));
  CHECK(fuzz::counted.refused > 0);
}
