// SPDX-License-Identifier: Apache-2.0
// Against a name server of our own on loopback, and against none.
#include "io/dns_resolver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

namespace zerq::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Resolved = std::optional<Result<std::vector<SocketAddress>>>;

// Answers A questions from a table of one; everything else does not exist. Names that begin with
// "silent" get no answer, names that begin with "broken" SERVFAIL.
class NameServer {
 public:
  explicit NameServer(const char* ip = "127.0.0.1")
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const SocketAddress any(*IpAddress::parse(ip), 0);
    EXPECT_EQ(0, ::bind(fd_, any.data(), any.size()));
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    EXPECT_EQ(0, ::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &size));
    address_ = SocketAddress::from_sockaddr(storage);
    thread_ = std::thread([this] { run(); });
  }
  ~NameServer() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::sendto(fd, "end", 3, 0, address_.data(), address_.size());
    ::close(fd);
    thread_.join();
    ::close(fd_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  uint16_t port() const { return address_.port(); }
  int questions() const { return questions_; }
  void break_down() { is_broken_ = true; }
  void fall_silent() { is_silent_ = true; }

 private:
  void run() {
    while (true) {
      std::array<uint8_t, 512> message{};
      sockaddr_storage from{};
      socklen_t size = sizeof(from);
      const ssize_t got = ::recvfrom(fd_, message.data(), message.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 12) {
        return;
      }
      std::string reply(message.begin(), message.begin() + got);
      if (answer(reply)) {
        ::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
      }
    }
  }
  // RFC 1035 §4.1: the question becomes its answer.
  bool answer(std::string& message) {
    std::string name;
    size_t at = 12;
    while (message[at] != 0) {
      const auto label = static_cast<uint8_t>(message[at]);
      name += message.substr(at + 1, label) + ".";
      at += label + 1U;
    }
    const bool is_a = message[at + 2] == 1;
    message.resize(at + 5);
    message[2] = static_cast<char>(0x81);
    message[3] = static_cast<char>(0x80);
    message[11] = 0;  // No additional records.
    if (is_a) {
      ++questions_;
    }
    if (is_silent_ || name.starts_with("silent")) {
      return false;
    }
    if (is_broken_ || name.starts_with("broken")) {
      message[3] |= 2;  // SERVFAIL
    } else if (name != "api.internal.") {
      message[3] |= 3;  // NXDOMAIN
    } else if (is_a) {
      message[7] = 2;
      // A pointer to the name, A, IN, 300 s, four bytes.
      for (const char last : {7, 8}) {
        message += std::string("\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0", 15) + last;
      }
    }
    return true;
  }

  int fd_;
  SocketAddress address_;
  std::atomic<int> questions_ = 0;
  std::atomic<bool> is_broken_ = false;
  std::atomic<bool> is_silent_ = false;
  std::thread thread_;
};

Task<void> resolve_once(DnsResolver& resolver, EventLoop& loop, Signal& signal, std::string host,
                        Instant deadline, Resolved& result) {
  result.emplace(co_await resolver.resolve(loop, signal, std::move(host), 80, deadline));
}

