"""Live servers of Nodes whose addresses Git does not tell."""

from dataclasses import replace
from typing import Any

import pytest

from sync.compare.fields import field_values
from sync.compare.objects import body_of_update, compare
from sync.compare.unknown_servers import name_of, unknown_servers, with_servers
from sync.model.desired import AviObject, UnknownServers
from tests.shared.builders import make_object, markers


def server(address: str, port: int | None = 80, **fields: Any) -> dict[str, Any]:
    """A server of a pool."""
    return {"ip": {"addr": address, "type": "V4"}, "port": port, **fields}


def make_pool(*addresses: str, known: tuple[str, ...] = ("192.0.2.1",), left_alone: bool = False) -> AviObject:
    """A pool whose Node n2 does not tell where it is, and whose other Nodes have these addresses."""
    body = {"servers": [server(address) for address in addresses], "markers": markers(ManagedBy="avi-sync", Digest="x")}
    item = make_object(body, left_alone=["servers"] if left_alone else [])
    return replace(item, unknown_servers=UnknownServers(nodes=("Node n2",), known_addresses=frozenset(known)))


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        pytest.param(make_pool("192.0.2.1"), ["192.0.2.2:80"], id="what Git does not request"),
        pytest.param(make_pool("192.0.2.1", known=("192.0.2.1", "192.0.2.2")), [], id="that of a Node that is known"),
        pytest.param(make_pool("192.0.2.1", "192.0.2.2"), [], id="nothing twice"),
        pytest.param(make_pool(known=()), ["192.0.2.1:80", "192.0.2.2:80"], id="no Node is known"),
        pytest.param(make_pool("192.0.2.1", left_alone=True), [], id="all live servers stay anyway"),
        pytest.param(replace(make_pool("192.0.2.1"), unknown_servers=None), [], id="every Node is known"),
    ],
)
def test_a_live_server_stays_if_it_may_be_that_of_an_unknown_node(desired: AviObject, expected: list[str]) -> None:
    """By its address."""
    live = {"servers": [server("192.0.2.1"), server("192.0.2.2")]}

    assert [name_of(item) for item in unknown_servers(desired, live)] == expected


def test_a_server_that_stays_is_written_as_it_is_and_is_no_difference() -> None:
    """With all that others have set on it."""
    kept = server("192.0.2.2", None, enabled=False, ratio=3)
    live = {"servers": [server("192.0.2.1"), kept]}
    desired = make_pool("192.0.2.1")

    found = with_servers(desired, unknown_servers(desired, live))

    assert name_of(kept) == "192.0.2.2"
    assert kept in body_of_update(found, live)["servers"]
    assert [item.path for item in compare(found, live).differences if "servers" in item.path] == []
    assert found.body["markers"][1] != desired.body["markers"][1]
    (value,) = field_values(desired, live, [("servers",)])
    assert value.is_equal


def test_a_pool_without_servers_of_its_own_can_keep_some() -> None:
    """Where no live object has any, none is kept."""
    desired = replace(make_pool(), body={"markers": []})

    assert unknown_servers(desired, {}) == ()
    assert with_servers(desired, [server("192.0.2.2")]).body["servers"] == [server("192.0.2.2")]
