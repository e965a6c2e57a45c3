# SPDX-License-Identifier: Apache-2.0
"""Accept balancing: few connections leave no shard idle, whatever the kernel's hash says."""
import contextlib
import re
import time

from config_files import open_config

SHARDS, PEERS = 8, 16


def by_shard(gateway, name):
    """The values of `name`, by shard."""
    page = gateway.admin("GET", "/metrics").body.decode()
    found = re.findall(rf'^{name}{{shard="(\d+)"}} (\d+)$', page, re.M)
    assert [int(shard) for shard, _ in found] == list(range(SHARDS)), page
    return [int(value) for _, value in found]


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_every_shard_serves_its_share(start, origin):
    gateway = start(open_config(origin.port), workers=SHARDS)
    with contextlib.ExitStack() as stack:
        # All are open before any is used, as a pool of a busy caller begins.
        peers = [stack.enter_context(gateway.peer()) for _ in range(PEERS)]
        for _ in range(3):
            for peer in peers:
                assert peer.get("/open/a").status == 200
        wait_until(lambda: sum(by_shard(gateway, "zerq_shard_requests_total")) == 3 * PEERS)
        open_now = by_shard(gateway, "zerq_shard_connections_open")
        assert sum(open_now) == PEERS
        assert all(1 <= count <= 3 for count in open_now), open_now
        requests = by_shard(gateway, "zerq_shard_requests_total")
        assert requests == [3 * count for count in open_now]
        assert by_shard(gateway, "zerq_shard_connections_accepted_total") == open_now
    wait_until(lambda: sum(by_shard(gateway, "zerq_shard_connections_open")) == 0)


def test_places_of_closed_connections_are_filled_again(start, origin):
    gateway = start(open_config(origin.port), workers=SHARDS)
    with contextlib.ExitStack() as stack:
        for _ in range(PEERS):
            with gateway.peer() as passing:
                passing.get("/open/a")
        wait_until(lambda: sum(by_shard(gateway, "zerq_shard_connections_open")) == 0)
        for _ in range(PEERS):
            stack.enter_context(gateway.peer()).get("/open/a")
        open_now = by_shard(gateway, "zerq_shard_connections_open")
        assert sum(open_now) == PEERS
        assert all(1 <= count <= 3 for count in open_now), open_now
