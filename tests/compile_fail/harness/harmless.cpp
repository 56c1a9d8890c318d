// SPDX-License-Identifier: BSL-1.0
// expect: never
int this_compiles_in_both_ways();
