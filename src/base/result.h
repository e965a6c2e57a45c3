// SPDX-License-Identifier: Apache-2.0
// Result<T> is a value or an Error; dropping one is a compile error. TRY(x) unwraps inside a
// function that returns a Result, CO_TRY(x) inside a coroutine that does (x may be a co_await).
#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

namespace zerq {

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(error); }
inline std::unexpected<Error> fail(ErrorCode code, std::string_view detail = {}) {
  return std::unexpected<Error>(Error{.code = code, .detail = detail});
}

}  // namespace zerq

#define TRY(expression)                                             \
  ({                                                                \
    auto try_result_ = (expression);                                \
    if (!try_result_.has_value()) [[unlikely]] {                    \
      return ::std::unexpected<::zerq::Error>(try_result_.error()); \
    }                                                               \
    *::std::move(try_result_);                                      \
  })

#define CO_TRY(expression)                                             \
  ({                                                                   \
    auto try_result_ = (expression);                                   \
    if (!try_result_.has_value()) [[unlikely]] {                       \
      co_return ::std::unexpected<::zerq::Error>(try_result_.error()); \
    }                                                                  \
    *::std::move(try_result_);                                         \
  })
