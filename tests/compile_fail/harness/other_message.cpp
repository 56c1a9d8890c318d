// SPDX-License-Identifier: BSL-1.0
// expect: two is not three
#if EXPECT_FAIL == 1
static_assert(2 == 4, "two is not four");
#endif
