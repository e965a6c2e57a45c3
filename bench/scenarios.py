# SPDX-License-Identifier: Apache-2.0
"""The scenarios (bench/README.md says what each one is). Each yields rows:
scenario, subject, value, unit, and where there is one the goal as a number in the same unit."""
import contextlib
import socket
import subprocess
import time

import gateway_config
import load
import proc_usage
import servers

OPEN = "/open/x"
FLOOR = "floor (io_uring, copies bytes)"


def row(scenario, subject, value, unit, goal=None, note=""):
    return {"scenario": scenario, "subject": subject, "value": round(value, 3), "unit": unit,
            "goal": None if goal is None else round(goal, 3), "note": note}


def forwarding(directory, seconds, runs):
    """P1, P1e, P2: CPU per request, everyone beside everyone, turn by turn."""
    key, public = gateway_config.make_key(directory)
    headers = gateway_config.secured_headers(gateway_config.make_token(key))
    with contextlib.ExitStack() as stack:
        # An origin that costs less than any proxy, so that the proxy is what saturates.
        up = stack.enter_context(servers.uring_origin(directory)).port
        plain = gateway_config.write(directory, "plain.yaml", gateway_config.plain(up))
        secured = gateway_config.write(directory, "secured.yaml",
                                       gateway_config.secured(up, public))
        subjects = {}

        def add(label, server, path="/", with_headers=()):
            subjects[label] = (stack.enter_context(server), path, with_headers)

        add(FLOOR, servers.floor(directory, up))
        add("HAProxy", servers.haproxy(directory, up))
        add("nginx", servers.nginx(directory, up))
        add("Go ReverseProxy", servers.go_proxy(directory, up))
        for io in ("uring", "epoll"):
            add(f"Zerq {io}", servers.gateway(directory, plain, io), OPEN)
            add(f"Zerq {io}, JWT", servers.gateway(directory, secured, io), "/orders/x", headers)
        measured = load.cpu_side_by_side(subjects, seconds * runs)
    peer = measured["HAProxy"][0]
    goals = {"Zerq uring": 0.6 * peer, "Zerq epoll": 0.9 * peer,
             "Zerq uring, JWT": 0.8 * peer, "Zerq epoll, JWT": 1.1 * peer}
    for label, (cpu, rate) in measured.items():
        scenario = "P2" if "JWT" in label else "P1e" if label == "Zerq epoll" else "P1"
        yield row(scenario, label, cpu, "µs CPU/request", goals.get(label), f"{rate:.0f} requests/s")
    yield row("P1", "Zerq uring, times the floor", measured["Zerq uring"][0] / measured[FLOOR][0],
              "×", 1.5)


def latency(directory, seconds):
    """P7: at half of HAProxy's saturation, 512 connections: what is added over direct."""
    with servers.origin(directory) as origin:
        plain = gateway_config.write(directory, "plain.yaml",
                                     gateway_config.plain(origin.port))
        with servers.haproxy(directory, origin.port) as haproxy:
            served, _ = load.wrk(haproxy.port, connections=512, seconds=3)
            rate = served // 3 // 2
            results = {"HAProxy": load.latencies(haproxy.port, "/", rate, seconds, 512, directory)}
        results["direct"] = load.latencies(origin.port, "/", rate, seconds, 512, directory)
        for io in ("uring", "epoll"):
            with servers.gateway(directory, plain, io) as ours:
                load.wrk(ours.port, OPEN, connections=512, seconds=1)
                results[f"Zerq {io}"] = load.latencies(ours.port, OPEN, rate, seconds, 512, directory)
    direct = results.pop("direct")
    for label, times in results.items():
        for share, goal in ((0.5, 60), (0.99, 150)):
            added = load.percentile(times, share) - load.percentile(direct, share)
            yield row("P7", f"{label}, p{share * 100:g} added", added, "µs",
                      goal if label.startswith("Zerq") else None, f"{rate} requests/s")
        ratio = load.percentile(times, 0.999) / max(1, load.percentile(times, 0.5))
        yield row("P7", f"{label}, p99.9/p50", ratio, "×")


