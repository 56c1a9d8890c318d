// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Core>  // Clang's intrinsics declare posix_memalign, and must come first
#include <cstddef>
#include <cstdlib>

// Counts the heap allocations of a thread, whoever makes them (operator new, Eigen, the standard
// library), by standing in front of glibc's malloc. For one file of a program. Elsewhere, and under
// sanitizers that have a malloc of their own, nothing is counted.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define EIGENLOSS_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EIGENLOSS_TEST_SANITIZED
#endif

namespace allocations {
inline thread_local long counted = 0;
}  // namespace allocations

#if defined(__GLIBC__) && !defined(EIGENLOSS_TEST_SANITIZED)
namespace allocations {
constexpr bool are_counted = true;
}
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  ++allocations::counted;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++allocations::counted;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  ++allocations::counted;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++allocations::counted;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  ++allocations::counted;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;  // ENOMEM
}
}
#else
namespace allocations {
constexpr bool are_counted = false;
}
#endif
