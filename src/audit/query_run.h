// SPDX-License-Identifier: Apache-2.0
// run_query: answers a Query from the audit files and, where asked, from what the journal holds and
// is not sealed. Reads files alone, so that it runs beside a gateway, inside one, and after one was
// killed. Rung: one query; any thread that may block.
#pragma once

#include <filesystem>
#include <string>

#include "audit/journal_folder.h"
#include "audit/query.h"
#include "base/result.h"
#include "io/blocking_pool.h"

namespace zerq::audit {

struct QuerySource {
  std::filesystem::path audit_folder;
  const JournalFolder* journal = nullptr;  // Null: sealed records alone.
  std::string node;
};

Result<QueryPage> run_query(io::Blocking, const QuerySource& source, const Query& query);

}  // namespace zerq::audit