def memory(directory):
    """P9: idle, at 1,000 requests a second, and with 10,000 idle connections."""
    with servers.origin(directory) as origin:
        plain = gateway_config.write(directory, "plain.yaml", gateway_config.plain(origin.port))
        for io in ("uring", "epoll"):
            with servers.gateway(directory, plain, io) as ours:
                time.sleep(1)
                yield row("P9", f"Zerq {io}, idle", proc_usage.rss_bytes(ours.pid) / 1e6, "MB", 10)
                load.latencies(ours.port, OPEN, 1000, 5, 10, directory)
                yield row("P9", f"Zerq {io}, 1,000 requests/s",
                          proc_usage.rss_bytes(ours.pid) / 1e6, "MB", 20)
                per_connection = idle_connection_bytes(ours, OPEN)
                yield row("P9", f"Zerq {io}, an idle connection", per_connection, "bytes", 1024)
        with servers.haproxy(directory, origin.port) as peer:
            yield row("P9", "HAProxy, idle", proc_usage.rss_bytes(peer.pid) / 1e6, "MB")
            yield row("P9", "HAProxy, an idle connection",
                      idle_connection_bytes(peer, "/", 4000), "bytes")


def idle_connection_bytes(server, path, connections=9500):
    """RSS a connection that was served once and then stays idle."""
    with contextlib.ExitStack() as stack:
        before = proc_usage.rss_bytes(server.pid)
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        for _ in range(connections):
            peer = stack.enter_context(
                contextlib.closing(socket.create_connection(("127.0.0.1", server.port))))
            peer.sendall(request)
            if not peer.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{server.name}: an idle connection was not served")
        time.sleep(1)
        return (proc_usage.rss_bytes(server.pid) - before) / connections


def cold_start(directory, runs=7):
    """P10: exec to the first 200 with 1,000 routes from a file; median."""
    with servers.origin(directory) as origin:
        config = gateway_config.write(directory, "routes.yaml",
                                      gateway_config.plain(origin.port, routes=1000))
        times = []
        for run in range(runs):
            port, admin = servers.free_port(), servers.free_port()
            began = time.perf_counter()
            process = subprocess.Popen(
                [servers.gateway_binary(), "serve", "--apply", str(config), "--listen",
                 f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{admin}", "--data-dir",
                 f"{directory}/cold-{run}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times.append(first_answer(port, process, began) * 1e3)
            process.terminate()
            process.wait(10)
        yield row("P10", "Zerq, exec to first 200, 1,000 routes", sorted(times)[runs // 2], "ms", 15)


def first_answer(port, process, began):
    while time.perf_counter() - began < 10:
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}: {process.args}")
        with contextlib.closing(socket.socket()) as peer:
            if peer.connect_ex(("127.0.0.1", port)) != 0:
                continue
            peer.sendall(b"GET /open/x HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            if peer.recv(4096).startswith(b"HTTP/1.1 200"):
                return time.perf_counter() - began
    raise RuntimeError("no answer within 10 s")


def first_requests(directory):
    """P16: p99 of the first 1,000 requests after start against the steady state."""
    with servers.origin(directory) as origin:
        config = gateway_config.write(directory, "plain.yaml", gateway_config.plain(origin.port))
        with servers.gateway(directory, config) as ours:
            first = load.latencies(ours.port, OPEN, 1000, 1, 10, directory)
            load.latencies(ours.port, OPEN, 1000, 3, 10, directory)
            steady = load.latencies(ours.port, OPEN, 1000, 3, 10, directory)
    yield row("P16", "Zerq, p99 of the first 1,000", load.percentile(first, 0.99), "µs",
              2 * load.percentile(steady, 0.99))


def in_flight(directory, connections=4500):
    """P17: memory of a request that waits for its upstream, both sockets' buffers counted."""
    port = servers.free_port()
    slow = servers.Server("slow origin", ["/usr/bin/python3", str(servers.BENCH / "slow_origin.py"),
                                          str(port), "10"], port, servers.LOAD_CORE,
                          f"{directory}/slow.log")
    with slow:
        config = gateway_config.write(directory, "slow.yaml", gateway_config.plain(port))
        for io in ("uring", "epoll"):
            with servers.gateway(directory, config, io) as ours, contextlib.ExitStack() as stack:
                before = proc_usage.rss_bytes(ours.pid)
                for _ in range(connections):
                    peer = stack.enter_context(
                        contextlib.closing(socket.create_connection(("127.0.0.1", ours.port))))
                    peer.sendall(b"GET /open/x HTTP/1.1\r\nHost: bench\r\n\r\n")
                time.sleep(2)
                held = (proc_usage.rss_bytes(ours.pid) - before) / connections
                yield row("P17", f"Zerq {io}, a request in flight", held, "bytes", 4096)
