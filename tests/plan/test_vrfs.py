"""Addresses in a VRF that a template gives by uuid."""

from dataclasses import replace

import pytest

from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.plan.make import make_plan
from sync.plan.vrfs import with_vrf_names
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, desired_for
from tests.shared.tree import app

BY_UUID = "/api/vrfcontext/vrfcontext-7"


def desired_in(vrf: str) -> DesiredState:
    """A Gateway that requests 10.10.10.1, with its VRF as a template of somebody's own may write it."""
    desired = desired_for(*app("web", address="10.10.10.1"))
    objects = {
        key: replace(item, body={**item.body, "vrf_context_ref": vrf}) if "vrf_context_ref" in item.body else item
        for key, item in desired.objects.items()
    }
    return replace(desired, objects=objects)


def live_in(vrf: str) -> LiveState:
    """A VsVip of somebody else that has 10.10.10.1."""
    controller = PerfectController({"vrfcontext-7": "blue", "vrfcontext-8": "red"})
    vip = {"vip_id": "0", "ip_address": {"addr": "10.10.10.1", "type": "V4"}}
    controller.put({"name": "theirs", "vip": [vip], "vrf_context_ref": vrf}, "VsVip")
    return controller.live


@pytest.mark.parametrize(
    ("vrf", "is_held"),
    [
        pytest.param(BY_UUID, True, id="the same, by uuid"),
        pytest.param("/api/vrfcontext?name=blue", True, id="the same, by name"),
        pytest.param("/api/vrfcontext/vrfcontext-8", False, id="another"),
    ],
)
def test_an_address_that_is_taken_in_a_vrf_is_found_however_git_writes_the_vrf(vrf: str, is_held: bool) -> None:
    """The owner is held before anything is deleted."""
    plan = make_plan(desired_in(vrf), live_in(BY_UUID), make_options())

    assert bool(plan.held) is is_held


def test_a_vrf_that_no_live_object_refers_to_keeps_its_uuid() -> None:
    """Nobody can tell its name."""
    desired = desired_in("/api/vrfcontext/vrfcontext-1")

    assert with_vrf_names(desired, live_in(BY_UUID)) == desired
