// SPDX-License-Identifier: BSL-1.0
// expect: never
this does not compile in either way
