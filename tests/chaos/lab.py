"""What the experiments work with: a Controller that can be restored, a run that can be killed, a state to compare."""

import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

import httpx

from sync.emulator import Emulator
from tests.shared.tree import VALUES, Manifest, Tree, app, endpoints, load_balancer

KINDS = ("vsvip", "pool", "l4policyset", "virtualservice")
PASSWORD = "emulator"
SEED: Mapping[str, object] = {
    "controller": {"version": "30.2.1", "license": "ENTERPRISE"},
    "cloud": {"name": "Default-Cloud", "vtype": "CLOUD_VCENTER", "dns_domains": ["avi.internal"]},
    "networks": [{"name": "vip-network", "subnets": ["10.10.10.0/24"]}],
    "assume_exists": True,
}
SETTINGS: Manifest = {
    **VALUES,
    "SyncSettings": {
        "lock": {"ttlSeconds": 1},
        "guards": {"deletes": {"count": 100, "percent": 100}, "replaces": {"count": 100, "percent": 100}},
    },
}
BEFORE: Mapping[str, list[Manifest]] = {
    "a": app("a", address="10.10.10.5"),
    "b": app("b", address="10.10.10.6"),
    "c": app("c", address="10.10.10.7"),
    "d": app("d", address="10.10.10.8"),
    "e": app("e", address="10.10.10.9"),
}
AFTER: Mapping[str, list[Manifest] | None] = {
    "a": app("a", address="10.10.10.6"),
    "b": app("b", address="10.10.10.5"),
    "c": [
        *app("c", address="10.10.10.7", hostname="c.avi.internal")[:2],
        endpoints("c-svc", addresses=("192.0.2.1", "192.0.2.2", "192.0.2.3")),
    ],
    "d": None,
    "e": app("e", address="10.10.10.19"),
    "f": app("f", address="10.10.10.8"),
    "lb": [load_balancer("lb", address="10.10.10.20"), endpoints("lb", ports=(25,))],
}
"""Two Gateways swap their addresses, one gets a name and a server, one goes and leaves its address to a
new one, one is replaced."""


@dataclass(slots=True)
class Row:
    """One line of the table: how often something was tried, and what came of it."""

    name: str
    tried: int = 0
    converged: int = 0
    lost: int = 0
    foreign: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether everything that was tried converged and nothing was lost or touched."""
        return self.tried > 0 and self.converged == self.tried and not (self.lost or self.foreign or self.notes)


# --- the Controller ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Interposer:
    """Stands before the emulator's application and sees each request before and after it is carried out."""

    application: Callable[..., Iterable[bytes]]
    before: Callable[[int, str, str], None] = lambda _number, _method, _path: None
    after: Callable[[int, str, str], None] = lambda _number, _method, _path: None
    seen: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request, WSGI; numbered from 0."""
        method, path = str(environ["REQUEST_METHOD"]), str(environ["REQUEST_URI"]).partition("?")[0]
        with self.lock:
            number = len(self.seen)
            self.seen.append(f"{method} {path}")
        self.before(number, method, path)
        answer = self.application(environ, start_response)
        self.after(number, method, path)
        return answer


@dataclass(slots=True)
class Controller:
    """A running emulator with what stands before it."""

    emulator: Emulator
    interposer: Interposer

    @property
    def url(self) -> str:
        """Where it is."""
        return self.emulator.url

    def calm(self) -> None:
        """No fault strikes from here on: a run may end before the request that one was meant for."""
        self.emulator._faults.set(())

    def writes(self) -> list[str]:
        """The writes that it has seen, the lock aside."""
        return [
            request
            for request in self.interposer.seen
            if not request.startswith("GET") and "/api/" in request and "/stringgroup" not in request
        ]


@contextmanager
def controller(state: Path, *, faults: list[Mapping[str, Any]] | None = None) -> Iterator[Controller]:
    """A Controller with a copy of a saved state."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "state.sqlite")
        if state.exists():
            shutil.copy(state, copy)
        with Emulator(state=copy, seed=SEED, faults=faults) as emulator:
            server = emulator._server
            assert server is not None
            interposer = Interposer(server.wsgi_app)
            server.wsgi_app = interposer
            yield Controller(emulator=emulator, interposer=interposer)


