// SPDX-License-Identifier: Apache-2.0
#include "http/h1/head_scan.h"

#include <cstdint>
#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

namespace zerq::http::h1 {
namespace {

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// One control character in its surroundings: true when it decides the scan.
bool settle(std::string_view bytes, size_t at, HeadScan& scan) {
  switch (bytes[at]) {
    case '\t': return false;
    case '\r':
      if (at + 1 == bytes.size()) {
        scan = {HeadScan::State::kIncomplete, at, {}};
        return true;
      }
      if (bytes[at + 1] != '\n') {
        scan = {HeadScan::State::kRefused, at, "bare_cr"};
        return true;
      }
      return false;
    case '\n':
      if (at == 0 || bytes[at - 1] != '\r') {
        scan = {HeadScan::State::kRefused, at, "bare_lf"};
        return true;
      }
      // That line ended where this one began, so this one is empty.
      if (at >= 3 && bytes[at - 2] == '\n') {
        scan = {HeadScan::State::kEnd, at + 1, {}};
        return true;
      }
      return false;
    default: scan = {HeadScan::State::kRefused, at, "control_character"}; return true;
  }
}

#ifdef __SSE2__
// Bit i: byte i of the sixteen at `from` is a control character.
uint32_t controls_of_16(const char* from) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i below_space = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
  const __m128i is_del = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(below_space, is_del)));
}
#endif

}  // namespace

HeadScan scan_head_scalar(std::string_view bytes, size_t from) noexcept {
  HeadScan scan;
  for (size_t at = from; at < bytes.size(); ++at) {
    if (is_control(bytes[at]) && settle(bytes, at, scan)) {
      return scan;
    }
  }
  return {HeadScan::State::kIncomplete, bytes.size(), {}};
}

size_t find_control_scalar(std::string_view text) noexcept {
  size_t at = 0;
  while (at < text.size() && (!is_control(text[at]) || text[at] == '\t')) {
    ++at;
  }
  return at;
}

#ifdef __SSE2__

HeadScan scan_head(std::string_view bytes, size_t from) noexcept {
  HeadScan scan;
  size_t block = from;
  for (; block + 16 <= bytes.size(); block += 16) {
    for (uint32_t bits = controls_of_16(bytes.data() + block); bits != 0; bits &= bits - 1) {
      if (settle(bytes, block + static_cast<size_t>(std::countr_zero(bits)), scan)) {
        return scan;
      }
    }
  }
  return scan_head_scalar(bytes, block);
}

size_t find_control(std::string_view text) noexcept {
  size_t block = 0;
  for (; block + 16 <= text.size(); block += 16) {
    for (uint32_t bits = controls_of_16(text.data() + block); bits != 0; bits &= bits - 1) {
      const size_t at = block + static_cast<size_t>(std::countr_zero(bits));
      if (text[at] != '\t') {
        return at;
      }
    }
  }
  return block + find_control_scalar(text.substr(block));
}

#else

HeadScan scan_head(std::string_view bytes, size_t from) noexcept {
  return scan_head_scalar(bytes, from);
}
size_t find_control(std::string_view text) noexcept { return find_control_scalar(text); }

#endif

}  // namespace zerq::http::h1
