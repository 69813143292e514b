"""The HTTP server: sockets in, ``Request`` values out, ``Response`` values back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from .message import Request, Response
from .wire import Wire, WirePlan

#: Answers a request with a response and the way it leaves the socket.
Responder = Callable[[Request], tuple[Response, WirePlan]]


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, asks the responder, writes the answer."""

    protocol_version = "HTTP/1.1"
    server: HttpServer

    def _serve(self) -> None:
        response, plan = self.server.responder(self._read_request())
        wire = Wire(self.connection, self.server.stopping)
        wants_close = self.headers.get("Connection", "").lower() == "close"
        try:
            self.close_connection = wire.send(response, plan, wants_close)
        except OSError:
            # The client went away; that is its right and often the test's purpose.
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _read_request(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=target.path,
            raw_query=target.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            client_ip=self.client_address[0],
        )

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the request log is at ``/_sim/requests``."""


class HttpServer(ThreadingHTTPServer):
    """A threading server that can be started and stopped inside a process."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, responder: Responder) -> None:
        self.responder = responder
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None
        super().__init__((host, port), _Handler)

    def start(self) -> None:
        """Serve in a background thread."""
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and release the port."""
        self.stopping.set()
        if self._thread:
            self.shutdown()
            self._thread.join(timeout=5)
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore broken connections; show everything else as usual."""
        with contextlib.suppress(ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]
