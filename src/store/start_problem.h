// SPDX-License-Identifier: Apache-2.0
// StartProblem: why the process cannot start, as the one line that the operator sees: it names the
// file or directory and says what to do (at most 200 characters). Errors of running calls are
// base/error.h.
#pragma once

#include <expected>
#include <string>

namespace zerq::store {

struct StartProblem {
  std::string line;
};

template <class T>
using StartResult = std::expected<T, StartProblem>;

inline std::unexpected<StartProblem> cannot_start(std::string line) {
  return std::unexpected(StartProblem{std::move(line)});
}

}  // namespace zerq::store
