// SPDX-License-Identifier: BSL-1.0
// The one main of all test programs under Catch2 2; Catch2 3 brings its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
