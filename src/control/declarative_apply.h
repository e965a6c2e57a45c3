// SPDX-License-Identifier: Apache-2.0
// Declarative files → the edits that make the stored configuration say what they say (semantics
// §2): an object in a file is its whole state, absent secrets are kept, only `prune` deletes. The
// caller holds the write lock of the configuration. Control plane threads.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "control/live_config.h"

namespace zerq::control {

struct FileText {
  std::string name;
  std::string text;
};

struct ApplyRequest {
  std::vector<FileText> files;  // One document.
  bool must_prune = false;
  // Whose memory of earlier applies counts: what a file says again is not applied again, so that
  // nothing comes back that was changed elsewhere since. Empty: nobody's.
  std::string source;
};

// One revision or none. Precondition: the caller holds the write lock. A dry run says what would
// be.
ConfigOutcome apply_files(io::Blocking, LiveConfig& live, const ApplyRequest& request,
                          const ChangeOrigin& origin, bool is_dry_run);

// Adds what a deletion takes with it: children, and the places in clients' lists of collections.
void complete_deletes(const ConfigState& state, std::vector<ObjectEdit>& edits);

// The edit that leaves an object as it is.
ObjectEdit edit_of(const LiveObject& object);

// Files of the command line; a directory stands for the YAML files in it. None after a problem.
std::vector<FileText> read_files(std::span<const std::string> paths, config::Diagnostics& problems);

}  // namespace zerq::control
