// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdio>
#include <string>

#if __has_include(<unistd.h>)
#include <unistd.h>
inline bool is_terminal() { return isatty(STDOUT_FILENO) != 0; }
#else
#include <io.h>
inline bool is_terminal() { return _isatty(_fileno(stdout)) != 0; }
#endif

// How far a long job is: a line that moves on a terminal, now and then a plain line elsewhere.
class Progress {
 public:
  Progress(int total, int plain_every) : total_(total), plain_every_(plain_every) {}

  // After step done of total, 1 being the first.
  void show(int done, const std::string& words) const {
    if (moving_) {
      constexpr int width = 24;
      const auto full = static_cast<std::size_t>(width * done / total_);
      const std::string bar = std::string(full, '#') + std::string(width - full, '.');
      std::printf("\r[%s] %d/%d  %s\033[K%s", bar.c_str(), done, total_, words.c_str(),
                  done == total_ ? "\n" : "");
    } else if (done % plain_every_ == 0 || done == 1 || done == total_) {
      std::printf("%d/%d  %s\n", done, total_, words.c_str());
    }
    std::fflush(stdout);
  }

 private:
  int total_, plain_every_;
  bool moving_ = is_terminal();
};
