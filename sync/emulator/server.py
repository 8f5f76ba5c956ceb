"""The emulator as a thing to start and stop."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import trustme

from sync.emulator.application import Application
from sync.emulator.connection import Server, Tls
from sync.emulator.endpoints import Controller
from sync.emulator.faults import Faults, parse_faults
from sync.emulator.fresh import fill
from sync.emulator.objects import Objects
from sync.emulator.schema import load_schema
from sync.emulator.seed import facts_from_json, parse_seed
from sync.emulator.sessions import Sessions
from sync.emulator.store import Store
from sync.emulator.versions import OLDEST, parse_version

WAIT_SECONDS = 0.1
ANY_HOST = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 -- recognised, not bound to
LOCAL_NAMES = ("127.0.0.1", "localhost")


class Emulator:
    """A local Avi Controller.

    `state` is the SQLite file that keeps it over restarts, None keeps nothing; `seed` is a facts file that has been
    read, used if the state is empty; `faults` is a list of faults that has been read. For `name_hold_ms` after a delete
    the name stays taken. `clock` gives the Controller's time, in seconds since 1970. Port 0 takes a free one. Raises
    SeedError for a bad seed, FaultError for a bad fault, StateError for a state file that cannot be used, OSError for a
    port that is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        state: str | Path | None = None,
        seed: Mapping[str, Any] | None = None,
        tls: bool = False,
        latency_ms: float = 0,
        requests_log: str | Path | None = None,
        faults: Sequence[Mapping[str, Any]] | None = None,
        name_hold_ms: float = 0,
        password: str = "emulator",  # noqa: S107 -- the documented password of a toy
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._host = host
        self._port = port
        self._state = state
        self._seed = parse_seed(seed)
        self._faults = Faults(parse_faults(faults))
        self._name_hold_ms = name_hold_ms
        self._tls = tls
        self._latency_ms = latency_ms
        self._requests_log = requests_log
        self._password = password
        self._clock = clock
        self._store: Store | None = None
        self._server: Server | None = None
        self._log: TextIO | None = None
        self._thread: threading.Thread | None = None
        self._folder: Path | None = None

    @property
    def url(self) -> str:
        """Where the Controller is, `http://127.0.0.1:54321`."""
        if self._server is None:
            raise RuntimeError("the emulator is not running")
        host = LOCAL_NAMES[0] if self._host in ANY_HOST else self._host
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{shown}:{self._server.bind_addr[1]}"

    @property
    def ca_bundle(self) -> str | None:
        """The PEM file with the certificate to trust; None without TLS."""
        return str(self._folder / "ca.pem") if self._folder is not None else None

    def start(self) -> Self:
        """Serve in the background; returns when requests are answered."""
        try:
            self._store = self._opened_store()
            self._server = Server(self._host, self._port, None)
            if self._tls:
                self._folder = Path(tempfile.mkdtemp(prefix="avi-emulator-"))
                _write_certificate(self._folder, self._host)
                self._server.ssl_adapter = Tls(str(self._folder / "server.pem"), str(self._folder / "server.key"))
            if self._requests_log is not None:
                self._log = Path(self._requests_log).expanduser().open("a", encoding="utf-8")
            self._server.prepare()
            self._server.wsgi_app = self._application(self._store)
        except BaseException:
            self.stop()
            raise
        self._thread = threading.Thread(target=self._server.serve, name="avi-emulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the requests that are being answered, then give back port and state file. May be called twice."""
        if self._server is not None:
            self._server.stop()
        if self._thread is not None:
            self._thread.join()
        if self._store is not None:
            self._store.close()
        if self._log is not None:
            self._log.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._server = self._thread = self._store = self._log = self._folder = None

    def wait(self) -> None:
        """Return when the emulator has been stopped, by another thread or a signal handler."""
        while (
            (thread := self._thread) is not None and thread.is_alive()
        ):  # not a lock: a signal handler that calls `stop` must never wait for this wait
            time.sleep(WAIT_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _opened_store(self) -> Store:
        return Store(None if self._state is None else str(self._state), self._clock)

    def _application(self, store: Store) -> Application:
        saved = store.setting("facts")
        facts = self._seed if saved is None else facts_from_json(saved)
        schema = load_schema(parse_version(facts.version) or OLDEST, facts.license)
        objects = Objects(store, schema, facts, name_hold_seconds=self._name_hold_ms / 1000)
        if saved is None:
            fill(objects, store, schema, facts)
        else:
            store.load(schema)
        controller = Controller(
            store=store,
            schema=schema,
            objects=objects,
            sessions=Sessions(store, self._password, self._clock),
            facts=facts,
            is_secure=self._tls,
            clock=self._clock,
            started=self._clock(),
        )
        return Application(
            controller,
            latency_seconds=self._latency_ms / 1000,
            log=self._log,
            host=self.url,
            faults=self._faults,
        )


def _write_certificate(folder: Path, host: str) -> None:
    """A certificate for this machine's names, and the authority that signed it."""
    authority = trustme.CA()
    names = dict.fromkeys((*LOCAL_NAMES, *(() if host in ANY_HOST else (host,))))
    certificate = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    for index, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(folder / "server.pem", append=index > 0)
