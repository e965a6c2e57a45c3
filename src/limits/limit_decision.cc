// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_decision.h"

#include <fmt/format.h>

namespace zerq::limits {

std::string_view write_limit_headers(const PolicyDecision& decision, Arena& arena) {
  const LimitDecision& rate = *decision.rate;
  constexpr size_t kBytesMax = 320;
  char* const to = reinterpret_cast<char*>(arena.allocate(kBytesMax, 1));
  char* end = fmt::format_to_n(to, kBytesMax,
                               "RateLimit-Policy: \"rate\";q={0};w={1}\r\n"
                               "RateLimit: \"rate\";r={2};t={3}\r\n"
                               "RateLimit-Limit: {0}\r\nRateLimit-Remaining: {2}\r\n"
                               "RateLimit-Reset: {3}\r\n",
                               rate.limit, rate.window_s, rate.remaining(), rate.reset_s)
                  .out;
  if (!rate.is_admitted) {
    end = fmt::format_to(end, "Retry-After: {}\r\n", rate.reset_s);
  }
  return {to, static_cast<size_t>(end - to)};
}

}  // namespace zerq::limits
