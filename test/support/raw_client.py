# SPDX-License-Identifier: Apache-2.0
"""A peer that speaks bytes: sends exactly what it is given and reads answers one by one."""
import contextlib
import dataclasses
import json
import socket
import struct


class ClosedEarly(Exception):
    """The connection ended (FIN) inside a message."""


@dataclasses.dataclass
class Answer:
    status: int
    reason: str
    headers: list  # (name as sent, value) in order
    body: bytes
    interim: list  # statuses of the 1xx before it
    trailers: list
    head: bytes
    framing: str  # none, length, chunked, close

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    @property
    def json(self):
        return json.loads(self.body)


class RawClient:
    def __init__(self, port, timeout=10.0, source=None, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece if isinstance(piece, bytes) else piece.encode("latin-1"))
        return self

    def request(self, method, target, headers=(), body=None, host="gateway.test", version="HTTP/1.1"):
        """Sends one request and reads its answer."""
        self.send(build_request(method, target, headers, body, host, version))
        return self.read_answer(method)

    def get(self, target, headers=()):
        return self.request("GET", target, headers)

    # --- Reading ---

    def receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ClosedEarly(self.pending)
        self.pending += piece

    def read_until(self, mark):
        while mark not in self.pending:
            self.receive()
        taken, self.pending = self.pending.split(mark, 1)
        return taken

    def read_exactly(self, count):
        while len(self.pending) < count:
            self.receive()
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def read_head(self):
        head = self.read_until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        version, status, reason = (lines[0].split(" ", 2) + [""])[:3]
        assert version == "HTTP/1.1", f"answer begins with {lines[0]!r}"
        headers = [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "")
                   for line in lines[1:]]
        return int(status), reason, headers, head

    def read_answer(self, method="GET"):
        interim = []
        while True:
            status, reason, headers, head = self.read_head()
            if status >= 200 or status == 101:
                break
            interim.append(status)
        answer = Answer(status, reason, headers, b"", interim, [], head, "none")
        if method == "HEAD" or status in (204, 304) or status == 101:
            return answer
        if answer.get("Transfer-Encoding"):
            assert answer.all("Transfer-Encoding") == ["chunked"] and not answer.all("Content-Length")
            answer.framing = "chunked"
            answer.body, answer.trailers = self.read_chunks()
        elif answer.get("Content-Length") is not None:
            assert len(answer.all("Content-Length")) == 1
            answer.framing = "length"
            answer.body = self.read_exactly(int(answer.get("Content-Length")))
        else:
            answer.framing = "close"
            answer.body = self.read_to_end()
        return answer

    def read_chunks(self):
        body = []
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body.append(self.read_exactly(size))
            assert self.read_exactly(2) == b"\r\n"
        trailers = []
        while True:
            line = self.read_until(b"\r\n")
            if not line:
                return b"".join(body), trailers
            trailers.append(tuple(line.decode("latin-1").split(": ", 1)))

    def read_to_end(self):
        """Everything up to the FIN; a reset raises ConnectionResetError."""
        while True:
            piece = self.socket.recv(65536)
            if not piece:
                taken, self.pending = self.pending, b""
                return taken
            self.pending += piece

    def is_closed_within(self, seconds):
        """True when the other side closes (FIN or RST) without sending more."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    # --- Leaving ---

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()


def build_request(method, target, headers=(), body=None, host="gateway.test", version="HTTP/1.1"):
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def fetch(port, method, target, headers=(), body=None, **more):
    """One request on a connection of its own."""
    with RawClient(port) as peer:
        return peer.request(method, target, headers, body, **more)
