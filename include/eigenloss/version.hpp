// SPDX-License-Identifier: BSL-1.0
#pragma once

// The only place where the version stands: CMake and pkg-config read it from here.
/// The library's version is MAJOR.MINOR.PATCH. While MAJOR is 0, MINOR changes where calls may.
#define EIGENLOSS_VERSION_MAJOR 0
/// Changes where calls may have changed.
#define EIGENLOSS_VERSION_MINOR 1
/// Changes where only the inside has changed.
#define EIGENLOSS_VERSION_PATCH 0
