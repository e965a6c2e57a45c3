// SPDX-License-Identifier: Apache-2.0
// Clients, profiles and policies that a test makes one by one, with the table that finds them.
#pragma once

#include <deque>
#include <utility>

#include "filters/caller_table.h"

namespace zerq::filters {

class CallersForTest {
 public:
  Client& add_client(Client client) {
    Client& added = clients_.emplace_back(std::move(client));
    table_.add_client(added);
    return added;
  }
  Profile& add_profile(Profile profile) {
    Profile& added = profiles_.emplace_back(std::move(profile));
    table_.add_profile(added);
    return added;
  }
  Policy& add_policy(Policy policy) { return policies_.emplace_back(std::move(policy)); }
  const CallerTable& table() const { return table_; }

 private:
  std::deque<Policy> policies_;
  std::deque<Client> clients_;
  std::deque<Profile> profiles_;
  CallerTable table_;
};

}  // namespace zerq::filters
