// SPDX-License-Identifier: Apache-2.0
// `serve --demo`: a configuration to try things with, an upstream for it inside the process, and
// the curl lines that show the product. Its token is in the open, so it is for trying only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace zerq {

// A loopback upstream on a thread of its own: answers every request with a JSON echo of it.
class DemoUpstream {
 public:
  static Result<std::unique_ptr<DemoUpstream>> start();
  ~DemoUpstream();
  uint16_t port() const { return port_; }

 private:
  struct State;
  explicit DemoUpstream(std::unique_ptr<State> state, uint16_t port);
  std::unique_ptr<State> state_;
  uint16_t port_;
};

// The declarative file that `--demo` serves, its upstream on `upstream_port`.
std::string demo_config(uint16_t upstream_port);

// What a person can copy: an anonymous call, a token call, a refused call, the audit query.
std::string demo_lines(const std::string& data_address, const std::string& data_dir);

}  // namespace zerq
