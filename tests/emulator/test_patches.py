"""PATCH: what the operations make of an object, and which entries of a list they mean."""

from typing import Any

import httpx
import pytest

ONE, TWO = ({"addr": f"10.0.0.{number}", "type": "V4"} for number in (1, 2))


@pytest.fixture
def pool(api: httpx.Client) -> dict[str, Any]:
    """A pool with two servers, a monitor and a label."""
    body = {
        "name": "p",
        "servers": [{"ip": ONE, "port": 80}, {"ip": TWO, "port": 80}],
        "health_monitor_refs": ["/api/healthmonitor?name=System-TCP"],
        "markers": [{"key": "team", "values": ["blue"]}],
        "description": "first",
        "default_server_port": 8080,
    }
    made: dict[str, Any] = api.post("/api/pool", json=body).raise_for_status().json()
    return made


def patch(api: httpx.Client, pool: dict[str, Any], **operations: Any) -> dict[str, Any]:
    """The pool after a patch."""
    answer = api.patch(f"/api/pool/{pool['uuid']}", json=operations)
    assert answer.status_code == 200, answer.text
    patched: dict[str, Any] = answer.json()
    return patched


def monitors(pool: dict[str, Any]) -> list[str]:
    """The names of the monitors of a pool."""
    return [reference.partition("#")[2] for reference in pool.get("health_monitor_refs", ())]


def test_scalars_are_set_and_reset(api: httpx.Client, pool: dict[str, Any]) -> None:
    """`add` and `replace` set a scalar, `delete` and `remove` bring back its default; the rest stays."""
    added = patch(api, pool, add={"description": "second"})
    replaced = patch(api, pool, replace={"description": "third"}, delete={"default_server_port": 8080})
    removed = patch(api, pool, remove={"description": ""})

    assert (added["description"], replaced["description"], replaced["default_server_port"]) == ("second", "third", 80)
    assert "description" not in removed
    assert removed["servers"] == pool["servers"]


@pytest.mark.parametrize(
    "reference", ["/api/healthmonitor?name=System-TCP", "/api/healthmonitor/{uuid}", "https://elsewhere/api/healthmonitor/{uuid}#System-TCP"]
)  # fmt: skip
def test_references_mean_the_same_in_every_form(api: httpx.Client, pool: dict[str, Any], reference: str) -> None:
    """An entry that is a reference is told apart by what it points to, however it is written."""
    uuid = pool["health_monitor_refs"][0].rpartition("/")[2].partition("#")[0]
    written = reference.format(uuid=uuid)

    twice = patch(api, pool, add={"health_monitor_refs": [written, "/api/healthmonitor?name=System-Ping"]})
    without = patch(api, pool, delete={"health_monitor_refs": [written]})

    assert monitors(twice) == ["System-TCP", "System-Ping"]
    assert monitors(without) == ["System-Ping"]


def test_entries_are_told_apart_by_their_keys(api: httpx.Client, pool: dict[str, Any]) -> None:
    """A server is its address and port, a label its key, a number the same as a text; without a port all are meant."""
    changed = patch(
        api,
        pool,
        add={
            "servers": [{"ip": ONE, "port": "80", "ratio": 5}, {"ip": ONE, "port": 81}],
            "markers": [{"key": "team", "values": ["red"]}],
        },
    )
    left = patch(api, pool, delete={"servers": [{"ip": ONE}], "markers": [{"key": "team"}]})

    servers = [(server["ip"]["addr"], server["port"], server["ratio"]) for server in changed["servers"]]
    assert servers == [("10.0.0.2", 80, 1), ("10.0.0.1", 80, 5), ("10.0.0.1", 81, 1)]
    assert [(label["key"], label["values"]) for label in changed["markers"]] == [("team", ["red"])]
    assert [server["ip"] for server in left["servers"]] == [TWO]
    assert "markers" not in left


def test_members_of_a_group_come_and_go_by_reference(api: httpx.Client, pool: dict[str, Any]) -> None:
    """A member is the pool that it refers to."""
    group = {"name": "g", "members": [{"pool_ref": "/api/pool?name=p"}]}
    uuid = api.post("/api/poolgroup", json=group).raise_for_status().json()["uuid"]

    heavier = api.patch(f"/api/poolgroup/{uuid}", json={"add": {"members": [{"pool_ref": pool["url"], "ratio": 9}]}})
    empty = api.patch(f"/api/poolgroup/{uuid}", json={"delete": {"members": [{"pool_ref": pool["url"]}]}})

    assert [member["ratio"] for member in heavier.json()["members"]] == [9]
    assert "members" not in empty.json()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="list"),
        pytest.param({}, id="nothing"),
        pytest.param({"name": "p"}, id="no operation"),
        pytest.param({"add": 3}, id="no fields"),
        pytest.param({"add": {"servers": [{"port": 80}]}}, id="an entry that lacks something"),
        pytest.param({"delete": {"description": ["x"]}}, id="entries of a scalar"),
        pytest.param({"json_patch": [{"op": "move", "path": "/servers/0"}]}, id="unknown operation"),
        pytest.param({"json_patch": [{"op": "remove", "path": "/servers/9"}]}, id="an entry that is not there"),
    ],
)
def test_patch_without_sense_changes_nothing(api: httpx.Client, pool: dict[str, Any], body: Any) -> None:
    """What cannot be applied is 400, and the object stays as it was."""
    answer = api.patch(f"/api/pool/{pool['uuid']}", json=body)

    assert answer.status_code == 400
    assert api.get(f"/api/pool/{pool['uuid']}?include_name").json() == pool
