// SPDX-License-Identifier: Apache-2.0
// Kill points: the places between two steps of rotate, drain, seal, commit and recycle, counted, so
// that a test can end the process between every two of them. Only with the CMake option
// ZERQ_TEST_HOOKS; without it a kill point is nothing at all.
#pragma once

#include <cstdint>

namespace zerq::audit {

#ifdef ZERQ_TEST_HOOKS
// Raises SIGKILL at the n-th point that is passed; the environment variable ZERQ_TEST_KILL_AT_STEP
// gives n, unless a test sets it. 0: never.
void pass_kill_point() noexcept;
void kill_at_step_for_test(uint64_t step) noexcept;
uint64_t steps_passed_for_test() noexcept;
#else
inline void pass_kill_point() noexcept {}
#endif

}  // namespace zerq::audit
