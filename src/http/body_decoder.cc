// SPDX-License-Identifier: Apache-2.0
#include "http/body_decoder.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "http/h1/field_lines.h"
#include "http/h1/head_scan.h"
#include "text/hex.h"

namespace zerq::http {
namespace {

constexpr uint8_t kSizeDigitsMax = 16;
constexpr uint32_t kTrailerBytesFirst = 240;

// RFC 9110 §6.5.1: framing, routing and identity were settled by the head; a trailer that speaks
// of them speaks to somebody else.
bool is_forbidden_in_trailers(KnownHeader known) {
  switch (known) {
    case KnownHeader::kAuthorization:
    case KnownHeader::kConnection:
    case KnownHeader::kContentEncoding:
    case KnownHeader::kContentLength:
    case KnownHeader::kContentType:
    case KnownHeader::kCookie:
    case KnownHeader::kExpect:
    case KnownHeader::kForwarded:
    case KnownHeader::kHost:
    case KnownHeader::kKeepAlive:
    case KnownHeader::kProxyAuthenticate:
    case KnownHeader::kProxyAuthorization:
    case KnownHeader::kProxyConnection:
    case KnownHeader::kTe:
    case KnownHeader::kTrailer:
    case KnownHeader::kTransferEncoding:
    case KnownHeader::kUpgrade:
    case KnownHeader::kXApiKey:
    case KnownHeader::kXClientId:
    case KnownHeader::kXForwardedFor:
    case KnownHeader::kXForwardedHost:
    case KnownHeader::kXForwardedProto:
    case KnownHeader::kXProfileId:
    case KnownHeader::kXZerq: return true;
    default: return false;
  }
}

constexpr bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, uint64_t content_length, const BodyLimits& limits,
                         Arena& arena)
    : framing_(framing), state_(Where::kBody), limits_(limits), arena_(&arena), trailers_(arena) {
  switch (framing) {
    case Framing::kNone: state_ = Where::kEnd; break;
    case Framing::kContentLength:
      left_ = content_length;
      state_ = content_length == 0 ? Where::kEnd : Where::kBody;
      break;
    case Framing::kChunked: state_ = Where::kSize; break;
    case Framing::kUntilClose: left_ = UINT64_MAX; break;
  }
}

BodyDecoder::Step BodyDecoder::next(std::string_view bytes) {
  if (state_ == Where::kEnd) {
    return {.state = Step::State::kDone};
  }
  if (state_ == Where::kBroken) {
    return refuse(refusal_, 0);
  }
  return framing_ == Framing::kChunked ? next_chunked(bytes) : next_of_known_length(bytes);
}

BodyDecoder::Step BodyDecoder::refuse(std::string_view reason, size_t consumed) {
  state_ = Where::kBroken;
  refusal_ = reason;
  return {.state = Step::State::kRefused, .consumed = consumed, .reason = reason};
}

BodyDecoder::Step BodyDecoder::next_of_known_length(std::string_view bytes) {
  if (bytes.empty()) {
    return {};
  }
  const std::string_view piece = bytes.substr(0, left_);
  decoded_ += piece.size();
  if (framing_ == Framing::kContentLength) {
    left_ -= piece.size();
    if (left_ == 0) {
      state_ = Where::kEnd;
    }
  }
  return {.state = Step::State::kPiece, .consumed = piece.size(), .piece = piece};
}

BodyDecoder::Step BodyDecoder::next_chunked(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    if (state_ == Where::kPayload) {
      const std::string_view piece = bytes.substr(at, left_);
      left_ -= piece.size();
      decoded_ += piece.size();
      if (left_ == 0) {
        state_ = Where::kPayloadCr;
      }
      return {.state = Step::State::kPiece, .consumed = at + piece.size(), .piece = piece};
    }
    if (state_ == Where::kTrailer) {
      Step step = take_trailers(bytes.substr(at));
      step.consumed += at;
      return step;
    }
    const std::string_view reason = take_framing_byte(bytes[at++]);
    if (!reason.empty()) {
      return refuse(reason, at);
    }
  }
  return {.consumed = at};
}

