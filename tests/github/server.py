"""A local server that behaves like GitHub's for the comments of one pull request."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class GitHub:
    """Comments of one pull request; `trouble` holds statuses that are answered first, instead."""

    def __init__(self, comments: list[str], trouble: list[int], page_size: int = 2) -> None:
        self.comments = dict(enumerate(comments, start=100))
        self.trouble = trouble
        self.requests: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        handler = type("Handler", (_Handler,), {"github": self, "page_size": page_size})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Give the port back."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    github: GitHub
    page_size: int
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""

    def _reply(self, status: int, body: Any, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> str:
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return str(json.loads(text)["body"]) if text else ""

    def _serve(self) -> None:
        github = self.github
        github.requests.append((self.command, self.path))
        github.tokens.add(self.headers["Authorization"])
        text = self._body()
        if github.trouble:
            self._reply(github.trouble.pop(0), {"message": "trouble"})
        elif self.command == "GET":
            self._list()
        elif self.command == "POST":
            number = max(github.comments, default=99) + 1
            github.comments[number] = text
            self._reply(201, {"id": number, "html_url": f"https://github.example/c/{number}"})
        else:
            number = int(self.path.rpartition("/")[2])
            github.comments[number] = text
            self._reply(200, {"id": number, "html_url": f"https://github.example/c/{number}"})

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815 -- the names that http.server calls

    def _list(self) -> None:
        page = int(self.path.rpartition("page=")[2]) if "&page=" in self.path else 1
        items = [{"id": number, "body": text} for number, text in self.github.comments.items()]
        start = (page - 1) * self.page_size
        more = {}
        if start + self.page_size < len(items):
            where = f"{self.github.url}{self.path.partition('?')[0]}?per_page=100&page={page + 1}"
            more = {"Link": f'<{where}>; rel="next"'}
        self._reply(200, items[start : start + self.page_size], **more)
