// SPDX-License-Identifier: Apache-2.0
// What is wrong with what somebody wrote: where, what was found, what is allowed. The control
// plane's second error type (base/error.h is the first); a check returns all of them, in order.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace zerq::config {

struct Place {
  std::string file;
  int line = 0;    // From 1; 0: the file as a whole.
  int column = 0;  // From 1, in characters.

  friend auto operator<=>(const Place&, const Place&) = default;
};

// FILE:LINE:COL
std::string to_text(const Place& place);

struct Diagnostic {
  Place place;
  std::string field;    // "collections[0].proxies[2].path"
  std::string found;    // Never a secret.
  std::string allowed;  // Empty: the first part says it all.
  std::string nearest;  // "did you mean"; empty: nothing is near.
  bool is_warning = false;
};

// FILE:LINE:COL: FIELD: found; allowed; did you mean "x"?
// One line whatever was written: control characters are shown as \xNN.
std::string to_line(const Diagnostic& diagnostic);

class Diagnostics {
 public:
  // More than these help nobody; they are counted, and the last line says how many.
  static constexpr size_t kKeptMax = 1000;

  void error(Place place, std::string field, std::string found, std::string allowed = {},
             std::string nearest = {});
  void warning(Place place, std::string field, std::string found, std::string allowed = {});

  bool has_errors() const { return errors_ != 0; }
  size_t error_count() const { return errors_; }
  // By file, then by position.
  std::vector<Diagnostic> sorted() const;

 private:
  void add(Diagnostic diagnostic);

  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
  size_t left_out_ = 0;
};

}  // namespace zerq::config
