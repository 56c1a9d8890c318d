// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "laws_of_reductions.hpp"
#include "laws_of_results.hpp"
#include "laws_of_units.hpp"
#include "laws_of_weights.hpp"

// The laws that every loss obeys, written once. A test of a loss describes it (description.hpp) and
// says
//   TEST_CASE("Huber obeys the laws") { laws::hold<Huber>(); }
// A failure names the loss, the law, the seed, the shape, the reduction, the scalar and the layout,
// and how to run that law alone.
namespace laws {

inline void check(const Subject& loss) {
  const std::vector<std::vector<Law>> groups = {laws_of_units(), laws_of_reductions(),
                                                laws_of_weights(), laws_of_results()};
  for (const std::vector<Law>& group : groups) {
    for (const Law& law : group) {
      DYNAMIC_SECTION(law.name) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
          INFO("loss: " << loss.name << ", law: " << law.name << ", seed: " << seed
                        << "; to see it alone, run this program with: -c \"" << law.name << "\"");
          Trial trial{loss, seed, Random(seed)};
          law.holds(trial);
        }
      }
    }
  }
}

template <class D>
void hold() {
  check(subject<D>());
}

}  // namespace laws