def snapshot(found: Controller, state: Path) -> None:
    """Keep what the Controller holds, to be restored as often as wanted."""
    kept = Path(str(found.emulator._state))
    found.emulator.stop()
    shutil.copy(kept, state)


@contextmanager
def administrator(url: str) -> Iterator[httpx.Client]:
    """Somebody else who is logged in, in all tenants."""
    with httpx.Client(base_url=url, timeout=30) as client:
        client.post("/login", json={"username": "admin", "password": PASSWORD}).raise_for_status()
        client.headers.update(
            {
                "X-CSRFToken": client.cookies["csrftoken"],
                "Referer": url,
                "X-Avi-Version": "30.2.1",
                "X-Avi-Tenant": "admin",
            }
        )
        yield client


@dataclass(frozen=True, slots=True)
class State:
    """What a Controller holds: ours without what differs between two runs, the rest to the letter."""

    ours: Mapping[str, Any]
    foreign: Mapping[str, Any]


def state_of(url: str) -> State:
    """Everything of our kinds."""
    ours, foreign = {}, {}
    with administrator(url) as client:
        for kind in KINDS:
            answer = client.get(f"/api/{kind}", params={"page_size": 200, "include_name": "true"})
            for body in answer.raise_for_status().json()["results"]:
                marks = {mark["key"] for mark in body.get("markers", [])}
                name = f"{kind} {body['name']}"
                if "ManagedBy" in marks:
                    ours[name] = _comparable(body)
                else:
                    foreign[name] = json.dumps(body, sort_keys=True).replace(url, "")
    return State(ours=ours, foreign=foreign)


_VOLATILE = frozenset({"uuid", "url", "_last_modified", "configpb_attributes", "vs_refs"})


