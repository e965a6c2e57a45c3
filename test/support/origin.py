# SPDX-License-Identifier: Apache-2.0
"""A real upstream on a loopback socket that does what a test tells it and keeps every byte it got.

    origin.answer("/slow", lambda call: (time.sleep(1), call.reply(200, b"late")))

A script is called with one Call; it answers through it, or misbehaves through it. Without a script
for the path the answer is 200 and `ok`.
"""
import contextlib
import dataclasses
import socket
import struct
import threading
import time


@dataclasses.dataclass
class Received:
    """One request as it arrived."""
    method: str
    target: str
    version: str
    headers: list
    head: bytes
    connection: int
    body: bytes = b""
    raw_body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    is_whole: bool = False
    at: float = 0.0
    gone_at: float = 0.0  # When the gateway left before the answer was complete.

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default


class Call:
    """What a script sees: the request, and ways to answer it well or badly."""

    def __init__(self, origin, sock, received, reader):
        self.origin, self.socket, self.received, self.reader = origin, sock, received, reader
        self.keep = True

    def send(self, data):
        self.socket.sendall(data)

    def head(self, status, headers=(), reason="Said"):
        lines = [f"HTTP/1.1 {status} {reason}"] + [f"{n}: {v}" for n, v in headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

    def reply(self, status=200, body=b"ok\n", headers=()):
        self.head(status, [*headers, ("Content-Length", len(body))])
        if self.received.method != "HEAD":
            self.send(body)

    def chunks(self, pieces, trailers=(), status=200, headers=()):
        self.head(status, [*headers, ("Transfer-Encoding", "chunked")])
        for piece in pieces:
            self.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.send(b"0\r\n" + b"".join(f"{n}: {v}\r\n".encode() for n, v in trailers) + b"\r\n")

    def read_body(self):
        self.reader.read_body(self.received)

    def close(self):
        self.keep = False

    def reset(self):
        self.keep = False
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def hold(self, seconds=30.0):
        """Says nothing until the gateway leaves; notes when it did. True if it left."""
        self.keep = False
        self.socket.settimeout(seconds)
        try:
            gone = self.socket.recv(1) == b""
        except ConnectionResetError:
            gone = True
        except TimeoutError:
            return False
        self.received.gone_at = time.monotonic()
        return gone


class Reader:
    def __init__(self, sock):
        self.socket = sock
        self.pending = b""

    def receive(self):
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionAbortedError
        self.pending += piece

    def read_until(self, mark):
        while mark not in self.pending:
            self.receive()
        taken, self.pending = self.pending.split(mark, 1)
        return taken

    def read_exactly(self, count):
        pieces, have = [self.pending], len(self.pending)
        while have < count:
            self.pending = b""
            self.receive()
            pieces.append(self.pending)
            have += len(self.pending)
        whole = b"".join(pieces)
        self.pending = whole[count:]
        return whole[:count]

    def read_head(self, connection):
        head = self.read_until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ")
        headers = [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "")
                   for line in lines[1:]]
        return Received(method, target, version, headers, head, connection, at=time.monotonic())

    def read_body(self, received):
        if received.is_whole:
            return
        length = received.get("Content-Length")
        if received.get("Transfer-Encoding"):
            assert length is None, "the gateway sent both framings"
            self.read_chunks(received)
        elif length is not None:
            received.body = received.raw_body = self.read_exactly(int(length))
        received.is_whole = True

    def read_chunks(self, received):
        pieces, raw = [], []
        while True:
            line = self.read_until(b"\r\n")
            raw.append(line + b"\r\n")
            size = int(line, 16)
            if size == 0:
                break
            pieces.append(self.read_exactly(size))
            raw += [pieces[-1], self.read_exactly(2)]
            assert raw[-1] == b"\r\n"
        while line := self.read_until(b"\r\n"):
            received.trailers.append(tuple(line.decode("latin-1").split(": ", 1)))
        received.body, received.raw_body = b"".join(pieces), b"".join(raw)


class Origin:
    def __init__(self, port=0):
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        self.scripts = {}
        self.received = []
        self.connections = 0
        self.sockets = set()
        self.errors = []
        self.lock = threading.Lock()
        self.stopped = False
        threading.Thread(target=self.accept_all, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def answer(self, prefix, script):
        """Targets that begin with `prefix` are answered by `script`; the longest prefix wins."""
        self.scripts[prefix] = script

    def clear(self):
        with self.lock:
            self.received.clear()
            self.errors.clear()
        self.scripts.clear()

    def last(self):
        with self.lock:
            return self.received[-1]

    def wait_for(self, condition, seconds=5.0):
        """Waits until condition(received) holds over the requests so far; returns it."""
        end = time.monotonic() + seconds
        while True:
            with self.lock:
                value = condition(self.received)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.002)

    def accept_all(self):
        while not self.stopped:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
                self.sockets.add(sock)
            threading.Thread(target=self.serve, args=(sock, number), daemon=True).start()

    def serve(self, sock, number):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(sock)
        try:
            while True:
                received = reader.read_head(number)
                with self.lock:
                    self.received.append(received)
                matching = [p for p in self.scripts if received.target.startswith(p)]
                script = self.scripts[max(matching, key=len)] if matching else None
                call = Call(self, sock, received, reader)
                if script is None:
                    call.read_body()
                    call.reply()
                else:
                    script(call)
                if not call.keep:
                    break
                call.read_body()
        except (OSError, ConnectionAbortedError):
            pass
        except Exception as error:  # A script that fails must fail its test.
            self.errors.append(repr(error))
        finally:
            with self.lock:
                self.sockets.discard(sock)
            with contextlib.suppress(OSError):
                sock.close()

    def drop_connections(self):
        """Closes every connection, as a restarting upstream does."""
        with self.lock:
            sockets = list(self.sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.stopped = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop_connections()


def closed_port():
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
