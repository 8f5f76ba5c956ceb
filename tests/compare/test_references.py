"""References by name and by uuid, against live ones that show both."""

from typing import Any

import pytest

from sync.compare.differences import differences_from
from sync.compare.normal_form import normal_form
from sync.compare.traces import is_as_sent, is_unchanged

LIVE = {"network-9": "a", "network-1": "b", "network-3": "twin", "network-7": "twin"}


def networks(*references: str) -> dict[str, Any]:
    """A pool with these placement networks."""
    return {"placement_networks": [{"network_ref": reference} for reference in references]}


def live(*uuids: str) -> dict[str, Any]:
    """A live pool with these placement networks."""
    return networks(*(f"https://c/api/network/{uuid}#{LIVE[uuid]}" for uuid in uuids))


def paths(desired: dict[str, Any], present: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """What differs, with the values of both sides."""
    wanted = normal_form(desired, "Pool", desired)
    return [(item.path, item.before, item.after) for item in differences_from(present, wanted, "Pool", desired)]


A, B = "/api/network/network-9", "/api/network/network-1"
ONE, TWO = "/api/network/network-3", "/api/network/network-7"


@pytest.mark.parametrize(
    ("desired", "present"),
    [
        pytest.param(networks(A, B), live("network-9", "network-1"), id="uuids in another order than names"),
        pytest.param(networks("/api/network?name=a", B), live("network-9", "network-1"), id="one of each"),
        pytest.param(networks("/api/network?name=a", A), live("network-9", "network-9"), id="both for one object"),
        pytest.param(networks(TWO, ONE), live("network-3", "network-7"), id="two of one name"),
    ],
)
def test_references_to_the_same_objects_do_not_differ(desired: dict[str, Any], present: dict[str, Any]) -> None:
    """However each is written."""
    assert paths(desired, present) == []


@pytest.mark.parametrize(
    ("desired", "present", "expected"),
    [
        pytest.param(networks(A), live("network-1"), [("b", "network-9")], id="another object"),
        pytest.param(networks(ONE), live("network-7"), [("twin", "network-3")], id="another of one name"),
        pytest.param(networks(ONE, ONE), live("network-3", "network-7"), [("network-7", "network-3")], id="one of two"),
    ],
)
def test_references_to_other_objects_differ(
    desired: dict[str, Any], present: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Shown by name where one object alone has it."""
    assert [(before, after) for _, before, after in paths(desired, present)] == expected


def test_what_was_sent_by_uuid_is_recognised() -> None:
    """And an edit that chose another network of the same name is seen."""
    seen, edited = ({**live(uuid), "uuid": "p", "_last_modified": uuid} for uuid in ("network-3", "network-7"))

    assert is_as_sent(networks(A, B), live("network-9", "network-1"), "Pool")
    assert not is_unchanged(seen, edited, "Pool")
