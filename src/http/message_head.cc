// SPDX-License-Identifier: Apache-2.0
#include "http/message_head.h"

namespace zerq::http {

std::string_view version_name(Version version) noexcept {
  switch (version) {
    case Version::kHttp10: return "HTTP/1.0";
    case Version::kHttp11: return "HTTP/1.1";
    case Version::kHttp2: return "HTTP/2";
  }
  return {};
}

}  // namespace zerq::http
