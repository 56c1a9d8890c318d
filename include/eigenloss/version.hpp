// SPDX-License-Identifier: BSL-1.0
#pragma once

// The only place where the version stands: CMake and pkg-config read it from here.
#define EIGENLOSS_VERSION_MAJOR 0
#define EIGENLOSS_VERSION_MINOR 1
#define EIGENLOSS_VERSION_PATCH 0
