// SPDX-License-Identifier: Apache-2.0
// The canary: reads one byte past its buffer when the input begins with "BUG". ./dev fuzz fails if
// this target ends without a report, for then no other target's silence means anything.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::vector<uint8_t> copy(bytes, bytes + size);
  if (size < 3 || std::memcmp(copy.data(), "BUG", 3) != 0) {
    return 0;
  }
  const volatile uint8_t* first = copy.data();
  return first[copy.size()] == 0 ? 0 : 0;
}