def _comparable(value: Any) -> Any:
    """Without identity; references by name. Lists that the Controller sorts by uuid are sorted by content."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in sorted(value.items()) if key not in _VOLATILE}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"^https?://[^/]+/api/(\w+)/[^#]+#", r"/api/\1#", value)
    return value


def difference(wanted: State, found: State) -> str:
    """The first thing in which two states differ; empty if they agree."""
    for name in sorted(wanted.ours.keys() | found.ours.keys()):
        one, other = wanted.ours.get(name), found.ours.get(name)
        if one is None or other is None:
            return f"{name} is {'missing' if other is None else 'too many'}"
        for field_name in sorted(one.keys() | other.keys()):
            if one.get(field_name) != other.get(field_name):
                return f"{name}.{field_name}: {one.get(field_name)} became {other.get(field_name)}"
    return ""


# --- runs -------------------------------------------------------------------------------------------------------------

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["sync.cli", "sync.cli.synchronise", "sync.controller.client", "httpx", "git", "yaml", "jinja2", "click"]
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit code (negative: the signal that killed it), stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(slots=True)
class Started:
    """A run on its way."""

    process: BaseProcess
    folder: Path

    @property
    def pid(self) -> int:
        """The process to kill."""
        assert self.process.pid is not None
        return self.process.pid

    def wait(self) -> Ended:
        """Until it has ended, by itself or not."""
        self.process.join(60)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code = self.process.exitcode
        texts = [(self.folder / name).read_text("utf-8", "replace") for name in ("out", "err")]
        return Ended(-signal.SIGKILL if code is None else code, *texts)


class Served(Protocol):
    """Whatever has an address."""

    @property
    def url(self) -> str:
        """Where it is."""


class Runner:
    """Starts `avi-sync` in processes of their own, each as if on another machine."""

    def __init__(self, folder: Path, tree: Tree) -> None:
        self._folder = folder
        self._tree = tree
        self._number = 0

    def start(self, found: Served, *arguments: str, parallelism: int = 1) -> Started:
        """A run against a Controller."""
        self._number += 1
        folder = self._folder / f"run{self._number}"
        folder.mkdir(parents=True)
        environment = {
            "SYNC_SOURCE": str(self._tree.folder),
            "SYNC_CONTROLLER": found.url,
            "SYNC_PASSWORD": PASSWORD,
            "SYNC_FORMAT": "json",
            "SYNC_PARALLELISM": str(parallelism),
            "SYNC_TIMEOUT": "5",
            "SYNC_CACHE_DIR": str(folder / "cache"),
            "SYNC_STATE_DIR": str(folder / "state"),
        }
        process = _FORKS.Process(target=_child, args=(arguments or ("sync",), environment, str(folder)), daemon=True)
        process.start()
        return Started(process=process, folder=folder)

    def run(self, found: Served, *arguments: str, parallelism: int = 1) -> Ended:
        """The same, to its end."""
        return self.start(found, *arguments, parallelism=parallelism).wait()


def _child(arguments: tuple[str, ...], environment: Mapping[str, str], folder: str) -> None:
    """What the forked process does: become `avi-sync`."""
    os.environ.update(environment)
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(Path(folder, name), os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    from sync.cli import main  # after the redirection: it must not hold the old streams

    main(arguments)


# --- the scenario -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scenario:
    """A Controller before the run, the tree to be applied, and what an undisturbed run makes of it."""

    state: Path
    runner: Runner
    wanted: State
    requests: int
    writes: int
    """How many of the requests write, the lock included."""
    foreign: Mapping[str, Any]


@contextmanager
def scenario() -> Iterator[Scenario]:
    """A run that creates, updates, replaces (two owners swap) and deletes, with objects of somebody else beside."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = Tree.make(folder / "repo", SETTINGS)
        tree.commit(**BEFORE)
        runner = Runner(folder, tree)
        state = folder / "before.sqlite"
        with controller(Path(folder, "none")) as first:
            _expect(runner.run(first))
            _add_foreign(first.url)
            snapshot(first, state)
        tree.commit(**AFTER)
        with controller(state) as undisturbed:
            foreign = state_of(undisturbed.url).foreign
            undisturbed.interposer.seen.clear()
            _expect(runner.run(undisturbed))
            requests = len(undisturbed.interposer.seen)
            writes = sum(not item.startswith("GET") and "/api/" in item for item in undisturbed.interposer.seen)
            wanted = state_of(undisturbed.url)
        yield Scenario(state=state, runner=runner, wanted=wanted, requests=requests, writes=writes, foreign=foreign)


def _expect(ended: Ended) -> None:
    assert ended.code == 0, f"the undisturbed run ended with {ended.code}: {ended.err}{ended.out}"


def _add_foreign(url: str) -> None:
    """Objects of an administrator and of another cluster whose name begins like ours."""
    with administrator(url) as client:
        vip = {"vip_id": "1", "ip_address": {"addr": "10.10.10.200", "type": "V4"}}
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("pool", {"name": "by-hand", "servers": [{"ip": {"addr": "192.0.2.77", "type": "V4"}, "port": 80}]}),
            ("vsvip", {"name": "by-hand", "vip": [vip]}),
            ("pool", {"name": "test-2--shop-a", "markers": [{"key": "clustername", "values": ["test-2"]}]}),
        ]
        for kind, body in bodies:
            client.post(f"/api/{kind}", json=body).raise_for_status()
        service = {
            "name": "by-hand",
            "vsvip_ref": "/api/vsvip?name=by-hand",
            "pool_ref": "/api/pool?name=by-hand",
            "services": [{"port": 80}],
        }
        client.post("/api/virtualservice", json=service).raise_for_status()


def judge(row: Row, wanted: Scenario, found: Controller, last: Ended, what: str) -> None:
    """Whether the last run converged, and nothing was lost or touched."""
    state = state_of(found.url)
    row.tried += 1
    lost = {name for name in wanted.wanted.ours if name not in state.ours}
    row.lost += len(lost)
    row.foreign += state.foreign != wanted.foreign
    if last.code == 0 and not (apart := difference(wanted.wanted, state)):
        row.converged += 1
    else:
        said = apart if last.code == 0 else f"exit {last.code}: {last.err[-300:]}{last.out[-600:]}"
        row.notes.append(f"{what}: {said}")
