"""One run at a time on this machine per Controller and cluster: the second one need not ask the Controller.

It is a file lock of the operating system: it ends with its process, even if that is killed. It saves a wait,
and is not what safety rests on: users of one machine have a file each, and machines know nothing of each other.
"""

import hashlib
import logging
import os
import re
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from sync.errors import LockedError

_LOG = logging.getLogger(__name__)


class MachineLock:
    """Held from entering to leaving; entering raises LockedError if another process of this user holds it.

    Without a writable folder there is no lock, and no error.
    """

    def __init__(self, folder: str, *, controller: str, cluster: str) -> None:
        where = controller.rstrip("/").lower()
        readable = re.sub(r"[^a-z0-9.]+", "-", f"{where.partition('://')[2]}-{cluster.lower()}").strip("-.")[-60:]
        whole = hashlib.sha256(f"{where}\n{cluster}".encode()).hexdigest()[:12]
        self._file = Path(folder) / "locks" / f"{readable}-{whole}.lock"
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._file, timeout=0)
            lock.acquire()
        except Timeout:
            raise LockedError(
                f"another run on this machine (pid {self._holder()}) holds the lock of this cluster",
                fix="wait until it has ended",
            ) from None
        except OSError as error:
            _LOG.warning('event=no-machine-lock file=%s error="%s"', self._file, error.strerror)
            return self
        self._lock = lock
        with suppress(OSError):
            self._file.write_text(f"{os.getpid()}\n", "ascii")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.release()

    def _holder(self) -> str:
        try:
            return self._file.read_text("ascii").strip() or "unknown"
        except (OSError, UnicodeDecodeError):
            return "unknown"
