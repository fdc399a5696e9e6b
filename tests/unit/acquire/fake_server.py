"""A local server that behaves like a publisher's, its bad days included: scripted answers, ranges, cut connections.

What a client must make of an answer does not belong here.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass(frozen=True)
class Reply:
    """One scripted answer.

    `cut` sends only so many bytes of the body and resets the connection; `lie` declares the shortened length, so that
    the answer looks whole. `pause` waits before each of ten pieces of the body. `drip` sends the body as headers without
    end, once every so many seconds; `endless` sends it again and again.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    lie: bool = False
    pause: float = 0.0
    drip: float = 0.0
    endless: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as the server got it."""

    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class FakeServer:
    """`script` is used up one reply a request; then the `files` are served, with ranges and ETags."""

    url: str = ""
    script: list[Reply] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def reply(self, path: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        """What is sent for one request."""
        self.asked.append(Asked(path, headers, body))
        if self.script:
            reply = self.script.pop(0)
            return reply if reply.body or reply.status != 200 else self._cut_file(path, headers, reply)
        return self._file(path, headers)

    def _cut_file(self, path: str, headers: dict[str, str], reply: Reply) -> Reply:
        """A scripted reply without a body of its own breaks the file instead."""
        whole = self._file(path, headers)
        return Reply(whole.status, whole.body, {**whole.headers, **reply.headers}, reply.cut, reply.lie, reply.pause)

    def _file(self, path: str, headers: dict[str, str]) -> Reply:
        body = self.files.get(unquote(path))
        if body is None:
            return Reply(404, b"<html>Not found</html>")
        etag = f'"{sha256(body).hexdigest()[:8]}"'
        if headers.get("if-none-match") == etag:
            return Reply(304, headers={"ETag": etag})
        start = headers.get("range", "").removeprefix("bytes=").removesuffix("-")
        if start and headers.get("if-range") == etag:
            if int(start) >= len(body):
                return Reply(416, headers={"Content-Range": f"bytes */{len(body)}"})
            extent = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return Reply(206, body[int(start) :], {"ETag": etag, "Content-Range": extent})
        return Reply(200, body, {"ETag": etag})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeServer

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = self.fake.reply(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        sent = reply.body if reply.cut is None else reply.body[: reply.cut]
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.drip or reply.endless:
            self._go_on(reply)
            return
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(sent) if reply.lie else len(reply.body)))
        self.end_headers()
        size = max(1, -(-len(sent) // 10))
        try:
            for start in range(0, len(sent), size):
                time.sleep(reply.pause)
                self.wfile.write(sent[start : start + size])
                self.wfile.flush()
        except OSError:
            self.close_connection = True
        if reply.cut is not None and not reply.lie:
            self._reset()

    def _go_on(self, reply: Reply) -> None:
        """Send until the client has left."""
        self.close_connection = True
        if reply.endless:
            self.end_headers()
        else:
            self.flush_headers()
        try:
            while True:
                self.wfile.write(reply.body)
                self.wfile.flush()
                time.sleep(reply.drip)
        except OSError:
            pass

    def _reset(self) -> None:
        """Break the connection hard (RST), after what was sent has arrived."""
        time.sleep(0.05)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked is in `FakeServer.asked`."""


@contextmanager
def running() -> Iterator[FakeServer]:
    """A server on a free local port for as long as the block runs."""
    fake = FakeServer()
    handler = type("Handler", (_Handler,), {"fake": fake})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        fake.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield fake
        server.shutdown()
        thread.join()
