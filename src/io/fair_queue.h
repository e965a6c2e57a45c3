// SPDX-License-Identifier: Apache-2.0
// FairQueue<T>: deficit round robin over clients (Shreedhar & Varghese, SIGCOMM 1995): each client
// in turn gets a quantum of cost, so that neither many jobs nor dear ones of one client hold up the
// others. Bounded in all and per client. Pure; whoever shares it guards it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace zerq::io {

struct FairQueueLimits {
  size_t jobs_max = 1024;
  size_t client_jobs_max = 64;
  uint32_t quantum = 64 * 1024;
};

template <class T>
class FairQueue {
 public:
  explicit FairQueue(const FairQueueLimits& limits) : limits_(limits) {}

  size_t size() const { return size_; }
  // False: full, for all or for this client; `item` is destroyed. A cost counts as 64 quanta at
  // most, which bounds what pop() does.
  [[nodiscard]] bool push(uint64_t client, uint64_t cost, T item) {
    if (size_ >= limits_.jobs_max) {
      return false;
    }
    auto known = by_key_.find(client);
    if (known == by_key_.end()) {
      clients_.push_back({.key = client});
      known = by_key_.emplace(client, std::prev(clients_.end())).first;
    }
    std::deque<Job>& jobs = known->second->jobs;
    if (jobs.size() >= limits_.client_jobs_max) {
      return false;
    }
    jobs.push_back({std::min(cost, kQuantaMax * limits_.quantum), std::move(item)});
    ++size_;
    return true;
  }

  std::optional<T> pop() {
    while (size_ > 0) {
      Client& client = clients_.front();
      if (!is_credited_) {
        client.deficit += limits_.quantum;
        is_credited_ = true;
      }
      if (client.jobs.front().cost <= client.deficit) {
        return take(client);
      }
      clients_.splice(clients_.end(), clients_, clients_.begin());
      is_credited_ = false;
    }
    return std::nullopt;
  }

 private:
  static constexpr uint64_t kQuantaMax = 64;

  struct Job {
    uint64_t cost;
    T item;
  };
  struct Client {
    uint64_t key;
    uint64_t deficit = 0;
    std::deque<Job> jobs;
  };

  // Precondition: `client` is the front one.
  T take(Client& client) {
    client.deficit -= client.jobs.front().cost;
    T item = std::move(client.jobs.front().item);
    client.jobs.pop_front();
    --size_;
    if (client.jobs.empty()) {
      // Nothing is saved up for later.
      by_key_.erase(client.key);
      clients_.pop_front();
      is_credited_ = false;
    }
    return item;
  }

  FairQueueLimits limits_;
  std::list<Client> clients_;  // Those with jobs, in turn.
  std::unordered_map<uint64_t, typename std::list<Client>::iterator> by_key_;
  size_t size_ = 0;
  bool is_credited_ = false;  // The front client has had its quantum of this round.
};

}  // namespace zerq::io
