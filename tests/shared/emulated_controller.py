"""A source tree, an emulated Controller, and the command line between them."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.cli import main
from sync.emulator import Emulator
from tests.shared.tree import Tree

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading the system's certificates for each request of a test takes longer than the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def last_line(self) -> str:
        """The last line on stdout."""
        return self.out.strip().rpartition("\n")[2]


@dataclass(slots=True)
class Clock:
    """The Controller's own clock, which need not be right."""

    ahead_seconds: float = 0.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """An emulated Controller with its log."""

    url: str
    log: Path
    password: str = "emulator"
    clock: Clock = field(default_factory=Clock)

    def wait(self, *, minutes: float) -> None:
        """Let time pass on the Controller."""
        self.clock.ahead_seconds += 60 * minutes

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far; one that is being written down just now is not told yet."""
        whole_lines, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole_lines.splitlines()]

    def writes(self) -> list[str]:
        """`POST vsvip`, `DELETE pool` … without logins and the lock, in the order in which they came."""
        return [line for line in self.all_writes() if not line.endswith(" stringgroup")]

    def all_writes(self) -> list[str]:
        """The same, with the lock."""
        return [
            f"{item['method']} {item['path'].split('/')[2].partition('?')[0]}"
            for item in self.requests()
            if item["method"] != "GET" and item["path"].startswith("/api/")
        ]

    def call(
        self, method: str, path: str, body: object = None, tenant: str = "admin", *, slug: str = ""
    ) -> dict[str, Any]:
        """One request of somebody else: another administrator, or a test; `slug` is the uuid of a new object."""
        with httpx.Client(base_url=self.url, verify=NO_TLS) as client:
            client.post("/login", json={"username": "admin", "password": self.password}).raise_for_status()
            headers = {
                "X-CSRFToken": client.cookies["csrftoken"],
                "Referer": self.url,
                "X-Avi-Version": "30.2.1",
                "X-Avi-Tenant": tenant,
                **({"Slug": slug} if slug else {}),
            }
            answer = client.request(method, path, json=body, headers=headers)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json() if answer.content else {}
            return found

    def find(self, kind: str, name: str) -> dict[str, Any]:
        """One object by name, of any tenant."""
        found = self.call("GET", f"/api/{kind}?name={name}&include_name", tenant="*")
        assert found["count"] == 1, f"{found['count']} {kind} called {name}"
        only: dict[str, Any] = found["results"][0]
        return only

    def change(self, kind: str, name: str, **fields: object) -> None:
        """Somebody edits an object by hand."""
        live = self.find(kind, name)
        self.call("PUT", f"/api/{kind}/{live['uuid']}", live | fields)

    def fault(self, **rule: object) -> None:
        """From now on a request goes wrong, instead of what went wrong before (docs/emulator.md)."""
        self.faults(rule)

    def faults(self, *rules: Mapping[str, object]) -> None:
        """From now on these requests go wrong, and no others."""
        httpx.put(f"{self.url}/_emulator/faults", json=list(rules), verify=NO_TLS).raise_for_status()

    def addresses(self, name: str) -> list[str]:
        """The addresses of a VsVip."""
        return [vip["ip_address"]["addr"] for vip in self.find("vsvip", name)["vip"]]

    def forget(self) -> None:
        """Clear the log."""
        self.log.write_text("")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository with values.yaml and a GatewayClass."""
    return Tree.make(tmp_path / "repo")


SEED: Mapping[str, object] = {
    "controller": {"version": "30.2.1", "license": "ENTERPRISE"},
    "cloud": {"name": "Default-Cloud", "vtype": "CLOUD_VCENTER", "dns_domains": ["avi.internal"]},
    "networks": [
        {"name": "vip-network", "subnets": ["10.10.10.0/24"]},
        {"name": "other-network", "subnets": ["10.10.20.0/24"]},
        {"name": "tiny-network", "subnets": ["10.10.30.0/24"], "ranges": ["10.10.30.5-10.10.30.5"]},
    ],
    "tenants": ["team-a", "büro"],
    "assume_exists": True,
    "missing": ["network/nowhere"],
}


@pytest.fixture
def clock() -> Clock:
    """That of the Controller."""
    return Clock()


@pytest.fixture
def controller(tmp_path: Path, clock: Clock) -> Iterator[Controller]:
    """A fresh Controller with the networks of `SEED`."""
    log = tmp_path / "requests.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, seed=SEED, clock=clock) as emulator:
        yield Controller(url=emulator.url, log=log, clock=clock)


Run = Callable[..., Result]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command line in this process."""
    monkeypatch.setenv("SYNC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SYNC_STATE_DIR", str(tmp_path / "state"))

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        printed = capsys.readouterr()
        return Result(code=int(stop.value.code or 0), out=printed.out, err=printed.err)

    return call


@pytest.fixture
def sync(cli: Run, tree: Tree, controller: Controller, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`avi-sync sync` from the tree to the Controller; a JSON document unless asked otherwise."""
    monkeypatch.setenv("SYNC_SOURCE", str(tree.folder))
    monkeypatch.setenv("SYNC_CONTROLLER", controller.url)
    monkeypatch.setenv("SYNC_PASSWORD", "emulator")
    monkeypatch.setenv("SYNC_FORMAT", "json")
    return cli


SyncOf = Callable[[Tree, Controller], Run]


@pytest.fixture
def sync_of(cli: Run, monkeypatch: pytest.MonkeyPatch) -> SyncOf:
    """`avi-sync sync` from a tree to a Controller, with a JSON document."""

    def of(tree: Tree, controller: Controller) -> Run:
        monkeypatch.setenv("SYNC_SOURCE", str(tree.folder))
        monkeypatch.setenv("SYNC_CONTROLLER", controller.url)
        monkeypatch.setenv("SYNC_PASSWORD", "emulator")
        monkeypatch.setenv("SYNC_FORMAT", "json")
        return cli

    return of
