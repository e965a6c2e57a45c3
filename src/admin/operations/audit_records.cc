// SPDX-License-Identifier: Apache-2.0
#include "admin/operations/audit_records.h"

#include "audit/query.h"
#include "io/blocking_call.h"
#include "text/json_writer.h"

namespace zerq::admin {
namespace {

std::string page_to_json(const audit::QueryPage& page) {
  std::string body = "{\"items\":[";
  for (size_t i = 0; i < page.records.size(); ++i) {
    body += i == 0 ? "" : ",";
    body += page.records[i];
  }
  body += "],\"next_cursor\":";
  if (page.next_cursor.empty()) {
    body += "null";
  } else {
    text::JsonWriter(body).text(page.next_cursor);
  }
  body += '}';
  return body;
}

}  // namespace

Task<AdminReply> list_audit_records(audit::Audit& audit, io::BlockingPool& blocking,
                                    io::EventLoop& loop, const AdminRequest& request,
                                    audit::Stream stream) {
  audit::Query query;
  query.stream = stream;
  for (const auto& [name, value] : request.query) {
    if (!query.set(name, value)) {
      co_return error_reply(request, 400, "validation_failed",
                            "Unknown or malformed query parameter: " + name + ".");
    }
  }
  const Result<audit::QueryPage> page = co_await io::BlockingCall<audit::QueryPage>(
      blocking, loop, [&audit, query](io::Blocking token) { return audit.query(token, query); });
  if (page.has_value()) {
    co_return AdminReply{.body = page_to_json(*page)};
  }
  if (page.error().code == ErrorCode::kMalformed) {
    co_return error_reply(request, 400, "validation_failed", "The cursor is not one of ours.");
  }
  co_return error_reply(request, 503, "store_unavailable", "The records cannot be read now.");
}

}  // namespace zerq::admin
