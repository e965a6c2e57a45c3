// SPDX-License-Identifier: Apache-2.0
#include "http/http_method.h"

#include <array>
#include <utility>

namespace zerq::http {
namespace {

constexpr std::array<std::string_view, kMethodCount> kNames = {"GET",   "POST", "PUT",    "DELETE",
                                                               "PATCH", "HEAD", "OPTIONS"};

}  // namespace

Method parse_method(std::string_view token) noexcept {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (token == kNames[i]) {
      return static_cast<Method>(i);
    }
  }
  return Method::kOther;
}

std::string_view method_name(Method method) noexcept {
  return method == Method::kOther ? std::string_view() : kNames[std::to_underlying(method)];
}

bool is_idempotent(Method method) noexcept {
  switch (method) {
    case Method::kGet:
    case Method::kHead:
    case Method::kOptions:
    case Method::kPut:
    case Method::kDelete: return true;
    case Method::kPost:
    case Method::kPatch:
    case Method::kOther: return false;
  }
  return false;
}

}  // namespace zerq::http
