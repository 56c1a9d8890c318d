// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <type_traits>

#include "../detail/output.hpp"
#include "../detail/stream.hpp"
#include "../detail/view.hpp"

// The frames of one sequence, in an array of any layout and type, as the contiguous numbers that
// the recursion takes.
namespace eigenloss {
namespace detail {

// Where frame t of a sequence lies in (T, N, C) or (T, C).
struct FrameShape {
  Index frames, sequences, classes;

  // Row-major: the first number of a frame; the others follow.
  Index first_of_row(Index t, Index sequence) const { return (t * sequences + sequence) * classes; }
  // Column-major: the first frame of a class; the others follow.
  Index first_of_column(Index c, Index sequence) const {
    return (c * sequences + sequence) * frames;
  }
};

// Frames of a column-major array are copied so many at once: what a cache line holds of each class,
// and more.
inline constexpr Index frames_at_once = 32;

// The frames of one sequence lie a batch apart, which no processor foresees: the one that comes so
// many frames later is asked for.
inline constexpr Index frames_ahead = 4;

// Hands out the frames of one sequence as contiguous numbers, and reads none but its first `length`
// ones.
template <class T, class View_>
class FrameReader {
 public:
  static Index room(Index classes) {
    return View_::row_major ? classes : frames_at_once * (classes + 1);
  }
  FrameReader(const View_& view, const FrameShape& shape, Index sequence, Index length, T* room)
      : view_(view), shape_(shape), sequence_(sequence), length_(length), copies_(room) {}
  FrameReader(const FrameReader&) = delete;

  const T* frame(Index t) {
    if constexpr (View_::row_major) {
      if (std::is_arithmetic<T>::value && view_.data() && t + frames_ahead < length_) {
        prefetch(view_.data() + shape_.first_of_row(t + frames_ahead, sequence_), shape_.classes);
      }
      return view_.read(shape_.first_of_row(t, sequence_), shape_.classes, copies_);
    } else {
      if (shape_.classes == 1 && view_.data())
        return view_.data() + shape_.first_of_column(0, sequence_) + t;
      if (t < first_ || t >= first_ + frames_at_once) copy(t - t % frames_at_once);
      return copies_ + (t - first_) * shape_.classes;
    }
  }

 private:
  void copy(Index first) {
    first_ = first;
    const Index count = (std::min)(frames_at_once, length_ - first);
    T* line = copies_ + frames_at_once * shape_.classes;
    for (Index c = 0; c < shape_.classes; ++c) {
      const T* numbers = view_.read(shape_.first_of_column(c, sequence_) + first, count, line);
      for (Index k = 0; k < count; ++k) copies_[k * shape_.classes + c] = numbers[k];
    }
  }

  const View_& view_;
  const FrameShape shape_;
  const Index sequence_, length_;
  T* const copies_;
  Index first_ = -frames_at_once;
};

// Takes the gradient of one sequence, frame by frame from the last to the first, perhaps twice (the
// second time is right), and writes it or, with `add`, adds it to what stands in the storage.
template <class T, class Out, bool RowMajor>
class FrameWriter {
 public:
  static Index room(Index frames, Index classes, bool add) {
    const Index held = add ? frames : RowMajor ? 1 : frames_at_once;
    return held * classes + (std::max)(classes, frames_at_once);
  }
  FrameWriter(const Sink<T, Out>& sink, const FrameShape& shape, Index sequence, Index length,
              bool add, T* room)
      : sink_(sink),
        shape_(shape),
        sequence_(sequence),
        length_(length),
        add_(add),
        held_(add        ? length
              : RowMajor ? 1
                         : frames_at_once),
        copies_(room),
        line_(room + held_ * shape.classes) {}
  FrameWriter(const FrameWriter&) = delete;

  T* row(Index t) {
    if (RowMajor && !add_) {
      if (std::is_arithmetic<T>::value && sink_.data() && t >= frames_ahead) {
        prefetch(sink_.data() + shape_.first_of_row(t - frames_ahead, sequence_), shape_.classes);
      }
      return sink_.place(shape_.first_of_row(t, sequence_), copies_);
    }
    return copies_ + t % held_ * shape_.classes;
  }
  void done(Index t) {
    if (add_) return;
    if constexpr (RowMajor) {
      sink_.write(shape_.first_of_row(t, sequence_), shape_.classes, copies_);
    } else {
      if (t % held_ == 0) flush(t);
    }
  }
  // The frames past the end are 0.
  void finish() {
    if (add_) {
      for (Index t = 0; t < length_; t += RowMajor ? 1 : frames_at_once) flush(t);
    } else {
      clear(sink_, shape_, sequence_, length_);
    }
  }
  // Writes 0 to the frames from `first` on.
  static void clear(const Sink<T, Out>& sink, const FrameShape& shape, Index sequence,
                    Index first) {
    T line[frames_at_once];
    const auto zero = [&](Index begin, Index count) {
      for (Index done = 0; done < count; done += frames_at_once) {
        const Index here = (std::min)(frames_at_once, count - done);
        T* to = sink.place(begin + done, line);
        std::fill_n(to, here, T(0));
        sink.write(begin + done, here, to);
      }
    };
    if constexpr (RowMajor) {
      for (Index t = first; t < shape.frames; ++t)
        zero(shape.first_of_row(t, sequence), shape.classes);
    } else {
      for (Index c = 0; c < shape.classes; ++c) {
        zero(shape.first_of_column(c, sequence) + first, shape.frames - first);
      }
    }
  }

 private:
  // One frame of a row-major array, or a block of them.
  void flush(Index t) {
    const T* from = copies_ + t % held_ * shape_.classes;
    if constexpr (RowMajor) {
      put(shape_.first_of_row(t, sequence_), shape_.classes,
          [from](Index c) -> const T& { return from[c]; });
    } else {
      const Index classes = shape_.classes, count = (std::min)(frames_at_once, length_ - t);
      for (Index c = 0; c < classes; ++c) {
        put(shape_.first_of_column(c, sequence_) + t, count,
            [=](Index k) -> const T& { return from[k * classes + c]; });
      }
    }
  }
  template <class Numbers>
  void put(Index first, Index count, const Numbers& numbers) {
    T* to = sink_.place(first, line_);
    if (add_) {
      sink_.read(first, count, line_);  // in place or to `line_`, as `place`
      for (Index k = 0; k < count; ++k) to[k] = to[k] + numbers(k);
    } else {
      for (Index k = 0; k < count; ++k) to[k] = numbers(k);
    }
    sink_.write(first, count, to);
  }

  const Sink<T, Out>& sink_;
  const FrameShape shape_;
  const Index sequence_, length_;
  const bool add_;
  const Index held_;
  T *const copies_, *const line_;
};

}  // namespace detail
}  // namespace eigenloss
