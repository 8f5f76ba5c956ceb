"""Within what an address is unique."""

from typing import Any

import pytest

from sync.avi.addresses import AddressPlace

LIVE_VRF = {"vrf_context_ref": "https://c/api/vrfcontext/vrfcontext-7#blue & co+1"}


def places(kind: str = "VsVip", cloud: str = "Default-Cloud", address: str = "10.1.2.3", **body: Any) -> Any:
    """Where the only address of a body lives."""
    field = "ip6_address" if ":" in address else "ip_address"
    return AddressPlace.all_of(kind, cloud, {"vip": [{"vip_id": "0", field: {"addr": address}}], **body})


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        pytest.param(
            {"tier1_lr": "/infra/tier-1s/a"},
            {"tier1_lr": "/infra/tier-1s/a", "vrf_context_ref": "https://c/api/vrfcontext/vrfcontext-2#t1-a"},
            id="behind a T1 router, whose VRF the Controller fills in",
        ),
        pytest.param({"vrf_context_ref": "/api/vrfcontext?name=blue %26 co%2B1"}, LIVE_VRF, id="a VRF by quoted name"),
        pytest.param({}, {"vrf_context_ref": "https://c/api/vrfcontext/vrfcontext-1#global"}, id="the default VRF"),
        pytest.param({"address": "2001:DB8:0::1"}, {"address": "2001:db8::1"}, id="two forms of an IPv6 address"),
    ],
)
def test_an_address_is_found_where_it_was_requested(desired: dict[str, Any], live: dict[str, Any]) -> None:
    """What a desired body requests and what a live one has are the same place."""
    assert places(**desired) & places(**live)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"tier1_lr": "/infra/tier-1s/a"}, {"tier1_lr": "/infra/tier-1s/b"}, id="two T1 routers"),
        pytest.param({"vrf_context_ref": "/api/vrfcontext?name=red"}, LIVE_VRF, id="two VRFs"),
        pytest.param({"cloud": "east"}, {"cloud": "west"}, id="two clouds"),
        pytest.param({"tier1_lr": "/infra/tier-1s/a"}, {}, id="a T1 router and a VRF"),
    ],
)
def test_one_address_may_be_in_two_routing_domains(one: dict[str, Any], other: dict[str, Any]) -> None:
    """There it is not the same place."""
    assert not places(**one) & places(**other)


def test_only_a_vsvip_has_addresses() -> None:
    """A template of another kind may render anything under the same name."""
    assert places(kind="Pool") == frozenset()
