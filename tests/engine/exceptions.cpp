// SPDX-License-Identifier: BSL-1.0
#ifndef EIGEN_USE_THREADS
#define EIGEN_USE_THREADS
#endif
#include <atomic>
#include <eigenloss/eigenloss.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.hpp"

// An exception on a worker thread reaches the caller: once, whole, the same on every device, and nobody hangs.
using namespace eigenloss;

namespace {

constexpr Eigen::Index block = 16384;  // elements in a block of work

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no exception";
}

// Calls check(device) with no pool and with pools of 1, 2 and 7 threads, some times each.
template <class Check>
void on_every_device(const Check& check) {
  check(Eigen::DefaultDevice());
  for (const int threads : {1, 2, 3, 7}) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    for (int again = 0; again < 5; ++again) {
      INFO(threads << " threads");
      check(device);
    }
  }
}

std::atomic<int> thrown{0};
struct Sour {
  float operator()(float x) const {
    if (x > 1) {
      ++thrown;
      throw std::runtime_error("sour at " + std::to_string(int(x)));
    }
    return x;
  }
};

std::atomic<int> handled{0};
void count_errors(const char*) { ++handled; }

}  // namespace

TEST_CASE("a probability out of range in block 17 is one error, the same on every device") {
  Eigen::Tensor<float, 1> p(40 * block), y(40 * block), gradient(40 * block);
  p.setConstant(0.5f);
  y.setConstant(1.0f);
  p(17 * block + 5) = 1.5f;
  p(17 * block + 6) = 2.5f;
  p(30 * block) = std::numeric_limits<float>::quiet_NaN();
  const BCE<> loss;
  const std::string expected = "eigenloss::BCE: input(278533) = 1.5 is not between 0 and 1";
  const ErrorHandler before = set_error_handler(count_errors);
  int calls = 0;
  handled = 0;
  on_every_device([&](const auto& device) {
    CHECK(message_of([&] { loss.device(device)(p, y); }) == expected);
    CHECK(message_of([&] { loss.device(device).gradient(p, y); }) == expected);
    CHECK(message_of([&] { loss.device(device).value_and_gradient(p, y, gradient); }) == expected);
    calls += 3;
  });
  CHECK(handled == calls);
  set_error_handler(before);
}

TEST_CASE("an exception from a tensor expression's functor reaches the caller, the lowest one") {
  Eigen::Tensor<float, 1> x(40 * block), t(40 * block), gradient(40 * block);
  x.setConstant(0.5f);
  t.setZero();
  x(3 * block + 1) = 3.0f;
  for (Eigen::Index b = 17; b < 40; ++b) x(b * block) = float(b);
  const auto sour = x.unaryExpr(Sour());
  const MSE<> loss;
  on_every_device([&](const auto& device) {
    CHECK(message_of([&] { loss.device(device)(sour, t); }) == "sour at 3");
    CHECK(message_of([&] { loss.device(device).value_and_gradient(sour, t, gradient); }) ==
          "sour at 3");
  });
  CHECK(thrown > 0);
  // The device is as good as before.
  on_every_device([&](const auto& device) { CHECK(loss.device(device)(t, t) == 0.0f); });
}

TEST_CASE("what is done before a thread would wake stays on the caller's thread, more is shared") {
  const auto callers = [caller = std::this_thread::get_id()](float x) {
    return std::this_thread::get_id() == caller ? x : -1.0f;
  };
  Eigen::Tensor<float, 1> few(12000 * detail::Vector<float>::lanes), many(40 * block);
  few.setConstant(1.0f), many.setConstant(1.0f);
  on_every_device([&](const auto& device) {
    const L1<Sum> loss;
    CHECK(loss.device(device)(few.unaryExpr(callers), few) == 0.0f);
    const float elsewhere = loss.device(device)(many.unaryExpr(callers), many);
    CHECK((elsewhere > 0) == (device.numThreads() > 1));
  });
}

TEST_CASE("rows: an exception from an expression reaches the caller") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> x(40 * 1024, 16), gradient(40 * 1024, 16);
  Eigen::Tensor<int, 1, Eigen::RowMajor> y(40 * 1024);
  x.setConstant(0.5f);
  y.setZero();
  x(17 * 1024 + 3, 2) = 17.0f;
  x(20 * 1024, 0) = 20.0f;
  const auto sour = x.unaryExpr(Sour());
  on_every_device([&](const auto& device) {
    CHECK(message_of([&] { CrossEntropy<>{}.device(device)(sour, y); }) == "sour at 17");
    CHECK(message_of([&] {
            CrossEntropy<>{}.device(device).value_and_gradient(sour, y, gradient);
          }) == "sour at 17");
  });
}

TEST_CASE("sequences: an exception from an expression reaches the caller") {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(20, 64, 5);
  x.setConstant(-1.0f);
  x(2, 17, 1) = 17.0f;
  x(2, 40, 1) = 40.0f;
  Eigen::Tensor<int, 2, Eigen::RowMajor> targets(64, 2);
  targets.setConstant(1);
  Eigen::Tensor<int, 1, Eigen::RowMajor> frames(64), labels(64);
  frames.setConstant(20);
  labels.setConstant(2);
  const auto sour = x.unaryExpr(Sour());
  on_every_device([&](const auto& device) {
    CHECK(message_of([&] { CTC<>{}.device(device)(sour, targets, frames, labels); }) ==
          "sour at 17");
    CHECK(message_of([&] {
            CTCWithLogits<>{}.device(device).gradient(sour, targets, frames, labels);
          }) == "sour at 17");
  });
}

TEST_CASE("a bad class far down is found before any block runs, on every device") {
  Eigen::Tensor<float, 2> x(100000, 4);
  Eigen::Tensor<int, 1> y(100000);
  x.setZero();
  y.setZero();
  y(77777) = 4;
  on_every_device([&](const auto& device) {
    CHECK(message_of([&] { CrossEntropy<>{}.device(device)(x, y); }) ==
          "eigenloss::CrossEntropy: target(77777) = 4 is not a class of input with shape (100000, "
          "4)");
  });
}
