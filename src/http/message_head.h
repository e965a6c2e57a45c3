// SPDX-License-Identifier: Apache-2.0
// RequestHead and ResponseHead: what both codecs produce and the walk reads. Rung: Exchange; views
// into its arena. The framing is decided by the codec and by nobody else.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/header_list.h"
#include "http/http_method.h"

namespace zerq::http {

enum class Version : uint8_t { kHttp10, kHttp11, kHttp2 };
std::string_view version_name(Version version) noexcept;  // "HTTP/1.1"

// How the end of a message's body is found.
enum class Framing : uint8_t {
  kNone,           // No body.
  kContentLength,  // Exactly content_length bytes (> 0).
  kChunked,        // HTTP/1.1 chunked, or HTTP/2 DATA without a length.
  kUntilClose,     // Responses only: HTTP/1.0 style.
};

struct RequestHead {
  explicit RequestHead(Arena& arena) : headers(arena) {}

  Version version = Version::kHttp11;
  Method method = Method::kOther;
  std::string_view method_text;
  std::string_view target;     // As sent: origin-form, absolute-form, authority-form or "*".
  std::string_view
      authority;  // Host, or the authority of an absolute-form target; may be empty (HTTP/1.0).
  std::string_view raw_path;   // Path part of the target, not canonical yet; "*" for OPTIONS *.
  std::string_view query;      // Without '?'.
  bool has_query = false;
  HeaderList headers;
  Framing framing = Framing::kNone;
  uint64_t content_length = 0;
  bool keep_alive = true;  // What the version and Connection say; we may close all the same.
  bool expects_continue = false;  // Expect: 100-continue, HTTP/1.1, with a body to come.
  uint32_t head_bytes = 0;
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : headers(arena) {}

  Version version = Version::kHttp11;
  uint16_t status = 0;
  std::string_view reason;
  HeaderList headers;
  Framing framing = Framing::kNone;
  uint64_t content_length = 0;
  bool keep_alive = true;
  uint32_t head_bytes = 0;
};

}  // namespace zerq::http
