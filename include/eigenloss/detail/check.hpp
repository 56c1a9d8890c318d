// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cfloat>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "words.hpp"

// What the library says about a mistake: every sentence of the compiler (static_assert), and how an
// error at run time is put into words and raised.
namespace eigenloss {

/// Called with the sentence of a run-time error before it is thrown as std::invalid_argument, or,
/// where exceptions are disabled, before it is printed to stderr and the program aborts.
using ErrorHandler = void (*)(const char* message);

namespace detail {

inline std::atomic<ErrorHandler>& error_handler() {
  static std::atomic<ErrorHandler> handler{nullptr};
  return handler;
}

}  // namespace detail

/// Installs a handler (nullptr: none) and returns the one before it.
inline ErrorHandler set_error_handler(ErrorHandler handler) {
  return detail::error_handler().exchange(handler);
}

namespace detail {
namespace check {

[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::string (*loss)(), const Phrase* words,
                                                        std::size_t count) {
  std::string message = "eigenloss::" + loss() + ": ";
  for (std::size_t i = 0; i < count; ++i) words[i].append_to(message);
  if (ErrorHandler handler = error_handler().load()) handler(message.c_str());
#if defined(__cpp_exceptions)
  throw std::invalid_argument(message);
#else
  std::fprintf(stderr, "%s\n", message.c_str());
  std::abort();
#endif
}

// ---- Sentences of the compiler. ----

static_assert(FLT_EVAL_METHOD != 1 && FLT_EVAL_METHOD != 2,
              "eigenloss: exponentials and exact sums need numbers that are rounded to their type: "
              "on 32-bit x86, compile with -msse2 -mfpmath=sse");

#if defined(__apple_build_version__)
inline constexpr int clang_version = __clang_major__ + 2;  // Apple counts differently
#elif defined(__clang__)
inline constexpr int clang_version = __clang_major__;
#endif
#if defined(__clang__) && defined(__FINITE_MATH_ONLY__)
static_assert(!__FINITE_MATH_ONLY__ || clang_version < 18,
              "eigenloss: from version 18 on, Clang's -ffast-math makes a number from an infinity "
              "anything: compile with -fno-finite-math-only behind it");
#endif

template <class T>
constexpr bool never = false;

template <class Boolean>
Boolean no_branch_on_a_mask() {
  static_assert(never<Boolean>,
                "eigenloss: a formula runs on several numbers at once, so it cannot branch: write "
                "where(condition, a, b) instead of if, ?:, && or !");
  return Boolean();
}

template <std::size_t Given, std::size_t Inputs, std::size_t Gradients, bool StorageAllowed>
constexpr bool number_of_arguments() {
  static_assert(StorageAllowed || Given == Inputs,
                "eigenloss: wrong number of arguments: this verb takes the inputs of the loss and "
                "nothing else");
  static_assert(!StorageAllowed || Given == Inputs || Given == Inputs + Gradients,
                "eigenloss: wrong number of arguments: give the inputs of the loss, then no "
                "storage at all or "
                "one storage (or eigenloss::skip) for each gradient");
  return Given == Inputs || (StorageAllowed && Given == Inputs + Gradients);
}

template <bool Known>
constexpr void known_containers() {
  static_assert(Known,
                "eigenloss: every argument must be an Eigen tensor, an Eigen matrix or array, an "
                "expression of "
                "them or, where one number is enough, a plain number");
}

template <bool Array>
constexpr void array_input() {
  static_assert(Array,
                "eigenloss: the first argument must be an array: make a plain number an "
                "Eigen::Tensor<float, 0>");
}

template <bool Real>
constexpr void real_numbers() {
  static_assert(Real, "eigenloss: no argument may be complex: take .real(), .imag() or .abs()");
}

template <bool Right>
constexpr void reduction() {
  static_assert(Right,
                "eigenloss: a reduction needs static functions value(totals) and scale(totals): "
                "see reductions.hpp");
}

template <bool Right>
constexpr void pointwise_kernel() {
  static_assert(Right,
                "eigenloss: a kernel of Pointwise needs a member function value(inputs...); "
                "slope(inputs...) is optional");
}

template <bool Right>
constexpr void rowwise_kernel() {
  static_assert(Right,
                "eigenloss: a kernel of Rowwise needs a member function row(inputs..., slopes...) "
                "and an option axis");
}

template <bool OneOfLabels, bool OneOfLists>
constexpr void label_inputs() {
  static_assert(OneOfLabels,
                "eigenloss: a kernel of Rowwise takes at most one input with a class for each row");
  static_assert(
      OneOfLists,
      "eigenloss: a kernel of Rowwise with most_labels takes one input with rows of classes");
}

template <bool Floating>
constexpr void floating_input() {
  static_assert(
      Floating,
      "eigenloss: the input of a loss must be of a floating-point type: convert integers with "
      ".cast<float>()");
}

template <bool Same>
constexpr void storage_order() {
  static_assert(Same,
                "eigenloss: all arguments of rank 2 and more must have the same layout (ColMajor "
                "or RowMajor): "
                "use swap_layout or a transpose of both");
}

template <bool Right, bool Probabilities>
constexpr void class_targets() {
  static_assert(Right || Probabilities,
                "eigenloss: the target holds one class for each row, so it must be of an integer "
                "type: convert "
                "it with .cast<int>()");
  static_assert(
      Right || !Probabilities,
      "eigenloss: the target is either one class for each row, of an integer type (convert it with "
      ".cast<int>()), or probabilities in the shape of the input");
}

template <bool Writable>
constexpr void writable_storage() {
  static_assert(Writable,
                "eigenloss: storage for results must be a Tensor, TensorMap, Matrix, Array, Map, "
                "Ref, Block or "
                "transpose that can be written to, and not an expression");
}

template <bool Floating>
constexpr void floating_storage() {
  static_assert(Floating,
                "eigenloss: storage for results must be of a floating-point type, and real");
}

template <bool Right>
constexpr void device() {
  static_assert(
      Right,
      "eigenloss: .device() takes one of Eigen's devices, and neither a pointer to it nor a "
      "number of threads");
}

template <bool Right>
constexpr void formula() {
  static_assert(Right,
                "eigenloss: a formula is a function of one, two or three numbers of any type, as "
                "[](auto x, auto t), and not mutable");
}

template <bool Right>
constexpr void distance() {
  static_assert(Right,
                "eigenloss: a distance is a type with a member function template term(u, v): see "
                "engine/distances.hpp");
}

template <bool Arrays>
constexpr void rows_are_arrays() {
  static_assert(Arrays,
                "eigenloss: rows must be arrays: make a plain number an Eigen::Tensor<float, 0>");
}

template <bool Integers>
constexpr void integer_labels() {
  static_assert(Integers,
                "eigenloss: an input whose role is label or label_row must be of an integer type");
}

template <bool Right>
constexpr void sequences_of_frames() {
  static_assert(Right,
                "eigenloss: log-probabilities or logits of sequences have the dimensions (time, "
                "batch, classes) or "
                "(time, classes)");
}

template <bool... Integers>
constexpr void labels_and_lengths() {
  static_assert((Integers && ...),
                "eigenloss: the targets and lengths of sequences must be integers");
}

template <bool Unreduced>
constexpr void values_are_unreduced() {
  static_assert(
      Unreduced,
      "eigenloss: value_into is for the reduction Unreduced: a reduced value is one plain number");
}

template <bool Same>
constexpr void same_arguments_of_terms() {
  static_assert(Same,
                "eigenloss: the terms of a combination must take the same arguments and have "
                "gradients for the same ones");
}

template <bool Same>
constexpr void same_kind_of_terms() {
  static_assert(Same,
                "eigenloss: the terms of a combination must all be Unreduced, or none of them");
}

}  // namespace check

// The run-time errors of one loss. Each takes the condition that must hold; nothing is put into
// words before it is broken.
template <class Kernel>
struct Check {
  static const char* argument(std::size_t i) { return check::ArgumentNames<Kernel>::get(i); }

  template <class... Words>
  [[noreturn, gnu::cold, gnu::noinline]] static void fail(const Words&... words) {
    const check::Phrase sentence[] = {words...};
    check::fail(&check::NameOf<Kernel>::get, sentence, sizeof...(words));
  }

  // Huber: delta = 0 is not greater than 0
  template <class Number>
  static void option(bool holds, const char* option_name, Number value, const char* expected) {
    if (!holds) fail(option_name, " = ", value, " is not ", expected);
  }

  static void has_classes(Index classes) {
    if (classes == 0) fail("input has no classes");
  }

  // Class weights: none, or one for each class.
  template <class Weights>
  static void class_weights(const char* option_name, const Weights& weights, Index classes) {
    if (weights.size() != 0 && Index(weights.size()) != classes) {
      fail(option_name, " has ", weights.size(), " entries, expected none or one for each of the ",
           classes, " classes");
    }
  }
};

}  // namespace detail
}  // namespace eigenloss
