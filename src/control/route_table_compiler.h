// SPDX-License-Identifier: Apache-2.0
// Hosts and base paths of the collections → the table that finds them (semantics §4, Match). All
// are checked against each other; only published ones are served. Control thread; the door is
// control/snapshot_compiler.h.
#pragma once

#include <memory>
#include <span>

namespace zerq::control {

struct CompiledCollection;
struct Compilation;

// `parts` in the order of the configuration.
void compile_route_table(std::span<const std::shared_ptr<const CompiledCollection>> parts,
                         Compilation& run);

}  // namespace zerq::control
