// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_decision.h"

#include <fmt/format.h>

#include <algorithm>

namespace zerq::limits {

std::string_view write_limit_headers(const PolicyDecision& decision, Arena& arena) {
  constexpr size_t kBytesMax = 448;
  char* const to = reinterpret_cast<char*>(arena.allocate(kBytesMax, 1));
  char* end = to;
  const auto write = [&]<class... A>(fmt::format_string<A...> format, A&&... values) {
    end = fmt::format_to_n(end, static_cast<size_t>(to + kBytesMax - end), format,
                           std::forward<A>(values)...)
              .out;
  };
  // Both limits, with a comma where there are two.
  const auto write_list = [&](std::string_view name, const auto& write_one) {
    write("{}: ", name);
    if (decision.rate.has_value()) {
      write_one("rate", *decision.rate);
    }
    if (decision.quota.has_value()) {
      write("{}", decision.rate.has_value() ? ", " : "");
      write_one("quota", *decision.quota);
    }
    write("\r\n");
  };
  write_list("RateLimit-Policy", [&](std::string_view name, const LimitDecision& one) {
    write("\"{}\";q={};w={}", name, one.limit, one.window_s);
  });
  write_list("RateLimit", [&](std::string_view name, const LimitDecision& one) {
    write("\"{}\";r={};t={}", name, one.remaining(), one.reset_s);
  });
  const LimitDecision& tightest = decision.tightest();
  write("RateLimit-Limit: {}\r\nRateLimit-Remaining: {}\r\nRateLimit-Reset: {}\r\n", tightest.limit,
        tightest.remaining(), tightest.reset_s);
  if (decision.rate_refuses() || decision.quota_refuses()) {
    const uint32_t rate_s = decision.rate_refuses() ? decision.rate->reset_s : 0;
    const uint32_t quota_s = decision.quota_refuses() ? decision.quota->reset_s : 0;
    write("Retry-After: {}\r\n", std::max(rate_s, quota_s));
  }
  return {to, static_cast<size_t>(end - to)};
}

}  // namespace zerq::limits
