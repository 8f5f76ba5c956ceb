"""What a live body tells of a write."""

from typing import Any

import pytest

from sync.compare.traces import is_as_sent, is_unchanged

SENT: dict[str, Any] = {
    "name": "a",
    "vip": [{"vip_id": "0", "auto_allocate_ip": True, "ipam_network_subnet": {"network_ref": "/api/network?name=n"}}],
    "markers": [{"key": "ManagedBy", "values": ["avi-sync"]}],
}
NETWORK = "https://c/api/network/network-1#n"
LIVE: dict[str, Any] = {
    **SENT,
    "uuid": "vsvip-1",
    "_last_modified": "2",
    "east_west_placement": False,
    "vip": [
        {
            "vip_id": "0",
            "auto_allocate_ip": True,
            "avi_allocated_vip": True,
            "ip_address": {"addr": "10.0.0.5", "type": "V4"},
            "ipam_network_subnet": {"network_ref": NETWORK, "subnet": {"mask": 24}},
        }
    ],
}
ASKED = {"vip_id": "0", "auto_allocate_ip": True, "ip_address": {"addr": "10.0.0.9", "type": "V4"}}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(SENT, True, id="completed by the Controller"),
        pytest.param({**SENT, "name": "b"}, False, id="another name"),
        pytest.param({**SENT, "markers": []}, False, id="no marks of ours"),
        pytest.param({**SENT, "vip": [ASKED]}, False, id="another address than requested"),
    ],
)
def test_what_was_sent_is_recognised(sent: dict[str, Any], expected: bool) -> None:
    """Allocated addresses, defaults and references by uuid do not hide it; another object is not taken for it."""
    assert is_as_sent(sent, LIVE, "VsVip") is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, True, id="same version"),
        pytest.param({"_last_modified": "3"}, True, id="written by the Controller itself"),
        pytest.param({"_last_modified": "3", "vs_refs": ["x"]}, True, id="with what only the Controller sets"),
        pytest.param({"_last_modified": "3", "use_standard_alb": True}, False, id="a field that was added"),
        pytest.param({"_last_modified": "3", "vip": []}, False, id="a field that was taken away"),
        pytest.param({"uuid": "vsvip-2"}, False, id="another object of that name"),
    ],
)
def test_an_edit_is_told_from_a_new_version(changes: dict[str, Any], expected: bool) -> None:
    """`_last_modified` alone is not an edit, another uuid always is."""
    assert is_unchanged(LIVE, {**LIVE, **changes}, "VsVip") is expected