// RFC 9112 §7.1. Returns why it refuses.
std::string_view BodyDecoder::take_framing_byte(char c) {
  switch (state_) {
    case Where::kSize: return take_size_digit(c);
    case Where::kExtension:
      if (c == '\r') {
        state_ = Where::kSizeLf;
        return {};
      }
      if (is_control(c)) {
        return "invalid_chunk_extension";
      }
      return ++extension_bytes_ > limits_.chunk_extension_bytes_max ? "chunk_extensions_too_long"
                                                                    : std::string_view();
    case Where::kSizeLf:
      if (c != '\n') {
        return "bare_cr";
      }
      state_ = left_ == 0 ? Where::kTrailer : Where::kPayload;
      return {};
    case Where::kPayloadCr:
      state_ = Where::kPayloadLf;
      return c == '\r' ? std::string_view() : "chunk_longer_than_its_size";
    case Where::kPayloadLf:
      state_ = Where::kSize;
      size_digits_ = 0;
      return c == '\n' ? std::string_view() : "chunk_longer_than_its_size";
    case Where::kBody:
    case Where::kPayload:
    case Where::kTrailer:
    case Where::kEnd:
    case Where::kBroken: break;
  }
  CHECK(false);
  return {};
}

std::string_view BodyDecoder::take_size_digit(char c) {
  const int digit = text::hex_digit_value(c);
  if (digit >= 0) {
    if (++size_digits_ > kSizeDigitsMax || left_ >> 59 != 0) {
      return "chunk_size_too_large";
    }
    left_ = left_ << 4 | static_cast<uint64_t>(digit);
    return {};
  }
  if (size_digits_ == 0) {
    return "invalid_chunk_size";
  }
  if (c == '\r') {
    state_ = Where::kSizeLf;
    return {};
  }
  if (c == ';') {
    state_ = Where::kExtension;
    return ++extension_bytes_ > limits_.chunk_extension_bytes_max ? "chunk_extensions_too_long"
                                                                  : std::string_view();
  }
  // White space before the extension is in the grammar as bad white space; nobody needs it.
  return c == '\n' ? "bare_lf" : "invalid_chunk_size";
}

// Returns why it refuses.
std::string_view BodyDecoder::keep_trailer_bytes(std::string_view bytes) {
  if (bytes.size() > limits_.trailer_bytes_max - trailer_bytes_) {
    return "trailers_too_large";
  }
  const auto needed = static_cast<uint32_t>(trailer_bytes_ + bytes.size());
  if (needed > trailer_capacity_) {
    trailer_capacity_ = std::max({needed, trailer_capacity_ * 2, kTrailerBytesFirst});
    char* text =
        reinterpret_cast<char*>(arena_->allocate(trailer_capacity_ + h1::kReadablePadding, 1));
    std::copy_n(trailer_text_, trailer_bytes_, text);
    trailer_text_ = text;
  }
  std::ranges::copy(bytes, trailer_text_ + trailer_bytes_);
  trailer_bytes_ = needed;
  return {};
}

// RFC 9112 §7.1.2.
BodyDecoder::Step BodyDecoder::take_trailers(std::string_view bytes) {
  if (trailer_bytes_ == 0 && bytes.starts_with("\r\n")) [[likely]] {
    state_ = Where::kEnd;
    return {.state = Step::State::kDone, .consumed = 2};
  }
  size_t at = 0;
  for (;;) {
    const size_t lf = bytes.find('\n', at);
    const bool is_whole_line = lf != std::string_view::npos;
    const std::string_view part = bytes.substr(at, is_whole_line ? lf + 1 - at : lf);
    at += part.size();
    if (const std::string_view reason = keep_trailer_bytes(part); !reason.empty()) {
      return refuse(reason, at);
    }
    if (!is_whole_line) {
      return {.consumed = at};
    }
    const std::string_view line(trailer_text_ + trailer_line_start_,
                                trailer_bytes_ - trailer_line_start_);
    if (!line.ends_with("\r\n")) {
      return refuse("bare_lf", at);
    }
    if (line.size() == 2) {
      const std::string_view reason = finish_trailers();
      if (!reason.empty()) {
        return refuse(reason, at);
      }
      state_ = Where::kEnd;
      return {.state = Step::State::kDone, .consumed = at};
    }
    trailer_line_start_ = trailer_bytes_;
  }
}

// Returns why it refuses.
std::string_view BodyDecoder::finish_trailers() {
  std::memset(trailer_text_ + trailer_bytes_, 0, h1::kReadablePadding);
  const std::string_view section(trailer_text_, trailer_bytes_);
  if (section.size() == 2) {
    return {};
  }
  const h1::HeadScan scan = h1::scan_head(section, 0);
  if (scan.state != h1::HeadScan::State::kEnd) {
    return scan.reason;
  }
  const std::string_view reason =
      h1::parse_field_lines(section.substr(0, section.size() - 2), limits_.trailers_max, trailers_);
  if (!reason.empty()) {
    return reason;
  }
  for (const Header& field : trailers_) {
    if (is_forbidden_in_trailers(field.known)) {
      return "forbidden_trailer";
    }
  }
  return {};
}

}  // namespace zerq::http
