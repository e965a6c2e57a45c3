// SPDX-License-Identifier: Apache-2.0
#include "audit/kill_point.h"

#ifdef ZERQ_TEST_HOOKS

#include <signal.h>

#include <atomic>
#include <cstdlib>

namespace zerq::audit {
namespace {

uint64_t step_of_environment() {
  const char* text = std::getenv("ZERQ_TEST_KILL_AT_STEP");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

std::atomic<uint64_t> steps = 0;

std::atomic<uint64_t>& kill_step() {
  static std::atomic<uint64_t> step = step_of_environment();
  return step;
}

}  // namespace

void pass_kill_point() noexcept {
  const uint64_t at = kill_step().load(std::memory_order_relaxed);
  if (steps.fetch_add(1, std::memory_order_relaxed) + 1 == at) {
    ::raise(SIGKILL);
  }
}

void kill_at_step_for_test(uint64_t step) noexcept {
  steps = 0;
  kill_step() = step;
}

uint64_t steps_passed_for_test() noexcept { return steps; }

}  // namespace zerq::audit

#endif
