// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

// The memory that CTC works in.
namespace eigenloss {

namespace detail {
class CtcLease;
}

/// Buffers for the sequences at hand: one for each thread that works on a batch. They grow to what
/// the largest batch needs and are kept until the object dies, so that later calls allocate
/// nothing. Any number of calls and threads may share one object. Without one (`workspace` is
/// null), each thread keeps a workspace of its own until it ends.
class CTCWorkspace {
 public:
  CTCWorkspace() = default;
  CTCWorkspace(const CTCWorkspace&) = delete;
  CTCWorkspace& operator=(const CTCWorkspace&) = delete;

  // What it holds at present, but for buffers in use.
  std::size_t bytes() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::size_t sum = 0;
    for (const Buffer& buffer : idle_) sum += buffer.bytes;
    return sum;
  }

 private:
  friend class detail::CtcLease;
  struct Buffer {
    std::unique_ptr<unsigned char[]> memory;
    std::size_t bytes = 0;
  };

  Buffer take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.empty()) {
      idle_.reserve(buffers_ + 1);  // so that giving back cannot fail
      ++buffers_;
      return {};
    }
    Buffer buffer = std::move(idle_.back());
    idle_.pop_back();
    return buffer;
  }
  void give_back(Buffer&& buffer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(buffer));
  }

  mutable std::mutex mutex_;
  std::vector<Buffer> idle_;
  std::size_t buffers_ = 0;
};

namespace detail {

// One buffer of a workspace, for as long as this object lives.
class CtcLease {
 public:
  CtcLease(CTCWorkspace* workspace, std::size_t bytes)
      : workspace_(workspace ? *workspace : of_this_thread()), buffer_(workspace_.take()) {
    if (buffer_.bytes >= bytes) return;
    buffer_ = {};  // the old one goes first
    buffer_.memory.reset(new unsigned char[bytes]);
    buffer_.bytes = bytes;
  }
  CtcLease(const CtcLease&) = delete;
  CtcLease& operator=(const CtcLease&) = delete;
  ~CtcLease() { workspace_.give_back(std::move(buffer_)); }
  void* data() const { return buffer_.memory.get(); }

 private:
  static CTCWorkspace& of_this_thread() {
    static thread_local CTCWorkspace workspace;
    return workspace;
  }

  CTCWorkspace& workspace_;
  CTCWorkspace::Buffer buffer_;
};

}  // namespace detail
}  // namespace eigenloss
