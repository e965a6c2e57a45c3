// SPDX-License-Identifier: Apache-2.0
#include "main/version.h"

#include <fmt/core.h>
#include <boost/version.hpp>

#include <CLI/Version.hpp>
#include <cstdio>

#include "audit/zstd_version.h"
#include "crypto/openssl_version.h"
#include "io/cares_version.h"
#include "text/json_writer.h"

namespace zerq {

int print_version(const VersionOptions& options) {
  if (!options.is_json) {
    std::puts("zerq-gateway " ZERQ_VERSION);
    return 0;
  }
  std::string out;
  text::JsonWriter json(out);
  json.begin_object();
  json.member("version", ZERQ_VERSION);
  json.member("compiler", __VERSION__);
  json.key("libraries");
  json.begin_object();
  json.member("boost", BOOST_LIB_VERSION);
  json.member("c-ares", io::cares_version());
  json.member("cli11", CLI11_VERSION);
  json.member("fmt", static_cast<uint64_t>(FMT_VERSION));
  json.member("openssl", crypto::openssl_version());
  json.member("zstd", audit::zstd_version());
  json.end_object();
  json.end_object();
  std::puts(out.c_str());
  return 0;
}

}  // namespace zerq
