// SPDX-License-Identifier: BSL-1.0
#define EIGEN_USE_THREADS
#include <eigenloss/engine/pointwise.hpp>

#include "support/foreign.hpp"
#include "support/laws.hpp"

struct LogCosh : laws::Elements<laws::Prediction<2>, laws::Number<2>> {
  static constexpr const char* name = "LogCosh";
  template <class R>
  static auto loss() {
    return eigenloss::Pointwise<foreign::LogCosh, R>{};
  }
};

TEST_CASE("a user's LogCosh obeys the laws") { laws::hold<LogCosh>(); }
