"""The received requests: the last ones in memory for the page, all of them in a file if one is given."""

import json
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any, TextIO

from sync.emulator.tenancy import ADMIN
from sync.emulator.wire import Request

KEPT = 200
LONGEST = 4096  # of a path with its query, and of a tenant
NO_ANSWER = 0  # in place of a status

# The time as seconds, method, path and query, status, tenant, and the fault that was for the request.
Row = tuple[float, str, str, int, str, str | None]


class RequestLog:
    """Takes note of requests; one row must not cost what answering costs."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._last: deque[tuple[int, Row]] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, request: Request, status: int, fault: str | None) -> None:
        """Note a request before its answer leaves."""
        tenant = request.header("X-Avi-Tenant") or request.header("X-Avi-Tenant-UUID") or ADMIN
        row: Row = (time.time(), request.method[:32], request.target[:LONGEST], status, tenant[:LONGEST], fault)
        with self._lock:
            self._count += 1
            self._last.append((self._count, row))
            if self._file is not None:
                self._file.write(json.dumps(_shown(row)) + "\n")
                self._file.flush()

    def after(self, number: int) -> list[dict[str, Any]]:
        """The requests after the one with that number, as far as they are still known, with their numbers."""
        with self._lock:
            rows = [(count, row) for count, row in self._last if count > number]
        return [{"number": count, **_shown(row)} for count, row in rows]


def _shown(row: Row) -> dict[str, Any]:
    seconds, method, path, status, tenant, fault = row
    shown = {
        "time": datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds"),
        "method": method,
        "path": path,
        "status": status,
        "tenant": tenant,
    }
    return shown if fault is None else {**shown, "fault": fault}
