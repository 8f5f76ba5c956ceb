"""What a lower license tier refuses."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]


def client(start: Start, log_in: LogIn, license_tier: str) -> httpx.Client:
    """A client of a Controller with that license."""
    return log_in(start(seed={"controller": {"license": license_tier}}))


@pytest.mark.parametrize(
    ("license_tier", "path", "fields", "status"),
    [
        ("ESSENTIALS", "virtualservice", {"enable_rhi": True}, 400),
        ("ESSENTIALS", "virtualservice", {"enable_rhi": False}, 201),
        ("ESSENTIALS", "pool", {"lb_algorithm": "LB_ALGORITHM_LEAST_CONNECTIONS"}, 201),
        ("ESSENTIALS", "pool", {"lb_algorithm": "LB_ALGORITHM_FEWEST_TASKS"}, 400),
        ("BASIC", "virtualservice", {"enable_rhi": True}, 400),
        ("ENTERPRISE", "virtualservice", {"enable_rhi": True}, 201),
        ("ENTERPRISE_WITH_CLOUD_SERVICES", "virtualservice", {"enable_rhi": True}, 201),
    ],
)
def test_fields_of_a_higher_tier_are_refused(
    start: Start, log_in: LogIn, license_tier: str, path: str, fields: dict[str, Any], status: int
) -> None:
    """A field or value that the tier does not have is 400; its default is always allowed."""
    api = client(start, log_in, license_tier)
    api.post("/api/vsvip", json={"name": "v"}).raise_for_status()
    place = {"vsvip_ref": "/api/vsvip?name=v"} if path == "virtualservice" else {}

    answer = api.post(f"/api/{path}", json={"name": "x", **place, **fields})

    assert answer.status_code == status, answer.text


MARKERS = [{"key": "clustername", "values": ["blue"]}]
RULE = {
    "name": "r",
    "index": 0,
    "match": {"protocol": {"match_criteria": "IS_IN", "protocol": "PROTOCOL_TCP"}},
    "action": {"select_pool": {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": "/api/pool?name=p"}},
}
L4 = "/api/applicationprofile?name=System-L4-Application"
UDP = "/api/networkprofile?name=System-UDP-Fast-Path"


@pytest.mark.parametrize("license_tier", ["ESSENTIALS", "BASIC"])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("pool", {"markers": MARKERS}),
        ("vsvip", {"dns_info": [{"fqdn": "a.avi.internal"}], "vip": [{"auto_allocate_ip": True}]}),
        ("l4policyset", {"l4_connection_policy": {"rules": [RULE]}}),
        (
            "virtualservice",
            {
                "vsvip_ref": "/api/vsvip?name=v",
                "application_profile_ref": L4,
                "services": [{"port": 80}, {"port": 53, "override_network_profile_ref": UDP}],
            },
        ),
    ],
)
def test_what_ako_writes_with_every_license_is_taken(
    start: Start, log_in: LogIn, license_tier: str, path: str, fields: dict[str, Any]
) -> None:
    """Though the swagger says that it is allowed in Enterprise only: AKO works with the others, too."""
    api = client(start, log_in, license_tier)
    api.post("/api/vsvip", json={"name": "v"}).raise_for_status()
    api.post("/api/pool", json={"name": "p"}).raise_for_status()

    answer = api.post(f"/api/{path}", json={"name": "x", **fields})

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("license_tier", ["ESSENTIALS", "BASIC"])
def test_what_was_read_can_be_written_back(start: Start, log_in: LogIn, license_tier: str) -> None:
    """The defaults that a tier fills in are such as it accepts."""
    api = client(start, log_in, license_tier)
    vip = {"vip": [{"auto_allocate_ip": True}]}
    api.post("/api/vsvip", json={"name": "v", **vip}).raise_for_status()
    service = {"name": "s", "vsvip_ref": "/api/vsvip?name=v", "services": [{"port": 80}]}
    api.post("/api/virtualservice", json=service).raise_for_status()
    api.post("/api/pool", json={"name": "p"}).raise_for_status()

    for path in ("vsvip", "virtualservice", "pool", "cloud"):
        body = api.get(f"/api/{path}").json()["results"][0]
        answer = api.put(f"/api/{path}/{body['uuid']}", json=body)
        assert answer.status_code == 200, answer.text
