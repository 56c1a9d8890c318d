// SPDX-License-Identifier: BSL-1.0
// expect: two is not three
// expect: two is not four
#if EXPECT_FAIL == 1
static_assert(2 == 3, "two is not three");
#elif EXPECT_FAIL == 2
static_assert(2 == 4, "two is not four");
#else
static_assert(2 == 2, "two is two");
#endif
