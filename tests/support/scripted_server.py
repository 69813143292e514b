"""A tiny HTTP server on 127.0.0.1 that answers what a test tells it to."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What the server says once.

    ``cut`` closes the connection after that many bytes of the body; ``drop`` closes it
    without a word, after the request was read (so it "may have been executed").
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict = field(default_factory=dict)
    cut: int | None = None
    drop: bool = False


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict
    body: bytes


class ScriptedServer:
    """Gives the answers of a script in order; the last one again and again."""

    def __init__(self, *script):
        self.script = list(script) or [Answer()]
        self.seen = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                server.seen.append(
                    Seen(self.command, self.path, dict(self.headers), body)
                )
                last = len(server.script) == 1
                answer = server.script[0] if last else server.script.pop(0)
                self.close_connection = True
                if answer.drop:
                    return
                self.send_response_only(answer.status)
                headers = {"Content-Length": str(len(answer.body)), **answer.headers}
                for name, value in {**headers, "Connection": "close"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body[: answer.cut])

            do_GET = do_POST = do_PUT = do_DELETE = handle_one

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._server.shutdown()
        self._server.server_close()


class FakeClock:
    """Time that passes only when somebody sleeps, and chance that always says most.

    :ivar slept: every pause, in seconds.
    """

    def __init__(self, now=None):
        self.slept = []
        self.seconds = 1_000.0
        self._now = now

    def monotonic(self):
        return self.seconds

    def now(self):
        return self._now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.seconds += seconds

    def uniform(self, low, high):
        return high
