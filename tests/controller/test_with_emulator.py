"""The client against the emulator: both follow the API, neither knows the other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.controller.errors import BrokenAnswerError, ConflictError, NotFoundError, RefusedError, StaleError
from sync.controller.facts import read_facts
from sync.emulator import Emulator
from sync.errors import UnreachableError
from sync.timing import Timing

SEED = {
    "controller": {"version": "22.1.7", "license": "ESSENTIALS"},
    "cloud": {"name": "Default-Cloud", "vtype": "CLOUD_NSXT", "dns_domains": ["lab.example"]},
    "networks": [
        {"name": "web", "subnets": ["10.1.0.0/24"], "vrf": "blue"},
        {"name": "db", "subnets": ["10.2.0.0/24"]},
    ],
    "serviceenginegroups": ["gold"],
    "tenants": ["blue"],
}


@pytest.fixture
def start() -> Iterator[Callable[..., Emulator]]:
    """Starts emulators, which stop with the test."""
    started: list[Emulator] = []

    def start_one(**arguments: Any) -> Emulator:
        started.append(Emulator(**arguments).start())
        return started[-1]

    yield start_one
    for emulator in started:
        emulator.stop()


def connect(emulator: Emulator, *, password: str = "emulator") -> ControllerClient:
    """A client of the emulator."""
    address = ControllerAddress(url=emulator.url, ca_bundle=emulator.ca_bundle or "")
    return ControllerClient(address, Login(password=password), timing=Timing(sleep=lambda _seconds: None))


def test_an_object_lives_and_dies(start: Callable[..., Emulator]) -> None:
    """A pool is created, changed and deleted in its tenant, over TLS."""
    with connect(start(seed=SEED, tls=True)) as client:
        created = client.post("/api/pool", {"name": "p", "cloud_ref": "/api/cloud?name=Default-Cloud"}, tenant="blue")
        path = f"/api/pool/{created['uuid']}"
        changed = client.put(path, {**created, "enabled": False}, tenant="blue")
        listed = client.list_all("/api/pool", {"include_name": "true"})
        client.delete(path, tenant="blue")
        left = client.list_all("/api/pool", {})

    assert changed["enabled"] is False
    assert [pool["uuid"] for pool in listed] == [created["uuid"]]
    assert left == []


def test_refusals_are_typed(start: Callable[..., Emulator]) -> None:
    """Taken names, stale bodies, missing and used objects, and unknown tenants are told apart."""
    with connect(start()) as client:
        pool = client.post("/api/pool", {"name": "p"}, tenant="admin")
        path = f"/api/pool/{pool['uuid']}"

        with pytest.raises(ConflictError, match="already exists"):
            client.post("/api/pool", {"name": "p"}, tenant="admin")
        with pytest.raises(StaleError, match="Need to reload"):
            client.put(path, {**pool, "_last_modified": "1"}, tenant="admin")
        with pytest.raises(NotFoundError, match="Pool object not found!"):
            client.delete("/api/pool/pool-0", tenant="admin")
        with pytest.raises(RefusedError, match="does not exist"):
            client.post("/api/pool", {"name": "q"}, tenant="nobody")


def test_long_lists(start: Callable[..., Emulator]) -> None:
    """A list of several pages arrives whole, one request per page."""
    with connect(start()) as client:
        for number in range(210):
            client.post("/api/pool", {"name": f"p{number:03}"}, tenant="admin")
        before = client.requests.gets
        pools = client.list_all("/api/pool", {})
        gets = client.requests.gets - before

    assert {pool["name"] for pool in pools} == {f"p{number:03}" for number in range(210)}
    assert gets == 2


def test_facts(start: Callable[..., Emulator]) -> None:
    """Translation gets what the emulator was seeded with."""
    references = {
        "network": frozenset({"web", "db", "none"}),
        "serviceenginegroup": frozenset({"gold", "silver"}),
        "applicationprofile": frozenset({"System-L4-Application"}),
        "vrfcontext": frozenset({"global", "blue"}),
    }
    with connect(start(seed=SEED)) as client:
        facts = read_facts(client, cloud_name="Default-Cloud", references=references)

    assert (facts.version, facts.license) == ("22.1.7", "ESSENTIALS")
    assert (facts.cloud.vtype, facts.cloud.dns_domains) == ("CLOUD_NSXT", ("lab.example",))
    assert facts.network_vrf == {"web": "blue"}
    assert facts.missing == {"network/none", "serviceenginegroup/silver"}


def test_a_session_that_ended_is_renewed(start: Callable[..., Emulator]) -> None:
    """After a logout behind its back the client logs in again."""
    with connect(start()) as client:
        with pytest.raises(BrokenAnswerError):
            client.post("/logout", {}, tenant="admin")
        clouds = client.list_all("/api/cloud", {})

    assert [cloud["name"] for cloud in clouds] == ["Default-Cloud"]
    assert client.requests.logins == 2


def test_a_wrong_password(start: Callable[..., Emulator]) -> None:
    """The emulator's refusal is the one the Controller gives."""
    with (
        pytest.raises(UnreachableError, match="refused the login of admin: Invalid credentials"),
        connect(start(), password="wrong"),
    ):
        pass
