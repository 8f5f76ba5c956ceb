"""What the emulator shows and takes itself, outside the API: a page, its data, and faults. No login is needed."""

import ipaddress
import json
import socket
from collections.abc import Callable, Mapping
from importlib.resources import files

from sync.emulator.endpoints import Controller
from sync.emulator.faults import Faults, parse_faults
from sync.emulator.queries import parse_parameters
from sync.emulator.request_log import RequestLog
from sync.emulator.topology import Topology
from sync.emulator.wire import JSON_TYPE, WRITES, Answer, Request, json_answer

PREFIX = "_emulator"
FAULTS = ("faults",)
PAGE_HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
    )
]


def is_own(segments: tuple[str, ...]) -> bool:
    """Whether a path is the emulator's own."""
    return not segments or segments[0] == PREFIX


class Console:
    """Answers requests to the emulator itself."""

    def __init__(self, controller: Controller, log: RequestLog, faults: Faults) -> None:
        self._topology = Topology(controller.store, controller.facts)
        self._log = log
        self._faults = faults
        self._page = files("sync.emulator").joinpath("data", "page.html").read_bytes()

    def answer(self, request: Request) -> Answer:
        """The answer for one of the emulator's own paths."""
        refused = _foreign(request) if request.segments[1:] == FAULTS else None
        if refused is not None:
            return refused
        methods = PLACES.get(request.segments[1:]) if request.segments else {"GET": Console.page}
        if methods is None:
            return json_answer({"error": f"{request.target}: the emulator has no such page"}, 404)
        method = methods.get("GET" if request.method == "HEAD" else request.method)
        answer = method(self, request) if method else json_answer({"error": f"use {' or '.join(methods)}"}, 405)
        answer.allow = ", ".join(methods)
        return answer

    def page(self, _request: Request) -> Answer:
        """The page that shows everything."""
        return Answer(status=200, body=self._page, content_type="text/html; charset=utf-8", headers=list(PAGE_HEADERS))

    def state(self, request: Request) -> Answer:
        """What the Controller holds; 204 if nothing has changed since the state with the number `after`."""
        after = _number(request, "after")
        if after == self._topology.number:
            return Answer(status=204)
        return json_answer(self._topology.as_json())

    def requests(self, request: Request) -> Answer:
        """The latest requests, those after number `after` only."""
        return json_answer({"requests": self._log.after(_number(request, "after") or 0)})

    def get_faults(self, _request: Request) -> Answer:
        """The faults in force."""
        return json_answer({"faults": self._faults.as_json()})

    def put_faults(self, request: Request) -> Answer:
        """Other faults: a list, or a mapping with the list under `faults`."""
        try:
            document = json.loads(request.body() or b"[]")
            given = document.get("faults") if isinstance(document, dict) else document
            self._faults.set(parse_faults(given))
        except (ValueError, RecursionError) as error:
            return json_answer({"error": str(error)}, 400)
        return self.get_faults(request)

    def delete_faults(self, _request: Request) -> Answer:
        """No faults any more."""
        self._faults.set(())
        return Answer(status=204)


PLACES: Mapping[tuple[str, ...], Mapping[str, Callable[[Console, Request], Answer]]] = {
    ("state",): {"GET": Console.state},
    ("requests",): {"GET": Console.requests},
    FAULTS: {"GET": Console.get_faults, "PUT": Console.put_faults, "DELETE": Console.delete_faults},
}


def _foreign(request: Request) -> Answer | None:
    """A refusal for what a page from elsewhere lets a browser send; None for everybody else.

    A page can reach this machine through a name of its own, and can send forms and plain texts without a preflight
    request.
    """
    if not _is_own_host(request.header("Host") or ""):
        return json_answer({"error": "Host is not a name of this machine: use its address, or localhost"}, 403)
    origin = request.header("Origin")
    if origin is not None and origin != request.host:
        return json_answer({"error": "requests from the pages of others are not taken"}, 403)
    kind = str(request.environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    if request.method in WRITES and kind not in ("", JSON_TYPE):
        return json_answer({"error": f"send it with Content-Type: {JSON_TYPE}"}, 415)
    return None


def _is_own_host(authority: str) -> bool:
    """Whether a Host header is an address, or a name that no foreign domain can have: one without a dot."""
    name = authority.rpartition("]")[0].lstrip("[") or authority.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name == socket.gethostname()
    return True


def _number(request: Request, name: str) -> int | None:
    text = parse_parameters(request.query).get(name, "")
    return int(text) if text.isdecimal() else None