class DnsResolverTest : public testing::Test {
 protected:
  void SetUp() override {
    loop_ = *EventLoop::create({.backend = Backend::kEpoll}, clock_);
    directory_ = std::filesystem::temp_directory_path() / "zerq_resolver_XXXXXX";
    std::string name = directory_.string();
    ASSERT_NE(nullptr, ::mkdtemp(name.data()));
    directory_ = name;
    write_resolv_conf("nameserver 127.0.0.1\n");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write_resolv_conf(std::string_view text) {
    std::ofstream(directory_ / "resolv.conf") << text;
  }
  ResolverConfig config(uint16_t port) {
    return {.query_timeout = milliseconds(50),
            .tries = 1,
            .resolv_conf = directory_ / "resolv.conf",
            .port = port};
  }

  struct Look {
    Look(DnsResolver& resolver, EventLoop& loop, std::string host, Instant deadline)
        : signal(loop),
          task(resolve_once(resolver, loop, signal, std::move(host), deadline, result)) {
      task.start();
    }
    Signal signal;
    Resolved result;
    Task<void> task;
  };
  template <class F>
  bool turn_until(F done) {
    const Instant end = clock_.now() + seconds(5);
    while (!done()) {
      if (clock_.now() > end) {
        return false;
      }
      loop_->run_turn(milliseconds(5));
    }
    return true;
  }
  Result<std::vector<SocketAddress>> resolve(DnsResolver& resolver, std::string host,
                                             Duration limit = seconds(5)) {
    Look look(resolver, *loop_, std::move(host), clock_.now() + limit);
    EXPECT_TRUE(turn_until([&] { return look.result.has_value(); }));
    return *std::move(look.result);
  }
  static std::string texts(const Result<std::vector<SocketAddress>>& resolved) {
    std::string all;
    for (const SocketAddress& address : *resolved) {
      all += address.to_text() + " ";
    }
    return all;
  }

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::filesystem::path directory_;
};

TEST_F(DnsResolverTest, AnIpAddressAnswersAtOnce) {
  DnsResolver resolver(AddressPolicy{});
  Look look(resolver, *loop_, "192.0.2.1", clock_.now());
  ASSERT_TRUE(look.result.has_value());
  EXPECT_EQ("192.0.2.1:80 ", texts(*look.result));
  Look six(resolver, *loop_, "2001:db8::1", clock_.now());
  ASSERT_TRUE(six.result.has_value());
  EXPECT_EQ("[2001:db8::1]:80 ", texts(*six.result));
}

TEST_F(DnsResolverTest, LocalhostNeedsNeitherFilesNorServers) {
  DnsResolver resolver(AddressPolicy{});
  for (const char* host : {"localhost", "api.localhost"}) {
    Look look(resolver, *loop_, host, clock_.now());
    ASSERT_TRUE(look.result.has_value());
    EXPECT_EQ("127.0.0.1:80 [::1]:80 ", texts(*look.result));
  }
}

TEST_F(DnsResolverTest, TheHostsFileIsHonoured) {
  std::ifstream hosts("/etc/hosts");
  std::string line;
  DnsResolver resolver(AddressPolicy{}, config(1));  // Nobody listens there.
  while (std::getline(hosts, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address;
    std::string host;
    words >> address >> host;
    if (IpAddress::parse(address).has_value() && !host.empty()) {
      EXPECT_TRUE(resolve(resolver, host).has_value()) << host;
    }
  }
}

TEST_F(DnsResolverTest, ANameIsLookedUpOnceAndRemembered) {
  NameServer server;
  DnsResolver resolver(AddressPolicy{}, config(server.port()));
  Look one(resolver, *loop_, "api.internal", clock_.now() + seconds(5));
  Look two(resolver, *loop_, "api.internal", clock_.now() + seconds(5));
  ASSERT_TRUE(turn_until([&] { return one.result.has_value() && two.result.has_value(); }));
  EXPECT_TRUE(texts(*one.result).contains("10.0.0.7:80"));
  EXPECT_TRUE(texts(*one.result).contains("10.0.0.8:80"));
  EXPECT_EQ(texts(*one.result), texts(*two.result));
  EXPECT_EQ(1, server.questions());
  Look known(resolver, *loop_, "api.internal", clock_.now() + seconds(5));
  EXPECT_TRUE(known.result.has_value());
  EXPECT_EQ(1, server.questions());
}

TEST_F(DnsResolverTest, ANameThatDoesNotExistSaysSo) {
  NameServer server;
  DnsResolver resolver(AddressPolicy{}, config(server.port()));
  const auto resolved = resolve(resolver, "nobody.internal");
  ASSERT_FALSE(resolved.has_value());
  EXPECT_EQ(ErrorCode::kResolve, resolved.error().code);
  EXPECT_EQ("no_such_host", resolved.error().detail);
  EXPECT_EQ("no_such_host", resolve(resolver, std::string(254, 'a')).error().detail);
  EXPECT_EQ("no_such_host", resolve(resolver, "").error().detail);
}

TEST_F(DnsResolverTest, AServerThatFailsIsAnotherMatter) {
  NameServer server;
  DnsResolver resolver(AddressPolicy{}, config(server.port()));
  EXPECT_EQ("resolver_failed", resolve(resolver, "broken.internal").error().detail);
  EXPECT_EQ("resolver_failed", resolve(resolver, "silent.internal").error().detail);
}

TEST_F(DnsResolverTest, ALookUpHasADeadline) {
  NameServer server;
  ResolverConfig slow = config(server.port());
  slow.query_timeout = seconds(60);
  DnsResolver resolver(AddressPolicy{}, slow);
  const auto resolved = resolve(resolver, "silent.internal", milliseconds(30));
  EXPECT_EQ(ErrorCode::kTimedOut, resolved.error().code);
}

TEST_F(DnsResolverTest, ALookUpCanBeCancelledAndDestroyed) {
  NameServer server;
  ResolverConfig slow = config(server.port());
  slow.query_timeout = seconds(60);
  DnsResolver resolver(AddressPolicy{}, slow);
  Look look(resolver, *loop_, "silent.internal", clock_.now() + seconds(60));
  {
    Look gone(resolver, *loop_, "silent.internal", clock_.now() + seconds(60));
  }
  look.signal.cancel();
  loop_->run_turn(Duration{});
  ASSERT_TRUE(look.result.has_value());
  EXPECT_EQ(ErrorCode::kCancelled, look.result->error().code);
}

TEST_F(DnsResolverTest, AnAnswerThatComesTooLateReachesNobody) {
  NameServer server;
  DnsResolver resolver(AddressPolicy{}, config(server.port()));
  for (int i = 0; i < 50; ++i) {
    // The loop that asked is gone when the answer comes, or while it does.
    const auto brief = *EventLoop::create({.backend = Backend::kEpoll}, clock_);
    const Look look(resolver, *brief, "late-" + std::to_string(i) + ".internal",
                    clock_.now() + seconds(5));
    if (i % 2 == 0) {
      brief->run_turn(milliseconds(1));
    }
  }
}

TEST_F(DnsResolverTest, AnOldAnswerServesWhileTheServerIsDown) {
  NameServer server;
  ResolverConfig brief = config(server.port());
  brief.cache.ttl_min = milliseconds(1);
  brief.cache.ttl_max = milliseconds(1);
  brief.cache.negative_ttl = milliseconds(1);
  brief.stale_wait = milliseconds(20);
  DnsResolver resolver(AddressPolicy{}, brief);
  ASSERT_TRUE(resolve(resolver, "api.internal").has_value());
  server.break_down();
  const int asked = server.questions();
  ASSERT_TRUE(turn_until([&] {
    const auto again = resolve(resolver, "api.internal");
    EXPECT_TRUE(again.has_value());
    return server.questions() > asked;
  }));
}

TEST_F(DnsResolverTest, AnOldAnswerServesWhenARefreshTakesTooLong) {
  NameServer server;
  ResolverConfig slow = config(server.port());
  slow.cache.ttl_min = milliseconds(1);
  slow.cache.ttl_max = milliseconds(1);
  slow.stale_wait = milliseconds(20);
  slow.query_timeout = seconds(60);
  DnsResolver resolver(AddressPolicy{}, slow);
  ASSERT_TRUE(resolve(resolver, "api.internal").has_value());
  server.fall_silent();
  const int asked = server.questions();
  ASSERT_TRUE(turn_until([&] {
    EXPECT_TRUE(resolve(resolver, "api.internal").has_value());
    return server.questions() > asked;
  }));
  EXPECT_TRUE(resolve(resolver, "api.internal").has_value());
}

TEST_F(DnsResolverTest, AChangedResolvConfIsReadAgain) {
  NameServer server("127.0.0.2");
  ResolverConfig changing = config(server.port());
  changing.cache.negative_ttl = milliseconds(1);
  DnsResolver resolver(AddressPolicy{}, changing);
  EXPECT_FALSE(resolve(resolver, "api.internal").has_value());
  write_resolv_conf("# We moved.\nnameserver 127.0.0.2\n");
  EXPECT_TRUE(turn_until([&] { return resolve(resolver, "api.internal").has_value(); }));
}

TEST_F(DnsResolverTest, ThePolicyMayChange) {
  DnsResolver resolver(AddressPolicy{});
  const SocketAddress admin = *SocketAddress::parse("127.0.0.1:8081");
  EXPECT_TRUE(resolver.is_allowed(admin));
  AddressPolicy policy;
  policy.add_admin_listener(admin);
  resolver.set_policy(std::move(policy));
  EXPECT_FALSE(resolver.is_allowed(admin));
}

}  // namespace
}  // namespace zerq::io
